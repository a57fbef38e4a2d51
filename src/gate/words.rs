//! How figures are said in the words of a rule.

use crate::compare::{Interval, Mean};
use crate::tally::{CaseTally, Standing};
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
    match case.replies.as_slice() {
        [] if case.standing() == Standing::Unscored => "not scored".to_string(),
        [] => "no answer".to_string(),
        [reply] if reply.passed => "passes".to_string(),
        [reply] => {
            let failed =
                reply.verdicts.iter().filter(|v| v.weight > 0.0 && !v.verdict.passed() && v.verdict.score().is_some());
            let mut names: Vec<&str> = failed.map(|v| v.check.as_str()).collect();
            names.dedup();
            if names.is_empty() { "fails".to_string() } else { format!("fails {}", names.join(", ")) }
        }
        several => format!("{} of {} pass", case.passed_answers(), count(several.len(), "answer")),
    }
}
