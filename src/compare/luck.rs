//! How often would luck alone write each kind of line about these very cases?
//!
//! Were the two versions equal, each case (each cluster, where cases have one) could as well have come out with the
//! labels of the versions exchanged. So the labels are exchanged at random a thousand times, and each time it is counted
//! which lines would be written: the rule is calibrated on the user's own results, with all that hangs together in them
//! (checks of one answer, cases of one source), which no table knows.
//!
//! What is approximated: no interval is worked out anew, so where the rule asks for a test and an interval, the test alone
//! decides, and luck is told as a little more frequent than it is. The p-value of a swapped mean is looked up among
//! sampled swaps, as many as `resamples`, or among all of them where at most [`EXACT_UNITS`] units differ; that of
//! swapped counts is exact.

use super::changes::at_least;
use super::comparison::Luck;
use super::evidence::Evidence;
use super::family::family;
use super::looks::{self, Unit};
use super::pair::Pair;
use super::sample::Observation;
use super::settings::Settings;
use super::verdict::beyond_chance;
use crate::check::Criterion;
use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use std::collections::BTreeMap;

const SWAPS: usize = 1000;

/// Up to so many units every pattern of signs is tried.
const EXACT_UNITS: usize = 13;

/// What a line tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Headline,
    Passes,
    Category,
    /// The other kind of evidence, and categories by their likelihoods.
    Evidence,
    Criterion,
    Check,
    /// Looked at, and so in the correction, but never named.
    Likelihood,
}

/// One thing that is looked at.
pub(super) struct Line {
    pub kind: Kind,
    /// The units that differ, by their numbers, and by how much.
    moved: Vec<(usize, f64)>,
    chances: Chances,
}

/// How often the sum of `moved`, each with a random sign, lies at least so far from 0.
enum Chances {
    /// By whole distances.
    Counts(Vec<f64>),
    /// Distances of sums, ascending; all there are, or a sample.
    Sums { sums: Vec<f64>, all: bool },
}

