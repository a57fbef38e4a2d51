//! How figures are said in the words of a rule.

use crate::compare::{Interval, Mean};
use crate::tally::{CaseTally, Standing};

/// `62 %`, on one line.
pub(super) fn percent(share: f64) -> String {
    format!("{:.0}\u{a0}%", share * 100.0)
}

/// As it was written: `0.7`, `4`, `62.5 %` for 0.625.
pub(super) fn threshold_percent(share: f64) -> String {
    let percent = (share * 1000.0).round() / 10.0;
    format!("{percent}\u{a0}%")
}

/// `62 % (45 % to 77 %)`.
pub(super) fn rate(rate: f64, interval: &Interval) -> String {
    format!("{} ({} to {})", percent(rate), percent(interval.low), percent(interval.high))
}

/// `+0.12`, `−0.03`, `0.00`.
pub(super) fn signed(x: f64) -> String {
    let digits = format!("{:.2}", x.abs());
    match digits.as_str() {
        "0.00" => digits,
        _ => format!("{}{digits}", if x < 0.0 { "−" } else { "+" }),
    }
}

/// `−0.12 (95 % interval −0.21 to −0.03)`.
pub(super) fn difference(mean: &Mean, confidence: f64) -> String {
    let Interval { low, high } = mean.interval;
    let confidence = (confidence * 1000.0).round() / 10.0;
    format!("{} ({confidence}\u{a0}% interval {} to {})", signed(mean.mean), signed(low), signed(high))
}

/// `1 case`, `3 cases`.
pub(super) fn count(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// `1 time in 100`, `31 times in 100`, `less than 1 time in 100`.
pub(super) fn times(p: f64) -> String {
    match (p * 100.0).round() {
        0.0 => "less than 1 time in 100".to_string(),
        1.0 => "1 time in 100".to_string(),
        times => format!("{times} times in 100"),
    }
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
        several => format!("{} of {} answers pass", case.passed_answers(), several.len()),
    }
}
