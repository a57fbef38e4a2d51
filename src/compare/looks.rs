//! What a half looks at: each measure of both versions, case by case. Every test and every swap of labels starts here.

use super::changes;
use super::evidence::Evidence;
use super::pair::Pair;
use super::sample::{Observation, Sample};
use super::sequence;
use super::settings::Settings;
use crate::check::Criterion;
use crate::tally::{CaseTally, Reply, Trial};
use std::collections::BTreeMap;

/// The pairs of each category, by its name, in order.
pub(super) fn categories<'p, 'a>(pairs: &[&'p Pair<'a>]) -> BTreeMap<&'a str, Vec<&'p Pair<'a>>> {
    let mut categories: BTreeMap<&str, Vec<&Pair>> = BTreeMap::new();
    for pair in pairs {
        categories.entry(pair.category).or_default().push(pair);
    }
    categories
}

/// The kind of evidence that decides: the one that was named or, where the cases hold none of it, the other. That follows
/// from what was asked, and never from how it was answered.
pub(super) fn primary(pairs: &[&Pair<'_>], settings: &Settings) -> Evidence {
    let other = match settings.primary {
        Evidence::Checks => Evidence::Likelihood,
        Evidence::Likelihood => Evidence::Checks,
    };
    let none = measured(pairs, settings.primary).is_empty() && !measured(pairs, other).is_empty();
    if none { other } else { settings.primary }
}

/// What a kind of evidence measures: the score of what was written, or the margin of the reference.
pub(super) fn measured<'a>(pairs: &[&Pair<'a>], evidence: Evidence) -> Vec<Observation<'a>> {
    let measure = |reply: &Reply<'a>| match evidence {
        Evidence::Checks => reply.written(),
        Evidence::Likelihood => reply.margin(),
    };
    pairs.iter().filter_map(|pair| pair.observe(measure)).collect()
}

/// The share of a criterion's checks that pass, where it was measured.
pub(super) fn passed_shares<'a>(pairs: &[&Pair<'a>], criterion: Criterion) -> Vec<Observation<'a>> {
    pairs.iter().filter_map(|pair| pair.observe(|reply| reply.passed_share(criterion))).collect()
}

/// The reference's negative log-likelihood per token.
pub(super) fn likelihoods<'a>(pairs: &[&Pair<'a>]) -> Vec<Observation<'a>> {
    pairs.iter().filter_map(|pair| pair.observe(|reply| reply.answer.reference_nll)).collect()
}

/// Whether each version passes the case: by its checks, or by preferring the reference.
pub(super) fn passes<'a>(pairs: &[&Pair<'a>], evidence: Evidence) -> Vec<Observation<'a>> {
    let passes = |case: &CaseTally<'a>| match evidence {
        Evidence::Checks => case.passes().filter(|_| case.is_written()),
        Evidence::Likelihood => case.prefers(),
    };
    let sides = |pair: &&Pair<'a>| {
        let (a, b) = pair.both()?;
        Some(pair.observe_pass(passes(a)?, passes(b)?))
    };
    pairs.iter().filter_map(sides).collect()
}

/// One check, by name.
#[derive(Debug, Default)]
pub(super) struct CheckLook<'a> {
    /// How often it passed, over all answers.
    pub a: Trial,
    pub b: Trial,
    /// Whether each version passes it on a case: on more than half of its tries there, over all answers and over all
    /// checks of that name which the case has. So a case that asks for three words by three `contains` is one unit and
    /// not three, which would stand or fall together; and it changes sides when most of its words come or go.
    pub observations: Vec<Observation<'a>>,
}

pub(super) fn checks<'a>(pairs: &[&Pair<'a>]) -> BTreeMap<&'a str, CheckLook<'a>> {
    let mut looks: BTreeMap<&str, CheckLook<'a>> = BTreeMap::new();
    let add = |sum: &mut Trial, trial: &Trial| {
        sum.passed += trial.passed;
        sum.of += trial.of;
    };
    let passes = |trial: &Trial| 2 * trial.passed > trial.of;
    for pair in pairs {
        let Some((a, b)) = pair.both() else { continue };
        let (a, b) = (a.checks(), b.checks());
        for (name, trial) in &a {
            let look = looks.entry(name).or_default();
            add(&mut look.a, trial);
            look.observations.extend(b.get(name).map(|other| pair.observe_pass(passes(trial), passes(other))));
        }
        for (name, trial) in &b {
            add(&mut looks.entry(name).or_default().b, trial);
        }
    }
    looks
}

/// Cases that pass with one version alone: with the one before, with the one after.
pub(super) fn changed(passes: &[Observation<'_>]) -> (usize, usize) {
    let count = |a: f64, b: f64| passes.iter().filter(|o| (o.a, o.b) == (a, b)).count();
    (count(1.0, 0.0), count(0.0, 1.0))
}

/// What stands or falls together: a cluster, or a case of none. A cluster and a case of the same name are kept apart.
pub(super) type Unit<'a> = (bool, &'a str);

pub(super) fn unit<'a>(observation: &Observation<'a>) -> Unit<'a> {
    (observation.cluster.is_none(), observation.cluster.unwrap_or(observation.case))
}

/// By how much each unit speaks for the version after: its weighted difference b − a, in the order of the units' names.
pub(super) fn by_unit<'a>(observations: &[Observation<'a>]) -> BTreeMap<Unit<'a>, f64> {
    let mut sorted: Vec<&Observation<'a>> = observations.iter().collect();
    // Sums of floats depend on their order.
    sorted.sort_by_key(|o| o.case);
    let mut units: BTreeMap<Unit<'a>, f64> = BTreeMap::new();
    for o in sorted {
        *units.entry(unit(o)).or_default() += o.weight * (o.b - o.a);
    }
    units
}

/// Two-sided p of what is passed or not.
pub(super) fn chance(passes: &[Observation<'_>], settings: &Settings) -> f64 {
    match settings.anytime {
        true => sequence::p(&Sample::of(passes, settings).differences()),
        false => changes::chance(&changes(passes)),
    }
}

/// The same in whole cases, for what is passed or not.
pub(super) fn changes(passes: &[Observation<'_>]) -> Vec<i64> {
    by_unit(passes).into_values().map(|change| change.round() as i64).collect()
}
