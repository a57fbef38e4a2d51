//! The values of one run: rates, scores, shares of checks and people's points, each with its interval.

use super::series::{Group, Kind, Source};
use crate::check::Criterion;
use crate::compare::{Interval, Range, Settings, mean};
use crate::gate::{Points, points};
use crate::review::ReviewerKind;
use crate::run::Record;
use crate::suite::Split;
use crate::tally::{self, CaseTally};
use std::collections::BTreeSet;

/// One value of a run.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Measured {
    pub half: Split,
    pub group: Group,
    pub kind: Kind,
    pub value: f64,
    pub interval: Interval,
    pub n: usize,
}

/// Everything that one run says, of both halves.
pub(super) fn measure(source: &Source, settings: &Settings) -> Vec<Measured> {
    let tallies = tally::cases(&source.run);
    let mut found = Vec::new();
    for half in [Split::HeldOut, Split::Dev] {
        let cases: Vec<&CaseTally<'_>> = tallies.iter().filter(|c| c.counts && c.split == half).collect();
        let categories: BTreeSet<&str> = cases.iter().map(|case| case.category).collect();
        found.extend(both(half, Group::All, &cases, settings));
        for category in categories {
            let group: Vec<&CaseTally<'_>> = cases.iter().copied().filter(|c| c.category == category).collect();
            found.extend(both(half, Group::Category(category.to_string()), &group, settings));
        }
        let people = People::of(source);
        for criterion in Criterion::ALL {
            let automatic = |case: &CaseTally<'_>| case.passed_share(criterion);
            found.extend(of_criterion(half, Kind::Automatic, criterion, &cases, automatic, settings));
            let rated = |case: &CaseTally<'_>| people.points(case.case, criterion);
            found.extend(of_criterion(half, Kind::People, criterion, &cases, rated, settings));
        }
    }
    found
}

/// Pass rate and mean score.
fn both(half: Split, group: Group, cases: &[&CaseTally<'_>], settings: &Settings) -> Vec<Measured> {
    let rate = tally::rate(cases, settings.confidence);
    if rate.cases == 0 {
        return Vec::new();
    }
    let of_rate = Measured {
        half,
        group: group.clone(),
        kind: Kind::PassRate,
        value: rate.rate,
        interval: rate.interval,
        n: rate.cases,
    };
    let scores = valued(cases, |case| case.score);
    let n = scores.len();
    let of_score = mean(scores, Range::Score, settings).map(|mean| Measured {
        half,
        group,
        kind: Kind::Score,
        value: mean.mean,
        interval: mean.interval,
        n,
    });
    std::iter::once(of_rate).chain(of_score).collect()
}

fn of_criterion(
    half: Split,
    kind: Kind,
    criterion: Criterion,
    cases: &[&CaseTally<'_>],
    of: impl Fn(&CaseTally<'_>) -> Option<f64>,
    settings: &Settings,
) -> Option<Measured> {
    let values = valued(cases, of);
    let n = values.len();
    let range = if kind == Kind::People { Range::Points } else { Range::Score };
    let mean = mean(values, range, settings)?;
    let group = Group::Criterion(criterion);
    Some(Measured { half, group, kind, value: mean.mean, interval: mean.interval, n })
}

fn valued<'a>(cases: &[&CaseTally<'a>], of: impl Fn(&CaseTally<'a>) -> Option<f64>) -> Vec<(&'a Record, f64)> {
    cases.iter().filter_map(|case| Some((*case.records.first()?, of(case).filter(|v| v.is_finite())?))).collect()
}

/// What people said of a run's answers; judges are no people.
pub(super) struct People<'a> {
    points: Points,
    pub reviewers: BTreeSet<&'a str>,
}

impl<'a> People<'a> {
    pub fn of(source: &'a Source) -> Self {
        let persons = source.ratings.keys().filter(|reviewer| reviewer.kind == ReviewerKind::Person);
        Self { points: points(&source.ratings), reviewers: persons.map(|person| person.name.as_str()).collect() }
    }

    pub fn rated(&self) -> BTreeSet<&str> {
        self.points.values().flat_map(|cases| cases.keys().map(String::as_str)).collect()
    }

    /// The mean over reviewers, then over the answers to the case.
    pub fn points(&self, case: &str, criterion: Criterion) -> Option<f64> {
        self.points.get(&criterion)?.get(case).copied()
    }
}
