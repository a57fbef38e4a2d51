//! One half of the cases with everything computed on it alone, and the cases that flipped.

use super::comparison::{CheckTest, Flip, Group, Half, Likelihood, Outcomes, ScoreTest};
use super::evidence::Evidence;
use super::family::family;
use super::group::{ALL, group, score_test};
use super::interval::Scale;
use super::looks::{self, CheckLook};
use super::luck::luck;
use super::mover::movers;
use super::pair::Pair;
use super::sample::{Observation, Sample};
use super::settings::Settings;
use super::verdict::{finding, whole, words};
use crate::check::{Criterion, Verdict};
use crate::suite::Split;
use crate::tally::CaseTally;
use std::collections::BTreeMap;

pub(super) fn half(split: Split, pairs: &[Pair<'_>], labels: Outcomes<&str>, settings: &Settings) -> Half {
    let pairs = of_half(split, pairs);
    // Swapped labels tell of tests of a number of cases that was set beforehand.
    let luck = if settings.anytime { None } else { luck(&pairs, settings) };
    Half { luck, ..tested(split, &pairs, labels, settings) }
}

/// The pairs of a half that tell something.
pub(super) fn of_half<'p, 'a>(split: Split, pairs: &'p [Pair<'a>]) -> Vec<&'p Pair<'a>> {
    pairs.iter().filter(|p| p.split == split && p.both().is_some()).collect()
}

