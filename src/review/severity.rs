//! Who gives more points than the others, and who fewer.

use super::board::{Given, Rated, by_case, mean};
use crate::check::Criterion;
use crate::compare::{Interval, Mean, Observation, Sample, Scale, Settings, bootstrap};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// One person's scoring against that of the others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Severity {
    pub reviewer: String,
    /// Answers this person rated.
    pub answers: usize,
    /// Of these, what others rated too; only they count here.
    pub shared: usize,
    /// Points above (+) or below (−) the mean of the others on the shared answers, all criteria together. `None`
    /// without shared answers.
    pub offset: Option<Mean>,
}

/// Everybody's severity, most severe first; those who share no answer come last. The interval is the bootstrap of every
/// mean here, over cases, clusters kept whole. With two people one's offset is the other's with its sign turned.
pub(super) fn severities(rated: &[Rated<'_>], settings: &Settings) -> Vec<Severity> {
    let names: BTreeSet<&str> = rated.iter().flat_map(|a| &a.people).map(|g| g.reviewer.name.as_str()).collect();
    let mut all: Vec<Severity> = names.into_iter().map(|name| severity(name, rated, settings)).collect();
    let key = |s: &Severity| s.offset.map_or(f64::INFINITY, |o| o.mean);
    all.sort_by(|x, y| key(x).total_cmp(&key(y)));
    all
}

fn severity(name: &str, rated: &[Rated<'_>], settings: &Settings) -> Severity {
    let own = |answer: &Rated<'_>| answer.people.iter().any(|g| g.reviewer.name == name);
    let against = |answer: &Rated<'_>| {
        let (own, others): (Vec<Given<'_>>, Vec<Given<'_>>) =
            answer.people.iter().copied().partition(|g| g.reviewer.name == name);
        beside(own.first()?, &others)
    };
    Severity {
        reviewer: name.to_string(),
        answers: rated.iter().filter(|a| own(a)).count(),
        shared: rated.iter().filter(|a| against(a).is_some()).count(),
        offset: offset(&by_case(rated, against), settings),
    }
}

/// The others' mean points and one's own, averaged over the criteria that both judged.
pub(super) fn beside(own: &Given<'_>, others: &[Given<'_>]) -> Option<(f64, f64)> {
    let pairs: Vec<(f64, f64)> = Criterion::ALL
        .into_iter()
        .filter_map(|criterion| {
            Some((mean(others.iter().filter_map(|g| g.points(criterion)))?, own.points(criterion)?))
        })
        .collect();
    Some((mean(pairs.iter().map(|(others, _)| *others))?, mean(pairs.iter().map(|(_, own)| *own))?))
}

/// Mean of b − a with its interval. Nobody lies four points from the others over a whole answer, so the ends of the
/// scale tell nothing of answers that were not seen; where all offsets are equal they are all there is to go by.
pub(super) fn offset(observations: &[Observation<'_>], settings: &Settings) -> Option<Mean> {
    let scale = Scale { open: true, ..Scale::POINTS };
    let (means, intervals) = bootstrap(&Sample::new(observations), scale, settings)?;
    Some(Mean { mean: means.difference, interval: intervals.difference })
}

/// Whether an offset is more than the answers' chance.
pub(super) fn clear(offset: &Mean) -> bool {
    let Interval { low, high } = offset.interval;
    low > 0.0 || high < 0.0
}

impl Severity {
    /// `more severe than the others`, …; "about as severe" where the interval holds 0.
    pub fn words(&self) -> &'static str {
        match &self.offset {
            None => "shares no answer with the others",
            Some(offset) if !clear(offset) => "about as severe as the others",
            Some(offset) if offset.mean < 0.0 => "more severe than the others",
            Some(_) => "milder than the others",
        }
    }
}
