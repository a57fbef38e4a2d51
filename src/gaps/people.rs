//! What people found wanting in the answers to dev cases. It stands beside what checks found and is never added to it.

use super::asked::Asked;
use crate::check::{Criterion, TARGET_SCORE};
use crate::compare::{Mean, Settings};
use crate::review::{self, Flag, Rating, Reviewer, ReviewerKind, Said};
use crate::run::Run;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PeopleGaps {
    pub people: usize,
    pub answers: usize,
    /// Criteria whose mean is below the target of 4, lowest first.
    pub low: Vec<LowCriterion>,
    pub factual_errors: usize,
    pub unusable: usize,
    /// Cases below the target or flagged, lowest first.
    pub cases: Vec<LowCase>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LowCriterion {
    pub criterion: Criterion,
    pub cases: usize,
    pub mean: Mean,
    /// Even the interval's upper end is below the target; else it may be chance.
    pub sure: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LowCase {
    pub case: String,
    pub task: String,
    /// Mean over people and criteria, 1 to 5.
    pub points: f64,
    /// Criteria below the target in this case.
    pub low: Vec<Criterion>,
    pub flags: Vec<&'static str>,
}

impl PeopleGaps {
    /// What people found wanting in a task, in parts of a case: a case at 1 of 5 lacks three quarters.
    pub fn lacking(&self, task: &str) -> f64 {
        self.cases.iter().filter(|case| case.task == task).map(|case| (TARGET_SCORE - case.points).max(0.0) / 4.0).sum()
    }

    /// The criteria that are low in a task.
    pub fn low_in(&self, task: &str) -> BTreeSet<Criterion> {
        self.cases.iter().filter(|case| case.task == task).flat_map(|case| case.low.iter().copied()).collect()
    }
}

/// `None` where no person rated an answer to a dev case.
pub(super) fn people(
    run: &Run,
    cases: &[Asked<'_>],
    ratings: &BTreeMap<Reviewer, Vec<Rating>>,
    settings: &Settings,
) -> Option<PeopleGaps> {
    let people = review::people(run, ratings, settings)?;
    let half = people.dev.filter(|half| half.answers > 0)?;
    let below = half.criteria.iter().filter(|found| !found.reaches_target);
    let mut low: Vec<LowCriterion> = below
        .map(|found| LowCriterion {
            criterion: found.criterion,
            cases: found.cases,
            mean: found.mean,
            sure: found.mean.interval.high < TARGET_SCORE,
        })
        .collect();
    low.sort_by(|a, b| a.mean.mean.total_cmp(&b.mean.mean).then(a.criterion.cmp(&b.criterion)));
    let (factual_errors, unusable) = (half.factual_errors, half.unusable);
    let cases = low_cases(&people.said, cases);
    Some(PeopleGaps { people: half.people, answers: half.answers, low, factual_errors, unusable, cases })
}

fn low_cases(said: &[Said], cases: &[Asked<'_>]) -> Vec<LowCase> {
    let low = |case: &Asked<'_>| {
        let by_people = |said: &&Said| said.case == case.tally.case && said.reviewer.kind == ReviewerKind::Person;
        let said: Vec<&Said> = said.iter().filter(by_people).collect();
        let mean = |of: &dyn Fn(&Criterion) -> bool| {
            let given = said.iter().flat_map(|said| &said.points).filter(|(criterion, _)| of(criterion));
            let points: Vec<f64> = given.map(|(_, points)| f64::from(*points)).collect();
            (!points.is_empty()).then(|| points.iter().sum::<f64>() / points.len() as f64)
        };
        let points = mean(&|_| true)?;
        let flags: BTreeSet<Flag> = said.iter().flat_map(|said| said.flags.iter().copied()).collect();
        let flags: Vec<&str> = flags.iter().filter(|flag| **flag != Flag::Best).map(|flag| flag.name()).collect();
        let below = |c: &Criterion| mean(&|other| other == c).is_some_and(|mean| mean < TARGET_SCORE - 1e-9);
        let low: Vec<Criterion> = Criterion::ALL.into_iter().filter(below).collect();
        let wanting = points < TARGET_SCORE - 1e-9 || !flags.is_empty();
        wanting.then(|| LowCase { case: case.tally.case.to_string(), task: case.task.clone(), points, low, flags })
    };
    let mut found: Vec<LowCase> = cases.iter().filter_map(low).collect();
    found.sort_by(|a, b| a.points.total_cmp(&b.points).then_with(|| a.case.cmp(&b.case)));
    found
}
