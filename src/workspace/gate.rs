//! What a version must reach: `gate:` in `pmtune.yaml`.

use crate::yaml::{self, Node};
use engine::error::Error;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;

/// The rules of the gate. A rule that is not named is not judged, but for `errors`, and for cases tagged `must-pass`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct GateSettings {
    /// Which cases count; the held-out ones, or the dev cases of a run without any, unless it is said.
    pub half: Option<GateHalf>,
    /// The version that must not be lost against.
    pub against: Option<String>,
    /// Least share of the cases that pass.
    pub pass_rate: Option<f64>,
    /// Least mean score, 0 to 1.
    pub score: Option<f64>,
    /// Least automatic points on a criterion, 1 to 5.
    pub criteria: CriteriaSettings,
    /// Least mean points that people gave, 1 to 5.
    pub people: CriteriaSettings,
    #[serde(deserialize_with = "no_regression")]
    pub no_regression: Option<NoRegression>,
    /// Cases that must pass, by patterns of their ids.
    pub must_pass: Vec<String>,
    /// Least share of its answers that every repeated case must pass.
    pub each_case: Option<f64>,
    /// Largest share of the repeated cases that may be flaky.
    pub flaky: Option<f64>,
    /// Most cases that may stand in the training data.
    pub contaminated: Option<usize>,
    /// Most cases that may be left without an answer; 0 unless it is said.
    pub errors: Option<usize>,
    pub latency: LatencySettings,
    /// The smallest difference that the comparison can show four times in five must be this or less.
    pub detectable: Option<f64>,
    /// Rules on the cases of one suite alone; `half`, `against` and `exit-code` do not stand here.
    pub suites: BTreeMap<String, GateSettings>,
    /// The exit code of a gate that fails.
    pub exit_code: Option<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GateHalf {
    HeldOut,
    Dev,
    All,
}

/// When a version counts as worse than the one before.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NoRegression {
    /// How often the gate may fail a version that is no worse.
    pub level: f64,
    /// A loss in mean score up to this is put up with.
    pub margin: f64,
}

impl Default for NoRegression {
    fn default() -> Self {
        Self { level: 0.05, margin: 0.0 }
    }
}

/// Points from 1 to 5 on the rubric's criteria.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CriteriaSettings {
    pub accuracy: Option<f64>,
    pub format: Option<f64>,
    pub relevance: Option<f64>,
    pub completeness: Option<f64>,
    pub tone: Option<f64>,
}

/// Longest times for an answer, in seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LatencySettings {
    /// For half of the answers.
    pub p50: Option<f64>,
    /// For 95 of 100.
    pub p95: Option<f64>,
}

impl GateSettings {
    /// What is judged where `pmtune.yaml` has no `gate:`: no loss against the version before, and an answer to every
    /// case.
    pub fn usual() -> Self {
        Self { no_regression: Some(NoRegression::default()), ..Self::default() }
    }
}

/// `true` for the usual rule, `false` for none, or a mapping.
fn no_regression<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<NoRegression>, D::Error> {
    struct Visitor;
    impl<'de> serde::de::Visitor<'de> for Visitor {
        type Value = Option<NoRegression>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("`true`, `false`, or a mapping with `level` and `margin`")
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_bool<E>(self, on: bool) -> Result<Self::Value, E> {
            Ok(on.then(NoRegression::default))
        }

        fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            NoRegression::deserialize(serde::de::value::MapAccessDeserializer::new(map)).map(Some)
        }
    }
    deserializer.deserialize_any(Visitor)
}

/// A key, whether a value fits it, and what would fit in words.
type Bound = (&'static str, fn(f64) -> bool, &'static str);

const SHARE: &str = "write 80 % as 0.8";
const POINTS: &str = "points run from 1 to 5; 4 is the target";

const BOUNDS: [Bound; 6] = [
    ("pass-rate", |x| (0.0..=1.0).contains(&x), SHARE),
    ("score", |x| (0.0..=1.0).contains(&x), "scores run from 0 to 1"),
    ("each-case", |x| x > 0.0 && x <= 1.0, "write 8 of 10 answers as 0.8"),
    ("flaky", |x| (0.0..=1.0).contains(&x), SHARE),
    ("detectable", |x| x > 0.0 && x <= 1.0, "it is a difference in mean score, such as 0.1"),
    ("exit-code", |x| (1.0..=255.0).contains(&x) && x != 2.0 && x != 130.0, EXIT_CODE),
];

/// What may be the exit code of a failed gate.
pub const EXIT_CODE: &str = "use 1 to 255, but for 2 (wrong usage) and 130 (interrupted); 100 is usual";

/// What the types of the keys of `gate:` cannot express; `gate` is its node.
pub(super) fn faults(gate: &Node) -> Vec<Error> {
    let mut faults = of_rules(gate);
    for (suite, rules) in gate.get("suites").map(Node::entries).unwrap_or_default() {
        faults.extend(of_rules(rules));
        let foreign = ["half", "against", "exit-code", "suites"].into_iter().filter_map(|key| rules.entry(key));
        faults.extend(foreign.map(|(key, _)| {
            Error::input(format!("`{}` cannot be set for the suite `{}` alone", key.text, suite.text))
                .at(key.place())
                .hint("move it up, directly under `gate:`")
        }));
    }
    faults
}

