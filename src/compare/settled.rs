//! Whether the question is settled, or can be by the cases that are left.

use super::comparison::{Finding, ScoreTest};
use super::evidence::Evidence;
use super::family::HEADLINE;
use super::half::of_half;
use super::interval::Scale;
use super::looks;
use super::pair::pair;
use super::sample::Sample;
use super::sequence::{FIRST_LOOK, score_test};
use super::settings::Settings;
use super::verdict::finding;
use crate::run::Run;
use crate::suite::Split;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// So many ways to go on are drawn from what was seen …
const CONTINUATIONS: usize = 200;
/// … and with fewer of them settled than this, more asking is not worth it.
const WORTH_IT: usize = 10;

/// What two unfinished runs say of the question that decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outlook {
    /// More cases may settle it.
    Open,
    Settled,
    /// The cases that are left would hardly settle it.
    Hopeless,
}

/// The outlook of one half after some of its units were answered by both versions and `left` were not. Stopping for want
/// of hope claims nothing, so its rule needs no correction: it goes by how often the question would be settled if the
/// units that are left were drawn from those seen.
pub fn outlook(a: &Run, b: &Run, split: Split, left: usize, settings: &Settings) -> Outlook {
    let settings = &Settings { anytime: true, ..settings.clone() };
    let pairs = pair(a, b);
    let pairs = of_half(split, &pairs);
    let evidence = looks::primary(&pairs, settings);
    let scale = match evidence {
        Evidence::Checks => Scale::SCORE,
        Evidence::Likelihood => Scale::MARGIN,
    };
    let sample = Sample::of(&looks::measured(&pairs, evidence), settings);
    let settled = |sample: &Sample| {
        let found = score_test(sample, scale, settings).map_or(Finding::TooFewCases, |test| {
            let test = ScoreTest { p_corrected: test.p / HEADLINE, ..test };
            finding(&test, sample.units.len(), settings.negligible_for(evidence), settings)
        });
        found != Finding::TooFewCases
    };
    if settled(&sample) {
        return Outlook::Settled;
    }
    if sample.units.len() < FIRST_LOOK {
        return Outlook::Open;
    }
    let mut random = ChaCha8Rng::seed_from_u64(settings.seed);
    let hopeful = (0..CONTINUATIONS).filter(|_| settled(&continued(&sample, left, &mut random)));
    if hopeful.take(WORTH_IT).count() < WORTH_IT { Outlook::Hopeless } else { Outlook::Open }
}

fn continued(sample: &Sample, left: usize, random: &mut ChaCha8Rng) -> Sample {
    let drawn = (0..left).map(|_| sample.units[random.random_range(0..sample.units.len())]);
    Sample { units: sample.units.iter().copied().chain(drawn).collect(), cases: sample.cases + left }
}
