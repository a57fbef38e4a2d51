//! Thresholds from what a version is known to reach, instead of numbers out of the air.

use super::decide::half;
use super::scope::Scope;
use super::settings::GateHalf;
use crate::run::Run;
use crate::tally::{self, CaseTally, Rate};
use crate::words::{count, percent, percent_exact};
use engine::error::{Error, Result};

/// With fewer cases the floor lies so low that hardly a version would fail it.
const FEWEST_CASES: usize = 30;

/// Rules with where they come from.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    label: String,
    /// Newest first.
    runs: Vec<String>,
    half: GateHalf,
    confidence: f64,
    noun: &'static str,
    overall: Rate,
    /// By name; those with enough cases.
    suites: Vec<(String, Rate)>,
}

/// Where the interval of each pass rate begins (Wilson's, see [`tally::wilson`]), over all cases of a half and over every
/// suite with enough of them. Of several `runs` of a version, newest first, the lowest counts: what it reached each time.
/// They asked the same cases, so taking them together would be to count a case several times.
///
/// # Errors
/// There is no run; fewer than 30 cases of that half have a score in one of them.
pub fn propose(runs: &[&Run], label: &str, wanted: Option<GateHalf>, confidence: f64) -> Result<Proposal> {
    let Some(run) = runs.first() else { return Err(Error::missing(format!("there is no run of {label}"))) };
    let tallies: Vec<Vec<CaseTally<'_>>> = runs.iter().map(|run| tally::cases(run)).collect();
    let half = half(wanted, &tallies[0]);
    let rate = |suite: Option<&str>| {
        let rates = tallies.iter().map(|of| tally::rate(&Scope::new(of, half, suite).counting(), confidence));
        // Of runs that are alike the newest.
        rates.min_by(|x, y| x.interval.low.total_cmp(&y.interval.low)).unwrap_or_else(|| tally::rate(&[], confidence))
    };
    let (scope, overall) = (Scope::new(&tallies[0], half, None), rate(None));
    if overall.cases < FEWEST_CASES {
        let have = count(overall.cases, scope.noun());
        return Err(Error::input(format!(
            "the run {} of {label} has {have} with a score; thresholds take {FEWEST_CASES} at least",
            run.manifest.id
        ))
        .hint("add cases; until then `no-regression: true` and `must-pass` need no threshold"));
    }
    let suites = run.manifest.suites.iter().map(|suite| (suite.name.clone(), rate(Some(&suite.name))));
    Ok(Proposal {
        label: label.to_string(),
        runs: runs.iter().map(|run| run.manifest.id.clone()).collect(),
        half,
        confidence,
        noun: scope.noun(),
        overall,
        suites: suites.filter(|(_, rate)| rate.cases >= FEWEST_CASES).collect(),
    })
}

impl Proposal {
    /// The section `gate:` of a `pmtune.yaml`, with the source of every number.
    pub fn yaml(&self) -> String {
        let half = match self.half {
            GateHalf::HeldOut => "held-out",
            GateHalf::Dev => "dev",
            GateHalf::All => "all",
        };
        let mut text = format!(
            "{}# Each threshold is where the {} interval of its pass rate begins (Wilson):\n\
             # what the version surely reaches.\ngate:\n  half: {half}\n  against: {}\n  no-regression: true\n  errors: 0\n{}  pass-rate: {}\n",
            self.from(),
            percent_exact(self.confidence).replace('\u{a0}', " "),
            self.label,
            self.source("  ", &self.overall),
            floor(&self.overall),
        );
        if !self.suites.is_empty() {
            text += "  suites:\n";
        }
        for (suite, rate) in &self.suites {
            text += &format!("{}    {suite}: {{pass-rate: {}}}\n", self.source("    ", rate), floor(rate));
        }
        text
    }

    /// The runs, a line each where there are several.
    fn from(&self) -> String {
        match self.runs.as_slice() {
            [run] => format!("# From run {run} of {}.\n", self.label),
            runs => {
                let lines: String = runs.iter().map(|run| format!("#   {run}\n")).collect();
                format!("# From the newest {} runs of {}, of each figure the lowest:\n{lines}", runs.len(), self.label)
            }
        }
    }

    /// `# 10 of 40 held-out cases pass (25 %)`.
    fn source(&self, indent: &str, rate: &Rate) -> String {
        let share = percent(rate.rate).replace('\u{a0}', " ");
        format!("{indent}# {} of {} pass ({share}):\n", rate.passed, count(rate.cases, self.noun))
    }
}

/// Rounded down, so that it promises nothing the interval does not.
fn floor(rate: &Rate) -> f64 {
    (rate.interval.low * 100.0).floor() / 100.0
}

#[cfg(test)]
mod tests {
    use super::super::testing::{cases, run};
    use super::*;
    use crate::gate::GateSettings;
    use crate::workspace::Section;

    #[test]
    fn floors_are_wilsons_and_the_text_is_a_gate() {
        let mut made = cases(40, &[1.0, 0.0, 0.0, 0.0]);
        made.truncate(40);
        let found = propose(&[&run("x-v1", &made)], "v1", None, 0.95).unwrap();
        // 10 of 40: statsmodels' proportion_confint(10, 40, method="wilson") begins at 0.1419.
        assert_eq!(floor(&found.overall), 0.14);
        let text = found.yaml();
        assert!(text.contains("# 10 of 40 held-out cases pass (25 %):\n  pass-rate: 0.14\n"), "{text}");
        let file = crate::yaml::parse(&text, std::path::Path::new("pmtune.yaml")).unwrap();
        let rules = GateSettings::read(file.get("gate").unwrap()).unwrap();
        assert_eq!((rules.pass_rate, rules.suites["s"].pass_rate), (Some(0.14), Some(0.14)));
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    }

    #[test]
    fn of_several_runs_the_lowest_counts() {
        let runs = [[1.0, 1.0], [1.0, 0.0], [1.0, 1.0]].map(|scores| run("x-v1", &cases(40, &scores)));
        let found = propose(&runs.each_ref(), "v1", None, 0.95).unwrap();
        // 20 of 40: statsmodels' proportion_confint(20, 40, method="wilson") begins at 0.3520.
        assert_eq!((found.overall.passed, floor(&found.overall)), (20, 0.35));
        let text = found.yaml();
        assert!(text.starts_with("# From the newest 3 runs of v1, of each figure the lowest:\n#   "), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    }

    #[test]
    fn too_few_cases_give_no_threshold() {
        let said = propose(&[&run("x-v1", &cases(29, &[1.0]))], "v1", None, 0.95).unwrap_err().to_string();
        assert!(said.contains("29 held-out cases with a score; thresholds take 30 at least"), "{said}");
    }
}
