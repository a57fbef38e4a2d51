//! What a single run adds up to: the figures that `compare` works out for pairs, for one version alone.

use super::repeats::enough;
use super::{Rate, Trial, wilson};
use crate::check::Criterion;
use crate::run::{self, Outcome, Record, Run};
use crate::suite::Split;
use std::collections::BTreeMap;

/// How sure the intervals of a single run are.
const CONFIDENCE: f64 = 0.95;

/// All answers to one case.
#[derive(Debug, Clone)]
pub struct CaseTally<'a> {
    pub case: &'a str,
    pub category: &'a str,
    pub split: Split,
    pub records: Vec<&'a Record>,
    /// How much it counts in means, as in every comparison.
    pub weight: f64,
    /// A case of weight 0 is shown and counts for nothing.
    pub counts: bool,
    /// Mean over the repeats that were judged; `None` when none was.
    pub score: Option<f64>,
    /// Share of the judged repeats that passed.
    pub passed: Option<f64>,
    /// The share that the case requires.
    pub require: Option<f64>,
}

impl CaseTally<'_> {
    /// Passes as often as the case requires: more often than not, unless it says otherwise.
    pub fn passes(&self) -> Option<bool> {
        self.passed.map(|share| enough(share, self.require))
    }

    pub fn flaky(&self) -> bool {
        self.passed.is_some_and(|share| share > 0.0 && share < 1.0)
    }
}

/// The cases of a run in its own order, each with its answers.
pub fn cases(run: &Run) -> Vec<CaseTally<'_>> {
    let mut tallies: Vec<CaseTally<'_>> = Vec::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for record in &run.records {
        let place = *places.entry(record.case.as_str()).or_insert_with(|| {
            tallies.push(CaseTally {
                case: &record.case,
                category: &record.category,
                split: record.split,
                weight: record.weight,
                counts: record.weight > 0.0,
                records: Vec::new(),
                score: None,
                passed: None,
                require: record.require,
            });
            tallies.len() - 1
        });
        tallies[place].records.push(record);
    }
    for tally in &mut tallies {
        let judged: Vec<(f64, bool)> = tally.records.iter().filter_map(|r| judged(r)).collect();
        let n = judged.len() as f64;
        if !judged.is_empty() {
            tally.score = Some(judged.iter().map(|(score, _)| score).sum::<f64>() / n);
            tally.passed = Some(judged.iter().filter(|(_, passed)| *passed).count() as f64 / n);
        }
    }
    tallies
}

fn judged(record: &Record) -> Option<(f64, bool)> {
    match &record.outcome {
        Outcome::Judged { score, passed, .. } => Some((*score, *passed)),
        Outcome::Error { .. } => None,
    }
}

/// The pass rate of some cases; cases without a judged answer count as neither passed nor failed.
pub fn rate(cases: &[&CaseTally<'_>]) -> Rate {
    let known: Vec<bool> = cases.iter().filter_map(|c| c.passes()).collect();
    let passed = known.iter().filter(|p| **p).count();
    Rate {
        passed,
        cases: known.len(),
        rate: if known.is_empty() { 0.0 } else { passed as f64 / known.len() as f64 },
        interval: wilson(passed, known.len(), CONFIDENCE),
        flaky: cases.iter().filter(|c| c.flaky()).count(),
        pass_at_k: None,
        pass_hat_k: None,
        k: None,
    }
}

/// Mean score of some cases by their weights, where any was judged.
pub fn mean_score(cases: &[&CaseTally<'_>]) -> Option<f64> {
    mean(cases, |case| case.score).map(|(mean, _)| mean)
}

/// The automatic rubric score of one case on a criterion, where it was measured.
pub fn automatic_points(case: &CaseTally<'_>, criterion: Criterion) -> Option<f64> {
    let verdicts = case.records.iter().flat_map(|record| match &record.outcome {
        Outcome::Judged { verdicts, .. } => verdicts.as_slice(),
        Outcome::Error { .. } => &[],
    });
    run::automatic_points(verdicts, criterion)
}

/// The automatic rubric score on each criterion: per case first, then the mean over the cases it speaks for, by their
/// weights; and how many these are.
pub fn criteria(cases: &[&CaseTally<'_>]) -> Vec<(Criterion, f64, usize)> {
    Criterion::ALL
        .into_iter()
        .filter_map(|criterion| {
            let (mean, of) = mean(cases, |case| automatic_points(case, criterion))?;
            Some((criterion, mean, of))
        })
        .collect()
}

/// By check name, how often it passed over all answers; checks that were skipped or broke don't count.
pub fn checks(cases: &[&CaseTally<'_>]) -> BTreeMap<String, Trial> {
    let mut trials: BTreeMap<String, Trial> = BTreeMap::new();
    for record in cases.iter().flat_map(|case| &case.records) {
        let Outcome::Judged { verdicts, .. } = &record.outcome else { continue };
        for verdict in verdicts.iter().filter(|v| v.verdict.score().is_some()) {
            let trial = trials.entry(verdict.check.clone()).or_default();
            trial.of += 1;
            trial.passed += usize::from(verdict.verdict.passed());
        }
    }
    trials
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_go_by_the_cases_weights() {
        let case = |weight: f64, score: Option<f64>| CaseTally {
            case: "s/a",
            category: "c",
            split: Split::Dev,
            records: Vec::new(),
            weight,
            counts: weight > 0.0,
            score,
            passed: None,
            require: None,
        };
        let (heavy, light, unknown) = (case(3.0, Some(1.0)), case(1.0, Some(0.0)), case(5.0, None));
        assert_eq!(mean_score(&[&heavy, &light, &unknown]), Some(0.75));
        assert_eq!(mean(&[&heavy, &light, &unknown], |case| case.score), Some((0.75, 2)));
        assert_eq!(mean_score(&[&unknown, &case(0.0, Some(1.0))]), None);
    }
}
