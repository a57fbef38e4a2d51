//! Two versions in the eyes of the same people.

use super::board::{Given, Rated, board, mean, observation};
use super::people::{People, people};
use super::{Flag, Rating, Reviewer};
use crate::check::Criterion;
use crate::compare::{Finding, Observation, Sample, Scale, ScoreTest, Settings, family, finding, mcnemar, score_test};
use crate::run::{Record, Run};
use crate::suite::Split;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What people say of both versions of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PeopleCompared {
    /// Each version alone; `None` where nobody rated it.
    pub a: Option<People>,
    pub b: Option<People>,
    /// The difference, on which a claim may rest; `None` where no case has both its answers rated.
    pub held_out: Option<PairedHalf>,
    pub dev: Option<PairedHalf>,
}

/// Paired differences b − a in points, over the cases whose two answers one person at least rated both.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PairedHalf {
    pub split: Split,
    /// People who rated both answers of some case.
    pub people: usize,
    /// Cases with both answers rated, but by different people; they are in no difference.
    pub unpaired: usize,
    /// Over all criteria; corrected together with them.
    pub overall: Option<ScoreTest>,
    pub finding: Finding,
    pub criteria: Vec<(Criterion, ScoreTest)>,
    /// `None` where no pair was shown side by side.
    pub preference: Option<Preference>,
}

/// Which answer of a pair people called the best.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Preference {
    /// Cases that a person saw side by side.
    pub cases: usize,
    pub a: usize,
    pub b: usize,
    /// Neither was flagged, or people were divided.
    pub neither: usize,
    /// Exact sign test over the cases with a preference.
    pub p: f64,
}

/// Compares what people say of two runs; `None` when nobody rated either.
///
/// Each reviewer is paired with themselves first: within a case the difference is taken for every person who rated
/// both answers, on the criteria they gave points to in both, and then averaged over these people. So severity drops
/// out. A case whose answers were rated by different people only tells as much about the people as about the versions;
/// it stays out of the difference, is counted in [`PairedHalf::unpaired`], and still counts in each version's own
/// means.
pub fn people_compared(
    a: &Run,
    b: &Run,
    ratings_a: &BTreeMap<Reviewer, Vec<Rating>>,
    ratings_b: &BTreeMap<Reviewer, Vec<Rating>>,
    settings: &Settings,
) -> Option<PeopleCompared> {
    let (of_a, of_b) = (people(a, ratings_a, settings), people(b, ratings_b, settings));
    if of_a.is_none() && of_b.is_none() {
        return None;
    }
    let half = |split| paired_half(&board(a, ratings_a, split), &board(b, ratings_b, split), split, settings);
    Some(PeopleCompared { held_out: half(Split::HeldOut), dev: half(Split::Dev), a: of_a, b: of_b })
}

/// A case whose answers people rated in both runs: by person, the ratings of either side.
struct Case<'a> {
    /// The newer run's.
    record: &'a Record,
    people: Vec<(Vec<Given<'a>>, Vec<Given<'a>>)>,
    names: BTreeSet<&'a str>,
}

fn paired_half(a: &[Rated<'_>], b: &[Rated<'_>], split: Split, settings: &Settings) -> Option<PairedHalf> {
    let cases = pair(a, b);
    if cases.is_empty() {
        return None;
    }
    let together: Vec<&Case<'_>> = cases.iter().filter(|case| !case.people.is_empty()).collect();
    let mut criteria: Vec<(Criterion, ScoreTest)> = Criterion::ALL
        .into_iter()
        .filter_map(|criterion| Some((criterion, test(&together, &[criterion], settings)?.0)))
        .collect();
    let mut overall = test(&together, &Criterion::ALL, settings);
    let (headline, corrected) =
        family(overall.as_ref().map(|(test, _)| test.p), &criteria.iter().map(|(_, test)| test.p).collect::<Vec<_>>());
    for ((test, _), p) in overall.iter_mut().zip(headline) {
        test.p_corrected = p;
    }
    for ((_, test), p) in criteria.iter_mut().zip(corrected) {
        test.p_corrected = p;
    }
    // The margin is told in score, from 0 to 1; points run over four.
    let in_points = Settings { negligible: settings.negligible * 4.0, ..settings.clone() };
    Some(PairedHalf {
        split,
        people: together.iter().flat_map(|case| &case.names).collect::<BTreeSet<_>>().len(),
        unpaired: cases.len() - together.len(),
        finding: overall
            .as_ref()
            .map_or(Finding::TooFewCases, |(test, units)| finding(test, *units, in_points.negligible, &in_points)),
        overall: overall.map(|(test, _)| test),
        criteria,
        preference: preference(&together),
    })
}

