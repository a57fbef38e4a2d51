//! A judge model beside people: what it gave, and how far that is what people give.

use super::agreement::{Agreement, Scored, agreement};
use super::board::{Given, Rated, by_case};
use super::correlation::spearman;
use super::severity::offset;
use crate::check::Criterion;
use crate::compare::{Mean, Sample, Scale, Settings, bootstrap};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// One judge model. No figure of people's has it in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judge {
    pub name: String,
    pub answers: usize,
    /// Of these, what people rated too; agreement rests on them alone.
    pub shared: usize,
    pub criteria: Vec<JudgeCriterion>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JudgeCriterion {
    pub criterion: Criterion,
    pub cases: usize,
    pub mean: Mean,
    /// α with the judge as one more coder beside each person, over the answers that both rated.
    pub agreement: Agreement,
    /// α of the people alone on the same answers: what the judge's is to be held against.
    pub people: Agreement,
    /// Rank correlation of its points with people's mean.
    pub spearman: Option<f64>,
    /// Its points less people's mean; above 0 it is milder.
    pub offset: Option<Mean>,
}

pub(super) fn judges(rated: &[Rated<'_>], settings: &Settings) -> Vec<Judge> {
    let names: BTreeSet<&str> = rated.iter().flat_map(|a| &a.judges).map(|g| g.reviewer.name.as_str()).collect();
    let of = |name: &str| {
        let answers = rated.iter().filter(|answer| judged(answer, name).is_some());
        let shared = answers.clone().filter(|answer| !answer.people.is_empty()).count();
        Judge {
            name: name.to_string(),
            answers: answers.count(),
            shared,
            criteria: Criterion::ALL.into_iter().filter_map(|c| figures(rated, name, c, settings)).collect(),
        }
    };
    names.into_iter().map(of).collect()
}

fn judged<'a>(answer: &'a Rated<'_>, name: &str) -> Option<&'a Given<'a>> {
    answer.judges.iter().find(|given| given.reviewer.name == name)
}

fn figures(rated: &[Rated<'_>], name: &str, criterion: Criterion, settings: &Settings) -> Option<JudgeCriterion> {
    let own = |answer: &Rated<'_>| judged(answer, name)?.points(criterion);
    let given = by_case(rated, |answer| own(answer).map(|points| (points, points)));
    let (means, intervals) = bootstrap(&Sample::new(&given), Scale::POINTS, settings)?;
    let both = |answer: &Rated<'_>| Some((answer.points(criterion)?, own(answer)?));
    let shared: Vec<&Rated<'_>> = rated.iter().filter(|answer| both(answer).is_some()).collect();
    let pairs: Vec<(f64, f64)> = shared.iter().filter_map(|answer| both(answer)).collect();
    let coded = |with_judge: bool| -> Vec<Scored<'_>> {
        let points = |answer: &Rated<'_>| {
            let judge = judged(answer, name).filter(|_| with_judge);
            let all = answer.people.iter().chain(judge);
            all.filter_map(|given| given.rating.points.get(&criterion).copied()).collect()
        };
        shared.iter().map(|answer| Scored { group: answer.group(), points: points(answer) }).collect()
    };
    Some(JudgeCriterion {
        criterion,
        cases: given.len(),
        mean: Mean { mean: means.a, interval: intervals.a },
        agreement: agreement(&coded(true), settings),
        people: agreement(&coded(false), settings),
        spearman: spearman(&pairs),
        offset: offset(&by_case(rated, both), settings),
    })
}