/// Everything but luck.
pub(super) fn tested(split: Split, pairs: &[&Pair<'_>], labels: Outcomes<&str>, settings: &Settings) -> Half {
    let by_category = |evidence| {
        let groups = looks::categories(pairs).into_iter().map(|(name, pairs)| group(name, &pairs, evidence, settings));
        groups.filter(|group| group.cases > 0).collect()
    };
    let primary = looks::primary(pairs, settings);
    let weighed = group(ALL, pairs, Evidence::Likelihood, settings);
    let mut half = Half {
        split,
        primary,
        overall: group(ALL, pairs, Evidence::Checks, settings),
        categories: by_category(Evidence::Checks),
        likelihood: (weighed.cases > 0)
            .then(|| Likelihood { overall: weighed, categories: by_category(Evidence::Likelihood) }),
        criteria: criteria(pairs, settings),
        checks: looks::checks(pairs).iter().map(|(name, look)| (name.to_string(), check(look, settings))).collect(),
        reference_nll: measure(&looks::likelihoods(pairs), Scale::NATS, settings),
        movers: Vec::new(),
        luck: None,
    };
    let beside = correct(&mut half);
    for group in groups(&mut half) {
        group.finding = finding(&group.score, group.clusters, settings.negligible_for(group.evidence), settings);
        group.words = words(group, primary, beside, split, labels, settings);
    }
    half.movers = movers(&half, settings);
    let further = whole(&half, beside, labels);
    let headline = match (&mut half.likelihood, primary) {
        (Some(likelihood), Evidence::Likelihood) => &mut likelihood.overall,
        _ => &mut half.overall,
    };
    headline.words += &further;
    half
}

fn groups(half: &mut Half) -> impl Iterator<Item = &mut Group> {
    let likelihood = half.likelihood.iter_mut().flat_map(|l| l.categories.iter_mut().chain([&mut l.overall]));
    half.categories.iter_mut().chain([&mut half.overall]).chain(likelihood)
}

/// Corrects every test of the half in one family, and says how many stand beside the headline's. A single category is all
/// the cases of its kind of evidence, so its tests are the overall ones and no further tests.
fn correct(half: &mut Half) -> usize {
    let Half { primary, overall, categories, likelihood, criteria, checks, reference_nll, .. } = half;
    let mut beside: Vec<(f64, &mut f64)> = Vec::new();
    let mut headline: Option<(f64, &mut f64)> = None;
    let kinds = [Some((overall, categories)), likelihood.as_mut().map(|l| (&mut l.overall, &mut l.categories))];
    let kinds = kinds.into_iter().flatten().filter(|(overall, _)| overall.cases > 0 || overall.evidence == *primary);
    for (overall, categories) in kinds {
        // Without cases there is nothing to correct for.
        let score = (overall.score.p, &mut overall.score.p_corrected);
        match overall.evidence == *primary {
            true => headline = Some(score),
            false => beside.push(score),
        }
        beside.push((overall.pass.p, &mut overall.pass.p_corrected));
        match categories.as_mut_slice() {
            [_] => {}
            several => {
                for group in several {
                    beside.push((group.score.p, &mut group.score.p_corrected));
                    beside.push((group.pass.p, &mut group.pass.p_corrected));
                }
            }
        }
    }
    beside.extend(criteria.iter_mut().map(|(_, test)| (test.p, &mut test.p_corrected)));
    beside.extend(checks.values_mut().map(|test| (test.p, &mut test.p_corrected)));
    beside.extend(reference_nll.iter_mut().map(|test| (test.p, &mut test.p_corrected)));
    let (decided, corrected) =
        family(headline.as_ref().map(|(p, _)| *p), &beside.iter().map(|(p, _)| *p).collect::<Vec<_>>());
    if let (Some((_, place)), Some(p)) = (headline, decided) {
        *place = p;
    }
    let tests = beside.len();
    for ((_, place), p) in beside.into_iter().zip(corrected) {
        *place = p;
    }
    for (overall, categories) in [(&half.overall, &mut half.categories)]
        .into_iter()
        .chain(half.likelihood.as_mut().map(|l| (&l.overall, &mut l.categories)))
    {
        if let [Group { score, pass, .. }] = categories.as_mut_slice() {
            score.p_corrected = overall.score.p_corrected;
            pass.p_corrected = overall.pass.p_corrected;
        }
    }
    tests
}

fn criteria(pairs: &[&Pair<'_>], settings: &Settings) -> Vec<(Criterion, ScoreTest)> {
    let test = |criterion| measure(&looks::passed_shares(pairs, criterion), Scale::SCORE, settings);
    Criterion::ALL.into_iter().filter_map(|criterion| Some((criterion, test(criterion)?))).collect()
}

fn measure(observations: &[Observation<'_>], scale: Scale, settings: &Settings) -> Option<ScoreTest> {
    score_test(&Sample::of(observations, settings), scale, settings)
}

fn check(look: &CheckLook<'_>, settings: &Settings) -> CheckTest {
    let (only_a, only_b) = looks::changed(&look.observations);
    let p = looks::chance(&look.observations, settings);
    CheckTest { a: look.a, b: look.b, only_a, only_b, p, p_corrected: p }
}

/// Cases that one version passes and the other does not: improvements first, held-out before dev, then as they ran.
pub(super) fn flips(pairs: &[Pair<'_>]) -> Vec<Flip> {
    let mut flips: Vec<Flip> = pairs.iter().filter_map(flip).collect();
    flips.sort_by_key(|f| (!f.improved, f.split != Split::HeldOut));
    flips
}

fn flip(pair: &Pair<'_>) -> Option<Flip> {
    let (a, b) = pair.both()?;
    let improved = b.passes()?;
    (a.passes()? != improved).then(|| Flip {
        case: pair.case.to_string(),
        split: pair.split,
        category: pair.category.to_string(),
        improved,
        checks: changed_checks(a, b),
    })
}

/// The checks with weight that pass more often than not on one side only, by name, each once. The second `contains` of
/// a case is compared with the second.
fn changed_checks(a: &CaseTally<'_>, b: &CaseTally<'_>) -> Vec<String> {
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
fn majorities<'a>(side: &CaseTally<'a>) -> BTreeMap<(usize, &'a str), bool> {
    let mut tally: BTreeMap<(usize, &str), (usize, usize)> = BTreeMap::new();
    for reply in &side.replies {
        for (place, judged) in reply.verdicts.iter().enumerate().filter(|(_, v)| v.weight > 0.0) {
            let (passed, of) = tally.entry((place, &judged.check)).or_default();
            *passed += usize::from(matches!(judged.verdict, Verdict::Pass { .. }));
            *of += 1;
        }
    }
    tally.into_iter().map(|(check, (passed, of))| (check, 2 * passed > of)).collect()
}