fn pair<'a>(a: &[Rated<'a>], b: &[Rated<'a>]) -> Vec<Case<'a>> {
    type People<'a> = BTreeMap<&'a str, Vec<Given<'a>>>;
    fn by_case<'a>(rated: &[Rated<'a>]) -> BTreeMap<&'a str, (&'a Record, People<'a>)> {
        let mut cases: BTreeMap<&'a str, (&'a Record, People<'a>)> = BTreeMap::new();
        for answer in rated.iter().filter(|answer| !answer.people.is_empty()) {
            let (_, people) = cases.entry(&answer.record.case).or_insert((answer.record, BTreeMap::new()));
            for given in &answer.people {
                people.entry(&given.reviewer.name).or_default().push(*given);
            }
        }
        cases
    }
    let mut before = by_case(a);
    let paired = |(case, (record, after)): (&'a str, (&'a Record, People<'a>))| {
        let (_, mut before) = before.remove(case)?;
        let names: BTreeSet<&str> = after.keys().copied().filter(|name| before.contains_key(name)).collect();
        let people = after.into_iter().filter_map(|(name, after)| Some((before.remove(name)?, after))).collect();
        Some(Case { record, people, names })
    };
    by_case(b).into_iter().filter_map(paired).collect()
}

/// The test with the number of independent units.
fn test(cases: &[&Case<'_>], criteria: &[Criterion], settings: &Settings) -> Option<(ScoreTest, usize)> {
    let observations: Vec<Observation<'_>> = cases.iter().filter_map(|case| case.observe(criteria)).collect();
    let sample = Sample::new(&observations);
    Some((score_test(&sample, Scale::POINTS, settings)?, sample.units.len()))
}

impl<'a> Case<'a> {
    /// The mean over its people of each side's points, on the criteria that a person judged both times.
    fn observe(&self, criteria: &[Criterion]) -> Option<Observation<'a>> {
        let both: Vec<(f64, f64)> =
            self.people.iter().filter_map(|(before, after)| points(before, after, criteria)).collect();
        observation(self.record, &both)
    }
}

/// One person's mean points before and after, over the criteria they judged both times.
fn points(before: &[Given<'_>], after: &[Given<'_>], criteria: &[Criterion]) -> Option<(f64, f64)> {
    let of = |ratings: &[Given<'_>], criterion| mean(ratings.iter().filter_map(|given| given.points(criterion)));
    let both: Vec<(f64, f64)> =
        criteria.iter().filter_map(|criterion| Some((of(before, *criterion)?, of(after, *criterion)?))).collect();
    Some((mean(both.iter().map(|(a, _)| *a))?, mean(both.iter().map(|(_, b)| *b))?))
}

fn preference(cases: &[&Case<'_>]) -> Option<Preference> {
    let best = |ratings: &[Given<'_>]| ratings.iter().filter(|g| g.rating.flags.contains(&Flag::Best)).count();
    // Each was last rated beside the other, and not beside a third version's answer.
    let together = |x: &[Given<'_>], y: &[Given<'_>]| {
        let beside = |x: &Given<'_>, y: &Given<'_>| x.rating.beside.as_ref() == Some(&y.rating.answer);
        x.iter().any(|x| y.iter().any(|y| beside(x, y) && beside(y, x)))
    };
    // +1 for each person who prefers the newer answer, −1 for the older one.
    let votes = |case: &&Case<'_>| -> Option<i64> {
        let shown = case.people.iter().filter(|(before, after)| together(before, after));
        let votes: Vec<i64> =
            shown.map(|(before, after)| (best(after) as i64 - best(before) as i64).signum()).collect();
        (!votes.is_empty()).then(|| votes.iter().sum())
    };
    let votes: Vec<i64> = cases.iter().filter_map(votes).collect();
    let (a, b) = (votes.iter().filter(|v| **v < 0).count(), votes.iter().filter(|v| **v > 0).count());
    // The sign test (Dixon & Mood 1946) is the same sum as McNemar's exact one.
    let p = mcnemar(a, b);
    (!votes.is_empty()).then(|| Preference { cases: votes.len(), a, b, neither: votes.len() - a - b, p })
}
