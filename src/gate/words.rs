//! How figures are said in the words of a rule.

use crate::compare::tally::CaseTally;
use crate::compare::{Interval, Mean};
use crate::run::Outcome;
use crate::words::{count, percent, percent_exact, signed};

/// `62 % (45 % to 77 %)`.
pub(super) fn rate(rate: f64, interval: &Interval) -> String {
    format!("{} ({} to {})", percent(rate), percent(interval.low), percent(interval.high))
}

/// `−0.12 (95 % interval −0.21 to −0.03)`.
pub(super) fn difference(mean: &Mean, confidence: f64) -> String {
    let Interval { low, high } = mean.interval;
    format!("{} ({} interval {} to {})", signed(mean.mean), percent_exact(confidence), signed(low), signed(high))
}

/// How a case stands: `3 of 10 answers pass`, or the checks that its only answer fails.
pub(super) fn standing(case: &CaseTally<'_>) -> String {
    let judged: Vec<_> = case
        .records
        .iter()
        .filter_map(|record| match &record.outcome {
            Outcome::Judged { verdicts, passed, .. } => Some((verdicts, *passed)),
            Outcome::Error { .. } => None,
        })
        .collect();
    match judged.as_slice() {
        [] => "no answer".to_string(),
        [(_, true)] => "passes".to_string(),
        [(verdicts, false)] => {
            let failed =
                verdicts.iter().filter(|v| v.weight > 0.0 && !v.verdict.passed() && v.verdict.score().is_some());
            let mut names: Vec<&str> = failed.map(|v| v.check.as_str()).collect();
            names.dedup();
            if names.is_empty() { "fails".to_string() } else { format!("fails {}", names.join(", ")) }
        }
        several => {
            let passed = several.iter().filter(|(_, passed)| *passed).count();
            format!("{passed} of {} pass", count(several.len(), "answer"))
        }
    }
}
