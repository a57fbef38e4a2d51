//! What the figures are worked out from: every answer that counts, with what each reviewer gave it.

use super::{Rating, Reviewer, ReviewerKind};
use crate::check::Criterion;
use crate::compare::Observation;
use crate::run::{Record, Run};
use crate::suite::Split;
use std::collections::{BTreeMap, BTreeSet};

/// One reviewer's rating of an answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Given<'a> {
    pub reviewer: &'a Reviewer,
    pub rating: &'a Rating,
}

/// An answer that someone rated.
#[derive(Debug, Clone)]
pub(super) struct Rated<'a> {
    pub record: &'a Record,
    pub people: Vec<Given<'a>>,
    pub judges: Vec<Given<'a>>,
}

impl<'a> Rated<'a> {
    /// What stands or falls together: the cluster of the case, or the case itself.
    pub fn group(&self) -> (&'a str, bool) {
        match &self.record.cluster {
            Some(cluster) => (cluster, true),
            None => (&self.record.case, false),
        }
    }

    /// People's mean points on one criterion.
    pub fn points(&self, criterion: Criterion) -> Option<f64> {
        mean(self.people.iter().filter_map(|given| given.points(criterion)))
    }

    /// People's mean points over every criterion they judged.
    pub fn overall(&self) -> Option<f64> {
        mean(self.people.iter().filter_map(Given::overall))
    }
}

impl Given<'_> {
    pub fn points(&self, criterion: Criterion) -> Option<f64> {
        self.rating.points.get(&criterion).map(|points| f64::from(*points))
    }

    pub fn overall(&self) -> Option<f64> {
        mean(self.rating.points.values().map(|points| f64::from(*points)))
    }
}

/// The rated answers of one half of a run, in its order. Cases of weight 0 are shown and count for nothing, here as
/// everywhere. Of two records of one repeat the later counts.
pub(super) fn board<'a>(run: &'a Run, ratings: &'a BTreeMap<Reviewer, Vec<Rating>>, split: Split) -> Vec<Rated<'a>> {
    let mut given: BTreeMap<(&str, u32), Vec<Given<'a>>> = BTreeMap::new();
    for (reviewer, ratings) in ratings {
        for rating in ratings.iter().filter(|rating| rating.done) {
            given.entry((&rating.case, rating.repeat)).or_default().push(Given { reviewer, rating });
        }
    }
    let mut seen = BTreeSet::new();
    let mut rated: Vec<Rated<'a>> = Vec::new();
    for record in run.records.iter().rev() {
        let counts = record.split == split && record.weight.is_finite() && record.weight > 0.0;
        let answered = record.outcome.answer().is_some();
        if !seen.insert((record.case.as_str(), record.repeat)) || !counts || !answered {
            continue;
        }
        let Some(found) = given.remove(&(record.case.as_str(), record.repeat)) else { continue };
        let (people, judges) = found.into_iter().partition(|given| given.reviewer.kind == ReviewerKind::Person);
        rated.push(Rated { record, people, judges });
    }
    rated.reverse();
    rated
}

/// One observation a case, its answers averaged first: side `a` is `measure`'s first value, `b` its second. Answers of
/// which it says nothing are left out.
pub(super) fn by_case<'a>(
    rated: &[Rated<'a>],
    measure: impl Fn(&Rated<'a>) -> Option<(f64, f64)>,
) -> Vec<Observation<'a>> {
    let mut cases: BTreeMap<&str, (&'a Record, Vec<_>)> = BTreeMap::new();
    for answer in rated {
        if let Some(values) = measure(answer) {
            cases.entry(&answer.record.case).or_insert((answer.record, Vec::new())).1.push(values);
        }
    }
    cases.into_values().filter_map(|(record, values)| observation(record, &values)).collect()
}

/// One case: the means of its pairs.
pub(super) fn observation<'a>(record: &'a Record, pairs: &[(f64, f64)]) -> Option<Observation<'a>> {
    Some(Observation {
        case: &record.case,
        cluster: record.cluster.as_deref(),
        weight: record.weight,
        a: mean(pairs.iter().map(|(a, _)| *a))?,
        b: mean(pairs.iter().map(|(_, b)| *b))?,
    })
}

pub(super) fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, n) = values.fold((0.0, 0usize), |(sum, n), value| (sum + value, n + 1));
    (n > 0).then(|| sum / n as f64)
}
