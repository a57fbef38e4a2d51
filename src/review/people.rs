//! What people say of one run's answers, in figures.

use super::agreement::{Agreement, Scored, agreement};
use super::board::{Rated, board, by_case};
use super::judges::{Judge, judges};
use super::prediction::{Prediction, predictions};
use super::severity::{Severity, severities};
use super::{Flag, Rating, Reviewer, ReviewerKind};
use crate::check::{Criterion, TARGET_SCORE};
use crate::compare::{Mean, Sample, Scale, Settings, Trial, bootstrap, wilson};
use crate::run::{Run, passed_share};
use crate::suite::Split;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Everything that reviewers say of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct People {
    /// Distinct people, judge models not counted.
    pub people: usize,
    /// What a claim may rest on. `None` where nobody rated any of these answers.
    pub held_out: Option<PeopleHalf>,
    pub dev: Option<PeopleHalf>,
    /// Every rating that counts or is only shown, in the order of the run's cases.
    pub said: Vec<Said>,
}

/// One reviewer on one answer, for showing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Said {
    pub case: String,
    pub repeat: u32,
    pub split: Split,
    pub reviewer: Reviewer,
    pub points: BTreeMap<Criterion, u8>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub comment: String,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub flags: BTreeSet<Flag>,
}

/// The figures of one half, worked out on it alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PeopleHalf {
    pub split: Split,
    pub people: usize,
    /// Answers and cases that a person rated.
    pub answers: usize,
    pub cases: usize,
    /// Answers that two people or more rated.
    pub shared: usize,
    /// Mean over all criteria; `None` where only a judge model rated.
    pub overall: Option<Mean>,
    pub criteria: Vec<PeopleCriterion>,
    /// Answers that a person called wrong in fact, and unusable.
    pub factual_errors: usize,
    pub unusable: usize,
    pub reviewers: Vec<Severity>,
    pub checks: Vec<Prediction>,
    pub judges: Vec<Judge>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PeopleCriterion {
    pub criterion: Criterion,
    pub cases: usize,
    /// Per answer over people, then over a case's answers, then over the cases by their weight.
    pub mean: Mean,
    /// Answers whose mean over people is 4 or more.
    pub good: Trial,
    /// That share with its Wilson interval.
    pub good_share: Mean,
    pub reaches_target: bool,
    pub agreement: Agreement,
    /// The checks' score on the same answers, where any check speaks for the criterion. Beside people's mean, never in
    /// it.
    pub automatic: Option<f64>,
}

/// What the ratings that [`gather`](super::gather) found say of `run`; `None` when there are none.
pub fn people(run: &Run, ratings: &BTreeMap<Reviewer, Vec<Rating>>, settings: &Settings) -> Option<People> {
    let said = said(run, ratings);
    if said.is_empty() {
        return None;
    }
    let names: BTreeSet<&Reviewer> =
        said.iter().map(|s| &s.reviewer).filter(|r| r.kind == ReviewerKind::Person).collect();
    Some(People {
        people: names.len(),
        held_out: half(&board(run, ratings, Split::HeldOut), Split::HeldOut, settings),
        dev: half(&board(run, ratings, Split::Dev), Split::Dev, settings),
        said,
    })
}

