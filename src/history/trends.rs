//! Whether the newest version got better, on the whole and on each task: all of it one list, corrected together.

use super::series::{Group, History, Kind, Point, Source};
use crate::compare::{self, Comparison, Finding, Mean, Outcomes, Settings, compare, family};
use crate::suite::Split;
use serde::Serialize;
use std::collections::BTreeMap;

/// Whether the version is better than the one measured before with the same ruler.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Trend {
    pub finding: Option<Finding>,
    pub difference: Option<Mean>,
    pub words: String,
}

/// What is known of one group of cases before the others are looked at.
pub(super) enum Look {
    /// Nothing, and why.
    Unknown(&'static str),
    /// The group as it was tested against the version of this label.
    Tested(Box<compare::Group>, String),
}

/// Comparisons of the history's runs, each made once.
pub(super) struct Comparisons<'a> {
    sources: &'a [Source],
    history: &'a History,
    settings: &'a Settings,
    /// By the runs compared.
    known: BTreeMap<(usize, usize), Option<Comparison>>,
}

impl<'a> Comparisons<'a> {
    pub fn new(sources: &'a [Source], history: &'a History, settings: &'a Settings) -> Self {
        Self { sources, history, settings, known: BTreeMap::new() }
    }

    /// Against the last other version before, measured with the same ruler.
    pub fn look(&mut self, half: Split, group: &Group, point: Point, version: &str) -> Look {
        let runs = &self.history.runs;
        let series = self.history.find(half, group, Kind::Score);
        let earlier = series.iter().flat_map(|s| &s.points).rfind(|other| {
            other.run < point.run && other.segment == point.segment && runs[other.run].version != version
        });
        let Some(earlier) = earlier else {
            let others = runs.iter().any(|run| run.version != version);
            return Look::Unknown(if others { "nothing comparable before" } else { "no other version yet" });
        };
        let label = runs[earlier.run].label.clone();
        let tested = self.compared(earlier.run, point.run).and_then(|comparison| {
            let side = if half == Split::HeldOut { &comparison.held_out } else { &comparison.dev };
            match group {
                Group::All => Some(&side.overall),
                other => side.categories.iter().find(|tested| tested.name == other.name()),
            }
        });
        match tested {
            Some(group) => Look::Tested(Box::new(group.clone()), label),
            None => Look::Unknown("nothing comparable before"),
        }
    }

    fn compared(&mut self, a: usize, b: usize) -> Option<&Comparison> {
        let (sources, history, settings) = (self.sources, self.history, self.settings);
        let made = self.known.entry((a, b)).or_insert_with(|| {
            let labels = Outcomes { a: history.runs[a].label.as_str(), b: history.runs[b].label.as_str() };
            // Other groups may have changed in between; only those are read that did not.
            compare(&sources[a].run, &sources[b].run, labels, settings.clone(), true).ok()
        });
        made.as_ref()
    }
}

impl Look {
    fn p(&self) -> Option<f64> {
        match self {
            Self::Unknown(_) => None,
            Self::Tested(group, _) => Some(group.score.p),
        }
    }

    fn trend(&self, p_corrected: f64, settings: &Settings) -> Trend {
        let (group, label) = match self {
            Self::Unknown(words) => return Trend { words: words.to_string(), ..Trend::default() },
            Self::Tested(group, label) => (group, label),
        };
        let finding = group.finding_at(p_corrected, settings);
        let words = match finding {
            Finding::Improved => format!("better than {label}"),
            Finding::Regressed => format!("worse than {label}"),
            Finding::NoDifference => format!("no evidence of a difference from {label}"),
            Finding::TooFewCases => format!("too few cases to tell from {label}"),
        };
        Trend { finding: Some(finding), difference: Some(group.score.difference), words }
    }
}

/// The trends of the whole and of the tasks. The list says "better" or "worse" of anything at all by luck at most as
/// often as the settings allow: the whole is its headline. A single task is the whole.
pub(super) fn trends(whole: Option<Look>, tasks: Vec<Look>, settings: &Settings) -> (Option<Trend>, Vec<Trend>) {
    let headline = whole.as_ref().and_then(Look::p);
    let tested: Vec<f64> = tasks.iter().filter_map(Look::p).collect();
    let (headline, corrected) = match (headline, tested.as_slice()) {
        (Some(p), [only]) if p == *only => {
            let (headline, _) = family(Some(p), &[]);
            (headline, headline.into_iter().collect())
        }
        (headline, tested) => family(headline, tested),
    };
    let mut corrected = corrected.into_iter();
    let trends = tasks.iter().map(|look| {
        let p = look.p().and_then(|_| corrected.next());
        look.trend(p.unwrap_or(1.0), settings)
    });
    (whole.as_ref().map(|look| look.trend(headline.unwrap_or(1.0), settings)), trends.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tested(p: f64) -> Look {
        let mean = Mean { mean: 0.2, interval: compare::Interval { low: 0.1, high: 0.3 } };
        let score =
            compare::ScoreTest { cases: 40, a: mean, b: mean, difference: mean, p, p_corrected: p, exact: false };
        let rate = compare::Rate {
            passed: 0,
            cases: 40,
            rate: 0.0,
            interval: mean.interval,
            flaky: 0,
            pass_at_k: None,
            pass_hat_k: None,
            k: None,
        };
        let group = compare::Group {
            evidence: compare::Evidence::Checks,
            name: "x".to_string(),
            cases: 40,
            clusters: 40,
            rate: Outcomes { a: rate.clone(), b: rate },
            pass: compare::PassTest { both: 0, only_a: 0, only_b: 0, neither: 40, p: 1.0, p_corrected: 1.0 },
            score,
            power: compare::Power { minimum_detectable: None, cases_for_half: None },
            finding: Finding::TooFewCases,
            words: String::new(),
        };
        Look::Tested(Box::new(group), "v1".to_string())
    }

    #[test]
    fn a_task_among_many_needs_more_than_one_alone() {
        let settings = Settings::default();
        let words = |whole: Option<f64>, tasks: &[f64]| -> (Option<String>, Vec<String>) {
            let (overall, tasks) = trends(whole.map(tested), tasks.iter().copied().map(tested).collect(), &settings);
            (overall.map(|trend| trend.words), tasks.into_iter().map(|trend| trend.words).collect())
        };
        let (better, unknown) = ("better than v1", "too few cases to tell from v1");
        assert_eq!(words(None, &[0.01, 0.5, 0.6]), (None, vec![better.into(), unknown.into(), unknown.into()]));
        assert_eq!(words(None, &[0.03, 0.5, 0.6]).1, [unknown; 3]);
        // The whole, undecided, leaves a fifth to the tasks; decided it leaves them all.
        assert_eq!(words(Some(0.5), &[0.01, 0.5, 0.6]).1, [unknown; 3]);
        assert_eq!(
            words(Some(0.04), &[0.01, 0.5, 0.6]),
            (Some(better.into()), vec![better.into(), unknown.into(), unknown.into()])
        );
        assert_eq!(words(Some(0.03), &[0.03]), (Some(better.into()), vec![better.into()]));
        assert_eq!(
            trends(None, vec![Look::Unknown("no other version yet")], &settings).1[0].words,
            "no other version yet"
        );
    }
}