fn of_rules(node: &Node) -> Vec<Error> {
    let points: [Bound; 5] = ["accuracy", "format", "relevance", "completeness", "tone"]
        .map(|key| (key, (|x| (1.0..=5.0).contains(&x)) as fn(f64) -> bool, POINTS));
    let seconds: [Bound; 2] = ["p50", "p95"].map(|key| (key, (|x| x > 0.0) as fn(f64) -> bool, "give seconds above 0"));
    let regression: [Bound; 2] = [
        ("level", |x| x > 0.0 && x <= 0.5, "0.05 is usual; at most 0.5"),
        ("margin", |x| (0.0..1.0).contains(&x), "it is a loss in mean score, from 0 to below 1"),
    ];
    let mut faults = outside(node, "", &BOUNDS);
    for (key, bounds) in
        [("criteria", &points[..]), ("people", &points), ("latency", &seconds), ("no-regression", &regression)]
    {
        faults.extend(node.get(key).map(|inner| outside(inner, key, bounds)).unwrap_or_default());
    }
    faults
}

fn outside(node: &Node, within: &str, bounds: &[Bound]) -> Vec<Error> {
    let dot = if within.is_empty() { "" } else { "." };
    let fault = |(key, fits, remedy): &Bound| {
        let at = node.get(key)?;
        // What is no number has its fault already.
        let x = yaml::read::<Option<f64>>(at, &[]).ok().flatten().filter(|x| !fits(*x))?;
        Some(at.fault(format!("gate: `{within}{dot}{key}` is {x}")).hint(*remedy))
    };
    bounds.iter().filter_map(fault).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Config;
    use std::path::Path;

    fn read(gate: &str) -> engine::error::Result<Config> {
        Config::read(&format!("line: x\ngate:\n{gate}"), Path::new("pmtune.yaml"))
    }

    #[test]
    fn every_rule_is_read() {
        let text = "  half: all\n  against: v1\n  pass-rate: 0.7\n  score: 0.6\n  criteria: {accuracy: 4.0}\n  \
                    people: {tone: 4}\n  no-regression: {level: 0.1, margin: 0.02}\n  must-pass: [s/a, 'b*']\n  \
                    each-case: 0.8\n  flaky: 0.1\n  contaminated: 0\n  errors: 2\n  latency: {p50: 2, p95: 8.5}\n  \
                    detectable: 0.1\n  suites: {format: {pass-rate: 0.9, no-regression: true}}\n  exit-code: 3\n";
        let gate = read(text).unwrap().gate.unwrap();
        let format = GateSettings {
            pass_rate: Some(0.9),
            no_regression: Some(NoRegression::default()),
            ..GateSettings::default()
        };
        let wanted = GateSettings {
            half: Some(GateHalf::All),
            against: Some("v1".into()),
            pass_rate: Some(0.7),
            score: Some(0.6),
            criteria: CriteriaSettings { accuracy: Some(4.0), ..CriteriaSettings::default() },
            people: CriteriaSettings { tone: Some(4.0), ..CriteriaSettings::default() },
            no_regression: Some(NoRegression { level: 0.1, margin: 0.02 }),
            must_pass: vec!["s/a".into(), "b*".into()],
            each_case: Some(0.8),
            flaky: Some(0.1),
            contaminated: Some(0),
            errors: Some(2),
            latency: LatencySettings { p50: Some(2.0), p95: Some(8.5) },
            detectable: Some(0.1),
            suites: BTreeMap::from([("format".to_string(), format)]),
            exit_code: Some(3),
        };
        assert_eq!(gate, wanted);
    }

    #[test]
    fn no_regression_is_switched_on_and_off() {
        let rule = |text: &str| read(&format!("  no-regression: {text}\n")).unwrap().gate.unwrap().no_regression;
        assert_eq!(rule("true"), Some(NoRegression::default()));
        assert_eq!(rule("{level: 0.01}"), Some(NoRegression { level: 0.01, margin: 0.0 }));
        assert_eq!(rule("false"), None);
        assert_eq!(Config::read("line: x\n", Path::new("pmtune.yaml")).unwrap().gate, None);
    }

    #[test]
    fn every_mistake_is_told_with_its_place() {
        let text = "  pass-rate: 70\n  pas-rate: 0.7\n  criteria: {accuracy: 0.8, style: 4}\n  no-regression: {level: 2}\n  \
                    latency: {p99: 1}\n  exit-code: 130\n  suites:\n    format: {half: dev, score: 2}\n";
        let said = read(text).unwrap_err().to_string();
        for part in ["pmtune.yaml:4:", "pas-rate", "style", "p99"] {
            assert!(said.contains(part), "{part} is missing in\n{said}");
        }
        let said = read(
            "  pass-rate: 70\n  criteria: {accuracy: 0.8}\n  no-regression: {level: 2}\n  exit-code: 130\n  \
                         suites:\n    format: {half: dev, score: 2}\n",
        )
        .unwrap_err()
        .to_string();
        for part in [
            "pmtune.yaml:3:14",
            "80 % as 0.8",
            "`criteria.accuracy` is 0.8",
            "`no-regression.level` is 2",
            "130 (int",
            "`half` cannot be set",
            "`score` is 2",
        ] {
            assert!(said.contains(part), "{part} is missing in\n{said}");
        }
        assert!(read("  no-regression: often\n").unwrap_err().to_string().contains("pmtune.yaml:3:18"));
    }
}