/// What the pairs of one half make of luck; `None` without pairs.
pub(super) fn luck(pairs: &[&Pair<'_>], settings: &Settings) -> Option<Luck> {
    if pairs.is_empty() {
        return None;
    }
    let (lines, units) = lines(pairs, settings);
    // A stream of its own: the tests draw their signs from the first.
    let mut random = ChaCha8Rng::seed_from_u64(settings.seed);
    random.set_stream(1);
    let swaps: Vec<Vec<u64>> =
        (0..SWAPS).map(|_| (0..units.div_ceil(64)).map(|_| random.next_u64()).collect()).collect();
    let counted = swaps.par_iter().map(|signs| one(&lines, signs, settings));
    Some(counted.reduce(Luck::default, Luck::and))
}

/// Which lines one swap of labels writes: 1 for each kind that it writes any of.
pub(super) fn one(lines: &[Line], signs: &[u64], settings: &Settings) -> Luck {
    let (headline, beside): (Vec<&Line>, Vec<&Line>) = lines.iter().partition(|line| line.kind == Kind::Headline);
    let p = |line: &&Line| line.chance(signs);
    let (whole, corrected) = family(headline.first().map(p), &beside.iter().map(p).collect::<Vec<_>>());
    let named: Vec<Kind> = beside
        .iter()
        .zip(corrected)
        .filter(|(_, p)| beyond_chance(*p, settings))
        .map(|(line, _)| line.kind)
        .chain(whole.filter(|p| beyond_chance(*p, settings)).map(|_| Kind::Headline))
        .filter(|kind| *kind != Kind::Likelihood)
        .collect();
    let any = |kind| usize::from(named.contains(&kind));
    Luck {
        swaps: 1,
        headline: any(Kind::Headline),
        passes: any(Kind::Passes),
        categories: any(Kind::Category),
        evidence: any(Kind::Evidence),
        criteria: any(Kind::Criterion),
        checks: any(Kind::Check),
        anything: usize::from(!named.is_empty()),
    }
}

/// Everything that the half looks at, and the number of its units: the tests of `half::correct`, made ready for swaps.
pub(super) fn lines(pairs: &[&Pair<'_>], settings: &Settings) -> (Vec<Line>, usize) {
    let mut looks: Vec<(Kind, Vec<Observation<'_>>)> = Vec::new();
    let primary = looks::primary(pairs, settings);
    for evidence in [Evidence::Checks, Evidence::Likelihood] {
        let measured = looks::measured(pairs, evidence);
        if measured.is_empty() && evidence != primary {
            continue;
        }
        looks.push((if evidence == primary { Kind::Headline } else { Kind::Evidence }, measured));
        looks.push((Kind::Passes, looks::passes(pairs, evidence)));
        let categories = looks::categories(pairs).into_values().filter(|p| !looks::measured(p, evidence).is_empty());
        let categories: Vec<_> = categories.collect();
        if categories.len() > 1 {
            for pairs in categories {
                let kind = if evidence == Evidence::Checks { Kind::Category } else { Kind::Evidence };
                looks.push((kind, looks::measured(&pairs, evidence)));
                looks.push((Kind::Passes, looks::passes(&pairs, evidence)));
            }
        }
    }
    looks.extend(Criterion::ALL.into_iter().map(|criterion| (Kind::Criterion, looks::passed_shares(pairs, criterion))));
    looks.extend(looks::checks(pairs).into_values().map(|look| (Kind::Check, look.observations)));
    looks.push((Kind::Likelihood, looks::likelihoods(pairs)));
    let mut units: BTreeMap<Unit<'_>, usize> =
        looks.iter().flat_map(|(_, all)| all).map(|o| (looks::unit(o), 0)).collect();
    for (number, place) in units.values_mut().enumerate() {
        *place = number;
    }
    // A criterion or a likelihood of which nothing is known is no test; a check of which no case tells has p = 1.
    let known =
        looks.into_iter().filter(|(kind, all)| !all.is_empty() || !matches!(kind, Kind::Criterion | Kind::Likelihood));
    let known: Vec<(usize, (Kind, Vec<Observation<'_>>))> = known.enumerate().collect();
    let line = |(number, (kind, observations)): &(usize, (Kind, Vec<Observation<'_>>))| {
        let moved = looks::by_unit(observations).into_iter().filter(|(_, change)| change.abs() > 1e-12);
        let moved: Vec<(usize, f64)> = moved.filter_map(|(unit, change)| Some((*units.get(&unit)?, change))).collect();
        let chances = match kind {
            Kind::Passes | Kind::Check => {
                Chances::Counts(at_least(&moved.iter().map(|(_, change)| change.round() as i64).collect::<Vec<_>>()))
            }
            _ => Chances::of_sums(&moved, settings, 2 + *number as u64),
        };
        Line { kind: *kind, moved, chances }
    };
    (known.par_iter().map(line).collect(), units.len())
}

impl Line {
    /// The p-value after the units whose bit is set have changed sides.
    fn chance(&self, signs: &[u64]) -> f64 {
        let mut sum = 0.0;
        for (unit, change) in &self.moved {
            if signs[unit / 64] >> (unit % 64) & 1 == 1 {
                sum -= change;
            } else {
                sum += change;
            }
        }
        self.chances.of(f64::abs(sum))
    }

    /// The p-value with the labels as they are.
    #[cfg(test)]
    pub(super) fn as_it_is(&self, units: usize) -> f64 {
        self.chance(&vec![0; units.div_ceil(64)])
    }
}

impl Chances {
    /// `stream` keeps the samples of different lines apart.
    fn of_sums(moved: &[(usize, f64)], settings: &Settings, stream: u64) -> Self {
        // Eight units at a time: the sums of all their patterns are worked out once.
        let tables: Vec<Vec<f64>> = moved
            .chunks(8)
            .map(|chunk| {
                let sum = |bits: usize| {
                    chunk.iter().enumerate().map(|(i, (_, d))| if bits >> i & 1 == 1 { -d } else { *d }).sum::<f64>()
                };
                (0..1 << chunk.len()).map(sum).collect()
            })
            .collect();
        let all = moved.len() <= EXACT_UNITS;
        let mut random = ChaCha8Rng::seed_from_u64(settings.seed);
        random.set_stream(stream);
        let count = if all { 1 << moved.len() } else { settings.resamples };
        let mut bytes = vec![0; tables.len()];
        let mut sums = Vec::with_capacity(count);
        for pattern in 0..count {
            match all {
                true => (0..tables.len()).for_each(|at| bytes[at] = (pattern >> (8 * at)) as u8),
                false => random.fill_bytes(&mut bytes),
            }
            let mut sum = 0.0;
            for (table, byte) in tables.iter().zip(&bytes) {
                sum += table[usize::from(*byte) % table.len()];
            }
            sums.push(f64::abs(sum));
        }
        sums.sort_unstable_by(f64::total_cmp);
        Self::Sums { sums, all }
    }

    /// For a sum that lies `distance` from 0.
    fn of(&self, distance: f64) -> f64 {
        match self {
            Self::Counts(tail) => tail[(distance.round() as usize).min(tail.len() - 1)],
            Self::Sums { sums, all } => {
                // Equal sums of thirds and sevenths differ in their last bits.
                let less = sums.partition_point(|sum| *sum < distance - 1e-9);
                let hits = sums.len() - less;
                if *all { hits as f64 / sums.len() as f64 } else { (1 + hits) as f64 / (1 + sums.len()) as f64 }
            }
        }
    }
}
