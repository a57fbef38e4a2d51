//! What a version must reach: `gate:` in `pmtune.yaml`.

use crate::check::Criterion;
use crate::workspace::Section;
use crate::yaml::schema::set;
use crate::yaml::{self, Node};
use engine::error::{Error, Result};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;
use std::collections::BTreeMap;

const SHARE: &str = "write 80 % as 0.8";

/// The rules of the gate. A rule that is not named is not judged, but for `errors`, and for cases tagged `must-pass`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct GateSettings {
    /// Which cases count; the held-out ones, or the dev cases of a run without any, unless it is said.
    pub half: Option<GateHalf>,
    /// The version that must not be lost against.
    pub against: Option<String>,
    /// Least share of the cases that pass.
    #[schemars(range(min = 0, max = 1), extend("x-remedy" = SHARE))]
    pub pass_rate: Option<f64>,
    /// Least mean score, 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    pub score: Option<f64>,
    /// Least share of a criterion's checks that pass.
    #[schemars(schema_with = "shares")]
    pub criteria: CriteriaSettings,
    /// Least mean points that people gave, 1 to 5.
    #[schemars(schema_with = "points_of_people")]
    pub people: CriteriaSettings,
    /// A version must not be shown to be worse than the one before: `true`, or a mapping with `level` and `margin`.
    #[serde(deserialize_with = "no_regression")]
    #[schemars(schema_with = "regression_forms")]
    pub no_regression: Option<NoRegression>,
    /// Cases that must pass, by patterns of their ids.
    pub must_pass: Vec<String>,
    /// Least share of its answers that every repeated case must pass.
    #[schemars(range(max = 1), extend("exclusiveMinimum" = 0, "x-remedy" = "write 8 of 10 answers as 0.8"))]
    pub each_case: Option<f64>,
    /// Largest share of the repeated cases that may be flaky.
    #[schemars(range(min = 0, max = 1), extend("x-remedy" = SHARE))]
    pub flaky: Option<f64>,
    /// Most cases that may stand in the training data.
    pub contaminated: Option<usize>,
    /// Most cases that may be left without an answer; 0 unless it is said.
    pub errors: Option<usize>,
    pub latency: LatencySettings,
    /// The smallest difference that the comparison can show four times in five must be this or less.
    #[schemars(range(max = 1), extend("exclusiveMinimum" = 0, "x-remedy" = "it is a difference in mean score, such as 0.1"))]
    pub detectable: Option<f64>,
    /// A file of the version was exported, and its newest proof shows that it is still the model that was evaluated.
    pub export_parity: bool,
    /// Rules on the cases of one suite alone; `half`, `against`, `export-parity` and `exit-code` do not stand here.
    #[schemars(schema_with = "of_suites")]
    pub suites: BTreeMap<String, GateSettings>,
    /// The exit code of a gate that fails.
    #[schemars(range(min = 1, max = 255), extend("not" = json!({"enum": [2, 102, 130]}), "x-remedy" = EXIT_CODE))]
    pub exit_code: Option<u8>,
}

/// Which cases are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum GateHalf {
    HeldOut,
    Dev,
    All,
}

/// When a version counts as worse than the one before.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NoRegression {
    /// How often the gate may fail a version that is no worse.
    #[schemars(range(max = 0.5), extend("exclusiveMinimum" = 0, "x-remedy" = "0.05 is usual"))]
    pub level: f64,
    /// A loss in mean score up to this is put up with.
    #[schemars(range(min = 0), extend("exclusiveMaximum" = 1, "x-remedy" = "it is a loss in mean score"))]
    pub margin: f64,
}

impl Default for NoRegression {
    fn default() -> Self {
        Self { level: 0.05, margin: 0.0 }
    }
}

/// What each of the rubric's criteria must reach: a share of its checks, or points from 1 to 5.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CriteriaSettings {
    pub accuracy: Option<f64>,
    pub format: Option<f64>,
    pub relevance: Option<f64>,
    pub completeness: Option<f64>,
    pub tone: Option<f64>,
}

/// Longest times for an answer, in seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LatencySettings {
    /// For half of the answers.
    #[schemars(extend("exclusiveMinimum" = 0, "x-remedy" = "it is seconds"))]
    pub p50: Option<f64>,
    /// For 95 of 100.
    #[schemars(extend("exclusiveMinimum" = 0, "x-remedy" = "it is seconds"))]
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
fn no_regression<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Option<NoRegression>, D::Error> {
    struct Visitor;
    impl<'de> serde::de::Visitor<'de> for Visitor {
        type Value = Option<NoRegression>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("`true`, `false`, or a mapping with `level` and `margin`")
        }

        fn visit_unit<E>(self) -> std::result::Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_bool<E>(self, on: bool) -> std::result::Result<Self::Value, E> {
            Ok(on.then(NoRegression::default))
        }

        fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> std::result::Result<Self::Value, A::Error> {
            NoRegression::deserialize(serde::de::value::MapAccessDeserializer::new(map)).map(Some)
        }
    }
    deserializer.deserialize_any(Visitor)
}

/// What may be the exit code of a failed gate.
pub const EXIT_CODE: &str =
    "use 1 to 255, but for 2 (wrong usage), 102 (a gate that could not be judged) and 130 (interrupted); 100 is usual";

/// Keys that hold for the gate as a whole.
const WHOLE: [&str; 5] = ["half", "against", "export-parity", "exit-code", "suites"];

impl Section for GateSettings {
    const KEY: &'static str = "gate";