fn half(rated: &[Rated<'_>], split: Split, settings: &Settings) -> Option<PeopleHalf> {
    if rated.is_empty() {
        return None;
    }
    let by_people: Vec<Rated<'_>> = rated.iter().filter(|answer| !answer.people.is_empty()).cloned().collect();
    let flagged = |flag: Flag| {
        by_people.iter().filter(|answer| answer.people.iter().any(|g| g.rating.flags.contains(&flag))).count()
    };
    let names: BTreeSet<&str> = by_people.iter().flat_map(|a| &a.people).map(|g| g.reviewer.name.as_str()).collect();
    let cases: BTreeSet<&str> = by_people.iter().map(|answer| answer.record.case.as_str()).collect();
    Some(PeopleHalf {
        split,
        people: names.len(),
        answers: by_people.len(),
        cases: cases.len(),
        shared: by_people.iter().filter(|answer| answer.people.len() > 1).count(),
        overall: mean_of(&by_people, |answer| answer.overall(), settings).map(|(mean, _)| mean),
        criteria: Criterion::ALL.into_iter().filter_map(|c| criterion(&by_people, c, settings)).collect(),
        factual_errors: flagged(Flag::FactualError),
        unusable: flagged(Flag::Unusable),
        reviewers: severities(&by_people, settings),
        checks: predictions(&by_people, settings),
        judges: judges(rated, settings),
    })
}

/// A mean over cases with the bootstrap interval of every mean here, and the number of cases.
fn mean_of(
    rated: &[Rated<'_>],
    measure: impl Fn(&Rated<'_>) -> Option<f64>,
    settings: &Settings,
) -> Option<(Mean, usize)> {
    let sample = Sample::new(&by_case(rated, |answer| measure(answer).map(|value| (value, value))));
    let (means, intervals) = bootstrap(&sample, Scale::POINTS, settings)?;
    Some((Mean { mean: means.a, interval: intervals.a }, sample.cases))
}

fn criterion(rated: &[Rated<'_>], criterion: Criterion, settings: &Settings) -> Option<PeopleCriterion> {
    let (mean, cases) = mean_of(rated, |answer| answer.points(criterion), settings)?;
    let points: Vec<f64> = rated.iter().filter_map(|answer| answer.points(criterion)).collect();
    let good = Trial { passed: points.iter().filter(|p| **p >= TARGET_SCORE - 1e-9).count(), of: points.len() };
    let scored: Vec<Scored<'_>> = rated
        .iter()
        .map(|answer| Scored {
            group: answer.group(),
            points: answer.people.iter().filter_map(|g| g.rating.points.get(&criterion).copied()).collect(),
        })
        .collect();
    Some(PeopleCriterion {
        criterion,
        cases,
        reaches_target: mean.mean >= TARGET_SCORE - 1e-9,
        mean,
        good,
        good_share: Mean {
            mean: good.passed as f64 / good.of.max(1) as f64,
            interval: wilson(good.passed, good.of, settings.confidence),
        },
        agreement: agreement(&scored, settings),
        automatic: automatic(rated, criterion),
    })
}

fn automatic(rated: &[Rated<'_>], criterion: Criterion) -> Option<f64> {
    let of = |answer: &Rated<'_>| passed_share(answer.record.outcome.verdicts(), criterion);
    let cases = by_case(rated, |answer| of(answer).map(|score| (score, score)));
    Sample::new(&cases).means().map(|means| means.a)
}

fn said(run: &Run, ratings: &BTreeMap<Reviewer, Vec<Rating>>) -> Vec<Said> {
    let mut places: BTreeMap<(&str, u32), (usize, Split)> = BTreeMap::new();
    for (place, record) in run.records.iter().enumerate() {
        places.insert((&record.case, record.repeat), (place, record.split));
    }
    let mut all: Vec<(usize, Said)> = Vec::new();
    for (reviewer, ratings) in ratings {
        for rating in ratings.iter().filter(|rating| rating.done) {
            let Some((place, split)) = places.get(&(rating.case.as_str(), rating.repeat)) else { continue };
            let said = Said {
                case: rating.case.clone(),
                repeat: rating.repeat,
                split: *split,
                reviewer: reviewer.clone(),
                points: rating.points.clone(),
                comment: rating.comment.clone(),
                flags: rating.flags.clone(),
            };
            all.push((*place, said));
        }
    }
    // Stable: people before judges within a name, as the map has them.
    all.sort_by_key(|(place, said)| (*place, said.reviewer.kind));
    all.into_iter().map(|(_, said)| said).collect()
}
