//! Pairing: what each version answered to the same case, repeats gathered.

use super::comparison::CasePair;
use super::repeats;
use super::sample::Observation;
use crate::provider::Answer;
use crate::run::{Judged, Outcome, Record, Run};
use crate::suite::Split;
use std::collections::BTreeMap;

/// One judged answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reply<'a> {
    pub answer: &'a Answer,
    pub verdicts: &'a [Judged],
    pub score: f64,
    pub passed: bool,
}

/// One side's answers to one case.
#[derive(Debug, Clone, Default)]
pub(super) struct Replies<'a> {
    /// In order of the repeats.
    pub judged: Vec<Reply<'a>>,
    /// Repeats that ended in an error.
    pub errors: usize,
    /// The share of its answers that the case requires to pass.
    pub require: Option<f64>,
}

impl Replies<'_> {
    /// The mean over repeats of whatever `measure` finds in them; `None` where it finds nothing.
    pub fn mean(&self, measure: impl Fn(&Reply<'_>) -> Option<f64>) -> Option<f64> {
        let found: Vec<f64> = self.judged.iter().filter_map(measure).filter(|x| x.is_finite()).collect();
        (!found.is_empty()).then(|| found.iter().sum::<f64>() / found.len() as f64)
    }

    pub fn passes(&self) -> usize {
        self.judged.iter().filter(|r| r.passed).count()
    }

    /// Passes as often as the case requires.
    pub fn passed(&self) -> bool {
        !self.judged.is_empty() && repeats::enough(self.passes() as f64 / self.judged.len() as f64, self.require)
    }

    pub fn flaky(&self) -> bool {
        repeats::flaky(self.judged.len(), self.passes())
    }
}

/// One case of either run. The newer run (`b`) says what it belongs to, where they differ.
#[derive(Debug, Clone)]
pub(super) struct Pair<'a> {
    pub case: &'a str,
    pub split: Split,
    pub category: &'a str,
    pub cluster: Option<&'a str>,
    pub weight: f64,
    /// Absent when the case is not in that run.
    pub a: Option<Replies<'a>>,
    pub b: Option<Replies<'a>>,
}

impl<'a> Pair<'a> {
    /// Both sides' answers, when both have at least one that was judged and the case counts.
    pub fn both(&self) -> Option<(&Replies<'a>, &Replies<'a>)> {
        let (a, b) = (self.a.as_ref()?, self.b.as_ref()?);
        (self.counts() && !a.judged.is_empty() && !b.judged.is_empty()).then_some((a, b))
    }

    /// A case of weight 0 is only looked at.
    pub fn counts(&self) -> bool {
        self.weight.is_finite() && self.weight > 0.0
    }

    /// One measure of both sides, where both have it.
    pub fn observe(&self, measure: impl Fn(&Reply<'_>) -> Option<f64>) -> Option<Observation<'a>> {
        let (a, b) = self.both()?;
        let (a, b) = (a.mean(&measure)?, b.mean(&measure)?);
        Some(Observation { case: self.case, cluster: self.cluster, weight: self.weight, a, b })
    }

    pub fn summary(&self) -> CasePair {
        let score = |side: &Option<Replies>| side.as_ref().and_then(|r| r.mean(|reply| Some(reply.score)));
        let passed = |side: &Option<Replies>| {
            side.as_ref().and_then(|r| r.mean(|reply| Some(f64::from(u8::from(reply.passed)))))
        };
        CasePair {
            case: self.case.to_string(),
            split: self.split,
            category: self.category.to_string(),
            cluster: self.cluster.map(str::to_string),
            a: score(&self.a),
            b: score(&self.b),
            a_passed: passed(&self.a),
            b_passed: passed(&self.b),
            require: self.b.as_ref().or(self.a.as_ref()).and_then(|replies| replies.require),
        }
    }
}

/// Every case of either run: those of `a` in their order, then what only `b` has.
pub(super) fn pair<'a>(a: &'a Run, b: &'a Run) -> Vec<Pair<'a>> {
    let (sides_a, sides_b) = (gather(a), gather(b));
    let mut order: Vec<&str> = Vec::new();
    let mut first: BTreeMap<&str, &Record> = BTreeMap::new();
    for record in a.records.iter().chain(&b.records) {
        if !first.contains_key(record.case.as_str()) {
            order.push(&record.case);
        }
        // The records of `b` come later and replace those of `a`.
        first.insert(&record.case, record);
    }
    order
        .into_iter()
        .filter_map(|case| {
            let record = first.get(case)?;
            Some(Pair {
                case,
                split: record.split,
                category: &record.category,
                cluster: record.cluster.as_deref(),
                weight: record.weight,
                a: sides_a.get(case).cloned(),
                b: sides_b.get(case).cloned(),
            })
        })
        .collect()
}

/// A run's answers by case. Of two records of one repeat the later counts: an error that a resumed run made good.
fn gather(run: &Run) -> BTreeMap<&str, Replies<'_>> {
    let mut latest: BTreeMap<(&str, u32), &Record> = BTreeMap::new();
    for record in &run.records {
        latest.insert((&record.case, record.repeat), record);
    }
    let mut sides: BTreeMap<&str, Replies> = BTreeMap::new();
    for ((case, _), record) in latest {
        let side = sides.entry(case).or_default();
        side.require = record.require;
        match &record.outcome {
            Outcome::Judged { answer, verdicts, score, passed, .. } if score.is_finite() => {
                side.judged.push(Reply { answer, verdicts, score: *score, passed: *passed });
            }
            Outcome::Judged { .. } | Outcome::Error { .. } => side.errors += 1,
        }
    }
    sides
}
