//! One half of the cases with everything computed on it alone, and the cases that flipped.

use super::comparison::{Flip, Group, Half, Outcomes, ScoreTest, Trial};
use super::group::{ALL, group, score_test};
use super::holm::holm;
use super::interval::Scale;
use super::pair::{Pair, Replies, Reply};
use super::sample::{Observation, Sample};
use super::settings::Settings;
use super::verdict::{finding, words};
use crate::check::{Criterion, Verdict};
use crate::run::automatic_points;
use crate::suite::Split;
use std::collections::BTreeMap;

pub(super) fn half(split: Split, pairs: &[Pair<'_>], labels: Outcomes<&str>, settings: &Settings) -> Half {
    let pairs: Vec<&Pair> = pairs.iter().filter(|p| p.split == split && p.both().is_some()).collect();
    let mut by_category: BTreeMap<&str, Vec<&Pair>> = BTreeMap::new();
    for pair in &pairs {
        by_category.entry(pair.category).or_default().push(pair);
    }
    let mut overall = group(ALL, &pairs, settings);
    let mut categories: Vec<Group> = by_category.iter().map(|(name, pairs)| group(name, pairs, settings)).collect();
    correct(&mut categories);
    let tested = categories.len();
    for (group, tested) in categories.iter_mut().map(|g| (g, tested)).chain([(&mut overall, 1)]) {
        group.finding = finding(&group.score, group.clusters, settings);
        group.words = words(group, tested, split, labels, settings);
    }
    Half {
        split,
        overall,
        categories,
        criteria: criteria(&pairs, settings),
        checks: checks(&pairs),
        reference_nll: measure(&pairs, Scale::NATS, settings, |r| r.answer.reference_nll),
    }
}

/// Holm over the categories, for the score test and for the pass test each.
fn correct(categories: &mut [Group]) {
    let scores = holm(&categories.iter().map(|g| g.score.p).collect::<Vec<_>>());
    let passes = holm(&categories.iter().map(|g| g.pass.p).collect::<Vec<_>>());
    for ((group, score), pass) in categories.iter_mut().zip(scores).zip(passes) {
        group.score.p_corrected = score;
        group.pass.p_corrected = pass;
    }
}

/// Automatic rubric points on the criteria that were measured, Holm-corrected among the criteria.
fn criteria(pairs: &[&Pair<'_>], settings: &Settings) -> Vec<(Criterion, ScoreTest)> {
    let mut tests: Vec<(Criterion, ScoreTest)> = Criterion::ALL
        .into_iter()
        .filter_map(|criterion| {
            Some((criterion, measure(pairs, Scale::POINTS, settings, |r| automatic_points(r.verdicts, criterion))?))
        })
        .collect();
    let corrected = holm(&tests.iter().map(|(_, test)| test.p).collect::<Vec<_>>());
    for ((_, test), p) in tests.iter_mut().zip(corrected) {
        test.p_corrected = p;
    }
    tests
}

fn measure(
    pairs: &[&Pair<'_>],
    scale: Scale,
    settings: &Settings,
    of: impl Fn(&Reply<'_>) -> Option<f64>,
) -> Option<ScoreTest> {
    let observations: Vec<Observation> = pairs.iter().filter_map(|p| p.observe(&of)).collect();
    score_test(&Sample::new(&observations), scale, settings)
}

/// How often each check passed, over all judged answers; a check that was skipped or broke was not tried.
fn checks(pairs: &[&Pair<'_>]) -> BTreeMap<String, Outcomes<Trial>> {
    let mut trials: BTreeMap<String, Outcomes<Trial>> = BTreeMap::new();
    for (a, b) in pairs.iter().filter_map(|p| p.both()) {
        let mut add = |side: &Replies<'_>, pick: fn(&mut Outcomes<Trial>) -> &mut Trial| {
            for judged in side.judged.iter().flat_map(|r| r.verdicts) {
                if judged.verdict.score().is_some() {
                    let none = || Outcomes { a: Trial::default(), b: Trial::default() };
                    let trial = pick(trials.entry(judged.check.clone()).or_insert_with(none));
                    trial.of += 1;
                    trial.passed += usize::from(judged.verdict.passed());
                }
            }
        };
        add(a, |o| &mut o.a);
        add(b, |o| &mut o.b);
    }
    trials
}

/// Cases that one version passes and the other does not: improvements first, held-out before dev, then as they ran.
pub(super) fn flips(pairs: &[Pair<'_>]) -> Vec<Flip> {
    let mut flips: Vec<Flip> = pairs.iter().filter_map(flip).collect();
    flips.sort_by_key(|f| (!f.improved, f.split != Split::HeldOut));
    flips
}

fn flip(pair: &Pair<'_>) -> Option<Flip> {
    let (a, b) = pair.both()?;
    (a.passed() != b.passed()).then(|| Flip {
        case: pair.case.to_string(),
        split: pair.split,
        category: pair.category.to_string(),
        improved: b.passed(),
        checks: changed_checks(a, b),
    })
}

/// The checks with weight that pass more often than not on one side only, by name, each once. The second `contains` of
/// a case is compared with the second.
fn changed_checks(a: &Replies<'_>, b: &Replies<'_>) -> Vec<String> {
    let (a, b) = (majorities(a), majorities(b));
    let mut names: Vec<String> = Vec::new();
    for ((place, name), passed) in &a {
        let changed = b.get(&(*place, name)).is_some_and(|other| other != passed);
        if changed && !names.iter().any(|n| n == name) {
            names.push(name.to_string());
        }
    }
    names
}

/// Whether each check of a case, by its place among the case's checks and its name, passes more often than not.
fn majorities<'a>(side: &Replies<'a>) -> BTreeMap<(usize, &'a str), bool> {
    let mut tally: BTreeMap<(usize, &str), (usize, usize)> = BTreeMap::new();
    for reply in &side.judged {
        for (place, judged) in reply.verdicts.iter().enumerate().filter(|(_, v)| v.weight > 0.0) {
            let (passed, of) = tally.entry((place, &judged.check)).or_default();
            *passed += usize::from(matches!(judged.verdict, Verdict::Pass { .. }));
            *of += 1;
        }
    }
    tally.into_iter().map(|(check, (passed, of))| (check, 2 * passed > of)).collect()
}
