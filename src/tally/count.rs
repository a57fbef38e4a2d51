//! Counts over some cases of one run.

use super::case::{CaseTally, Trial};
use super::repeats::{pass_at_k, pass_hat_k};
use super::wilson::{Interval, wilson};
use crate::check::Criterion;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A pass rate with its Wilson interval. With repeats, `passed` counts cases that pass as often as they require.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    pub passed: usize,
    pub cases: usize,
    pub rate: f64,
    pub interval: Interval,
    /// Cases that pass sometimes.
    pub flaky: usize,
    /// pass@k and pass^k at k = number of repeats, where cases repeat.
    pub pass_at_k: Option<f64>,
    pub pass_hat_k: Option<f64>,
    /// That k: the fewest answers a repeated case has.
    #[serde(default)]
    pub k: Option<usize>,
}

/// The pass rate of some cases by the checks of what was written; a case without a score counts as neither passed nor
/// failed, and one where given texts were weighed is told of by [`preference`].
pub fn rate(cases: &[&CaseTally<'_>], confidence: f64) -> Rate {
    let written: Vec<&&CaseTally<'_>> = cases.iter().filter(|case| case.is_written()).collect();
    let known: Vec<bool> = written.iter().filter_map(|case| case.passes()).collect();
    let passed = known.iter().filter(|passed| **passed).count();
    let repeated = written.iter().filter(|case| case.replies.len() > 1);
    let mut repeated: Vec<(usize, usize)> = repeated.map(|case| (case.replies.len(), case.passed_answers())).collect();
    // Sums of floats depend on their order, which must not be that of the cases.
    repeated.sort_unstable();
    let k = repeated.iter().map(|(answers, _)| *answers).min();
    let mean = |of: fn(usize, usize, usize) -> f64| {
        k.map(|k| repeated.iter().map(|(n, c)| of(*n, *c, k)).sum::<f64>() / repeated.len() as f64)
    };
    Rate {
        passed,
        cases: known.len(),
        rate: if known.is_empty() { 0.0 } else { passed as f64 / known.len() as f64 },
        interval: wilson(passed, known.len(), confidence),
        flaky: written.iter().filter(|case| case.flaky()).count(),
        pass_at_k: mean(pass_at_k),
        pass_hat_k: mean(pass_hat_k),
        k,
    }
}

/// How often the reference is preferred to all it was weighed against, over the cases where it was.
pub fn preference(cases: &[&CaseTally<'_>], confidence: f64) -> Rate {
    let known: Vec<bool> = cases.iter().filter_map(|case| case.prefers()).collect();
    let passed = known.iter().filter(|prefers| **prefers).count();
    Rate {
        passed,
        cases: known.len(),
        rate: if known.is_empty() { 0.0 } else { passed as f64 / known.len() as f64 },
        interval: wilson(passed, known.len(), confidence),
        flaky: 0,
        pass_at_k: None,
        pass_hat_k: None,
        k: None,
    }
}

/// The mean of some cases' values by the cases' weights, and of how many cases; a case without a value is left out.
pub fn mean(cases: &[&CaseTally<'_>], value: impl Fn(&CaseTally<'_>) -> Option<f64>) -> Option<(f64, usize)> {
    let (mut sum, mut weight, mut of) = (0.0, 0.0, 0);
    for (case, value) in cases.iter().filter_map(|case| Some((case, value(case)?))) {
        sum += case.weight * value;
        weight += case.weight;
        of += 1;
    }
    (weight > 0.0).then(|| (sum / weight, of))
}

/// Mean score of what was written to some cases, by their weights.
pub fn mean_score(cases: &[&CaseTally<'_>]) -> Option<f64> {
    mean(cases, |case| case.score.filter(|_| case.is_written())).map(|(mean, _)| mean)
}

/// The share of each criterion's checks that pass: per case first, then the mean over the cases it speaks for, by their
/// weights; and how many these are.
pub fn criteria(cases: &[&CaseTally<'_>]) -> Vec<(Criterion, f64, usize)> {
    let of = |criterion| mean(cases, |case| case.passed_share(criterion)).map(|(mean, of)| (criterion, mean, of));
    Criterion::ALL.into_iter().filter_map(of).collect()
}

/// By check name, how often it passed over all answers; checks that were skipped or broke don't count.
pub fn checks(cases: &[&CaseTally<'_>]) -> BTreeMap<String, Trial> {
    let mut trials: BTreeMap<String, Trial> = BTreeMap::new();
    for (name, trial) in cases.iter().flat_map(|case| case.checks()) {
        let sum = trials.entry(name.to_string()).or_default();
        sum.of += trial.of;
        sum.passed += trial.passed;
    }
    trials
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::Split;

    fn case(weight: f64, score: Option<f64>) -> CaseTally<'static> {
        CaseTally {
            case: "s/a",
            category: "c",
            split: Split::Dev,
            cluster: None,
            records: Vec::new(),
            replies: Vec::new(),
            unscored: 0,
            errors: 0,
            weight,
            counts: weight > 0.0,
            score,
            passed: None,
            require: None,
        }
    }

    #[test]
    fn means_go_by_the_cases_weights() {
        let (heavy, light, unknown) = (case(3.0, Some(1.0)), case(1.0, Some(0.0)), case(5.0, None));
        assert_eq!(mean_score(&[&heavy, &light, &unknown]), Some(0.75));
        assert_eq!(mean(&[&heavy, &light, &unknown], |case| case.score), Some((0.75, 2)));
        assert_eq!(mean_score(&[&unknown, &case(0.0, Some(1.0))]), None);
    }

    #[test]
    fn a_case_without_a_score_is_in_no_rate_and_the_confidence_is_the_callers() {
        let passed = CaseTally { passed: Some(1.0), ..case(1.0, Some(1.0)) };
        let failed = CaseTally { passed: Some(0.0), ..case(1.0, Some(0.0)) };
        let unscored = CaseTally { unscored: 1, ..case(1.0, None) };
        let cases = [&passed, &failed, &unscored];
        let (wide, narrow) = (rate(&cases, 0.95), rate(&cases, 0.8));
        assert_eq!((wide.passed, wide.cases, wide.rate), (1, 2, 0.5));
        assert_eq!((wide.interval, narrow.interval), (wilson(1, 2, 0.95), wilson(1, 2, 0.8)));
        assert!(wide.interval.low < narrow.interval.low);
    }
}