    fn read(node: &Node) -> Result<Self> {
        let read = yaml::read_bounded(node, Self::KEY, &[]);
        let suites = node.get("suites").map(Node::entries).unwrap_or_default();
        let foreign = suites.iter().flat_map(|(suite, rules)| {
            WHOLE.into_iter().filter_map(|key| rules.entry(key)).map(|(key, _)| {
                Error::input(format!("`{}` cannot be set for the suite `{}` alone", key.text, suite.text))
                    .at(key.place())
                    .hint("move it up, directly under `gate:`")
            })
        });
        let foreign: Vec<Error> = foreign.collect();
        yaml::with_faults(read, foreign)
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<Self>()
    }
}

/// The rules of a suite: those of the gate, less the keys of [`WHOLE`].
fn of_suites(generator: &mut SchemaGenerator) -> Schema {
    let mut rules = generator.subschema_for::<GateSettings>().to_value();
    let never: serde_json::Map<_, _> = WHOLE.iter().map(|key| (key.to_string(), json!(false))).collect();
    set(&mut rules, "properties", never.into());
    json_schema!({"type": "object", "additionalProperties": rules})
}

fn shares(_: &mut SchemaGenerator) -> Schema {
    criteria(0, 1, "it is the share of its checks that pass, where 4 of 5 points were 0.75")
}

fn points_of_people(_: &mut SchemaGenerator) -> Schema {
    criteria(1, 5, "4 is the target")
}

fn criteria(least: u8, most: u8, remedy: &str) -> Schema {
    let number = json!({"type": ["number", "null"], "minimum": least, "maximum": most, "x-remedy": remedy});
    let properties: serde_json::Map<_, _> =
        Criterion::ALL.into_iter().map(|criterion| (criterion.name().to_string(), number.clone())).collect();
    json_schema!({"type": ["object", "null"], "properties": properties, "additionalProperties": false})
}

fn regression_forms(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({"anyOf": [{"type": ["boolean", "null"]}, generator.subschema_for::<NoRegression>()]})
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn read(gate: &str) -> Result<GateSettings> {
        let file = yaml::parse(&format!("line: x\ngate:\n{gate}"), Path::new("pmtune.yaml"))?;
        GateSettings::read(file.get("gate").unwrap())
    }

    #[test]
    fn every_rule_is_read() {
        let text = "  half: all\n  against: v1\n  pass-rate: 0.7\n  score: 0.6\n  criteria: {accuracy: 0.8}\n  \
                    people: {tone: 4}\n  no-regression: {level: 0.1, margin: 0.02}\n  must-pass: [s/a, 'b*']\n  \
                    each-case: 0.8\n  flaky: 0.1\n  contaminated: 0\n  errors: 2\n  latency: {p50: 2, p95: 8.5}\n  \
                    detectable: 0.1\n  export-parity: true\n  suites: {format: {pass-rate: 0.9, no-regression: true}}\n  exit-code: 3\n";
        let gate = read(text).unwrap();
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
            criteria: CriteriaSettings { accuracy: Some(0.8), ..CriteriaSettings::default() },
            people: CriteriaSettings { tone: Some(4.0), ..CriteriaSettings::default() },
            no_regression: Some(NoRegression { level: 0.1, margin: 0.02 }),
            must_pass: vec!["s/a".into(), "b*".into()],
            each_case: Some(0.8),
            flaky: Some(0.1),
            contaminated: Some(0),
            errors: Some(2),
            latency: LatencySettings { p50: Some(2.0), p95: Some(8.5) },
            detectable: Some(0.1),
            export_parity: true,
            suites: BTreeMap::from([("format".to_string(), format)]),
            exit_code: Some(3),
        };
        assert_eq!(gate, wanted);
    }

    #[test]
    fn no_regression_is_switched_on_and_off() {
        let rule = |text: &str| read(&format!("  no-regression: {text}\n")).unwrap().no_regression;
        assert_eq!(rule("true"), Some(NoRegression::default()));
        assert_eq!(rule("{level: 0.01}"), Some(NoRegression { level: 0.01, margin: 0.0 }));
        assert_eq!(rule("false"), None);
    }

    #[test]
    fn every_mistake_is_told_with_its_place() {
        let text = "  pass-rate: 70\n  pas-rate: 0.7\n  criteria: {accuracy: 4, style: 0.5}\n  no-regression: {level: 2}\n  \
                    latency: {p99: 1}\n  exit_code: 130\n  flaky: .nan\n  suites:\n    format: {half: dev, score: 2}\n";
        let said = read(text).unwrap_err().to_string();
        for part in [
            "pmtune.yaml:3:14: `gate.pass-rate` is `70`",
            "give a number from 0 to 1; write 80 % as 0.8",
            "pmtune.yaml:4:3: the key `pas-rate` is not known",
            "`gate.criteria.accuracy` is `4`",
            "give a number from 0 to 1; it is the share of its checks that pass, where 4 of 5 points were 0.75",
            "style",
            "`gate.no-regression.level` is `2`",
            "give a number above 0 and at most 0.5",
            "p99",
            "`gate.exit_code` is `130`",
            "130 (interrupted)",
            "`gate.flaky` is `.nan`",
            "`half` cannot be set",
            "`gate.suites.format.score` is `2`",
        ] {
            assert!(said.contains(part), "{part} is missing in\n{said}");
        }
        assert!(read("  no-regression: often\n").unwrap_err().to_string().contains("pmtune.yaml:3:18"));
    }
}
