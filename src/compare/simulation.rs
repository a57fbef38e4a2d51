//! How often does a comparison of two versions of equal ability name anything at all? Whole suites are made up, with
//! answers that luck alone tells apart.
//!
//! `cargo test --lib compare::simulation` runs it small; the figures of docs/log.md come from
//! `cargo test --release --lib compare::simulation -- --ignored --nocapture`.

use super::comparison::{Finding, Luck, Outcomes};
use super::half::{of_half, tested};
use super::luck::{lines, luck, one};
use super::pair::pair;
use super::settings::Settings;
use super::several::{Versus, several};
use super::tests::{Case, LABELS, case, runs};
use super::verdict::beyond_chance;
use super::{Comparison, compare};
use crate::check::{Criterion, Verdict};
use crate::run::{Judged, Outcome, Run};
use crate::suite::Split;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// Checks that every case has, and names of others, of which each case has four.
const COMMON: usize = 4;
const OTHERS: usize = 24;
const CATEGORIES: usize = 6;

/// What hangs together in the answers.
#[derive(Debug, Clone, Copy)]
enum Luckiness {
    /// Each check of each answer is a draw of its own.
    Apart,
    /// Half of the answers are good or bad throughout: all their checks share one draw.
    Answers,
    /// The same, and five cases have one source and share the draws of half of their answers.
    Sources,
}

impl Luckiness {
    const ALL: [Self; 3] = [Self::Apart, Self::Answers, Self::Sources];
}

/// Runs of two versions of equal ability over `n` held-out cases.
fn equals(n: usize, lucky: Luckiness, seed: u64) -> (Run, Run) {
    let mut all = of_equal_ability(2, n, lucky, seed).into_iter();
    let mut next = || all.next().expect("two runs");
    (next(), next())
}

/// Runs of some versions of equal ability over `n` held-out cases. A case has a difficulty, the same for all, and each
/// check passes with that chance: about three cases in ten change sides on a check.
fn of_equal_ability(versions: usize, n: usize, lucky: Luckiness, seed: u64) -> Vec<Run> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let cases: Vec<Case> = (0..n)
        .map(|i| Case {
            category: format!("category {}", i % CATEGORIES),
            cluster: matches!(lucky, Luckiness::Sources).then(|| format!("source {}", i / 5)),
            ..case(format!("s/{i:03}"), Split::HeldOut, 0.0, 0.0)
        })
        .collect();
    let (first, second) = runs(&cases);
    let mut all = vec![first];
    all.resize(versions, second);
    let mut source = vec![0.0; versions];
    for i in 0..n {
        let difficulty: f64 = random.random_range(0.2..0.95);
        let first = random.random_range(0..OTHERS);
        if i % 5 == 0 {
            source.fill_with(|| random.random());
        }
        for (run, source) in all.iter_mut().zip(&source) {
            let own: f64 = random.random();
            let shared = match lucky {
                Luckiness::Apart => None,
                Luckiness::Answers => Some(own),
                Luckiness::Sources => Some(if random.random() { *source } else { own }),
            }
            .filter(|_| random.random());
            let passes: Vec<bool> = (0..8).map(|_| shared.unwrap_or_else(|| random.random()) < difficulty).collect();
            let record = &mut run.records[i];
            record.outcome = judged(&record.outcome, first, &passes);
        }
    }
    all
}

fn judged(outcome: &Outcome, first: usize, passes: &[bool]) -> Outcome {
    let verdict = |(i, passed): (usize, &bool)| {
        let number = if i < COMMON { i } else { COMMON + (first + 7 * i) % OTHERS };
        Judged {
            check: format!("check {number:02}"),
            criterion: Criterion::ALL[number % Criterion::ALL.len()],
            weight: 1.0,
            guard: None,
            verdict: Verdict::when(*passed, ""),
        }
    };
    Outcome::Judged {
        answer: outcome.answer().expect("an answer").clone(),
        verdicts: passes.iter().enumerate().map(verdict).collect(),
        score: passes.iter().filter(|passed| **passed).count() as f64 / passes.len() as f64,
        passed: passes.iter().all(|passed| *passed),
        reused: false,
    }
}

/// What would be named by the tests alone, without a look at intervals: never less than a report names.
fn named(a: &Run, b: &Run, settings: &Settings) -> Luck {
    let pairs = pair(a, b);
    let (lines, units) = lines(&of_half(Split::HeldOut, &pairs), settings);
    one(&lines, &vec![0; units.div_ceil(64)], settings)
}

fn shares(n: usize, lucky: Luckiness, rounds: u64, settings: &Settings) -> Luck {
    let round = |seed: u64| {
        let (a, b) = equals(n, lucky, seed);
        named(&a, &b, &Settings { seed, ..settings.clone() })
    };
    (0..rounds).into_par_iter().map(round).reduce(Luck::default, Luck::and)
}

/// Whether a comparison's held-out half says of anything that it got better or worse.
fn says_something(c: &Comparison) -> bool {
    let half = &c.held_out;
    let groups = half.categories.iter().chain([&half.overall]);
    let passes = groups.clone().any(|group| beyond_chance(group.pass.p_corrected, &c.settings));
    !half.movers.is_empty() || passes || matches!(half.overall.finding, Finding::Improved | Finding::Regressed)
}

/// Small enough for every test run: the bound lies three standard errors of 600 rounds above the nominal 5 %.
#[test]
fn two_equal_versions_are_hardly_ever_told_apart_by_anything() {
    let settings = Settings { resamples: 3000, ..Settings::default() };
    let sums = Luckiness::ALL.map(|lucky| shares(40, lucky, 200, &settings));
    let anything: usize = sums.iter().map(|sum| sum.anything).sum();
    assert!(anything as f64 / 600.0 <= 0.05 + 0.027, "{sums:?}");
}

/// In how many of so many tables of `versions` against one of equal ability any headline says better or worse.
fn tables_that_say_something(versions: usize, n: usize, lucky: Luckiness, rounds: u64) -> usize {
    let says = |seed: &u64| {
        let all = of_equal_ability(versions + 1, n, lucky, *seed);
        let settings = Settings { resamples: 1000, seed: *seed, ..Settings::default() };
        let (first, others) = all.split_first().expect("the baseline");
        let made = |run: &Run| compare(first, run, LABELS, settings.clone(), true).unwrap();
        let compared: Vec<Comparison> = others.iter().map(made).collect();
        let versus = compared.iter().zip(others).map(|(comparison, b)| Versus { comparison, label: "b", a: first, b });
        let table = several(&versus.collect::<Vec<_>>()).unwrap();
        table.versions.iter().any(|one| matches!(one.held_out.finding, Finding::Improved | Finding::Regressed))
    };
    (0..rounds).into_par_iter().filter(says).count()
}

/// Three standard errors of five in a hundred above them.
#[test]
fn among_many_equal_versions_hardly_ever_one_is_told_apart() {
    let said: usize = Luckiness::ALL.map(|lucky| tables_that_say_something(4, 40, lucky, 60)).iter().sum();
    assert!(said as f64 / 180.0 <= 0.05 + 0.049, "{said} of 180");
}

#[test]
#[ignore = "minutes of simulation, for docs/log.md"]
fn many_versions_in_full() {
    for versions in [2, 5] {
        for lucky in Luckiness::ALL {
            let said = tables_that_say_something(versions, 60, lucky, 400);
            println!("{versions} versions, {lucky:?}: {:.1} % of tables name one", said as f64 / 4.0);
        }
    }
}

/// The simulation counts what the tests alone would name; a report needs an interval besides.
#[test]
fn a_report_names_nothing_that_the_tests_do_not() {
    let settings = Settings { resamples: 1000, ..Settings::default() };
    let mut said = 0;
    for seed in 0..60 {
        let (a, mut b) = equals(40, Luckiness::Answers, seed);
        // Every third pair has a real difference, so that something is said.
        if seed % 3 == 0 {
            for record in &mut b.records {
                record.outcome = judged(&record.outcome, 0, &[true; 8]);
            }
        }
        let settings = Settings { seed, ..settings.clone() };
        let pairs = pair(&a, &b);
        let half = tested(Split::HeldOut, &of_half(Split::HeldOut, &pairs), LABELS, &settings);
        let whole = compare(&a, &b, LABELS, settings.clone(), true).unwrap();
        assert_eq!(half.movers, whole.held_out.movers);
        if says_something(&whole) {
            said += 1;
            // A sampled chance that lies near the bar may fall on either side of it.
            let near = (half.overall.score.p_corrected - 0.05).abs() < 0.02;
            assert!(near || named(&a, &b, &settings).anything > 0, "seed {seed}: {:?}", whole.held_out.movers);
        }
    }
    assert!(said >= 18, "{said} of the 20 with a difference");
}

/// The p-values that luck works with are those of the tests, line by line.
#[test]
fn luck_looks_at_what_is_tested() {
    for lucky in Luckiness::ALL {
        let (a, b) = equals(30, lucky, 5);
        let pairs = pair(&a, &b);
        let pairs = of_half(Split::HeldOut, &pairs);
        let settings = Settings { resamples: 20_000, ..Settings::default() };
        let half = tested(Split::HeldOut, &pairs, LABELS, &settings);
        let groups = || half.categories.iter();
        let measured = half.criteria.iter().map(|(_, test)| test.p);
        let mut theirs: Vec<f64> = [half.overall.score.p, half.overall.pass.p].to_vec();
        theirs.extend(groups().flat_map(|group| [group.score.p, group.pass.p]));
        theirs.extend(measured.chain(half.checks.values().map(|test| test.p)));
        theirs.extend(half.reference_nll.iter().map(|test| test.p));
        let (lines, units) = lines(&pairs, &settings);
        assert_eq!(lines.len(), theirs.len(), "{lucky:?}");
        for (line, p) in lines.iter().zip(theirs) {
            // Twenty thousand sampled patterns on one side at least: five standard errors of a difference.
            let bound = 5.0 * (2.0 * p * (1.0 - p) / 20_000.0).sqrt() + 1e-4;
            assert!((line.as_it_is(units) - p).abs() <= bound, "{lucky:?}, {:?}: {p}", line.kind);
        }
    }
}

/// Swaps of one user's own results: calibrated, whatever these results are, and the same every time.
#[test]
fn luck_is_as_rare_as_promised_on_any_results() {
    let settings = Settings { resamples: 2000, ..Settings::default() };
    let (a, mut b) = equals(60, Luckiness::Answers, 3);
    for record in &mut b.records {
        record.outcome = judged(&record.outcome, 0, &[true; 8]);
    }
    let pairs = pair(&a, &b);
    let pairs = of_half(Split::HeldOut, &pairs);
    let with = |seed| luck(&pairs, &Settings { seed, ..settings.clone() }).unwrap();
    assert_eq!(with(1), with(1));
    // Six times a thousand swaps: four in a hundred name the whole, within three standard errors.
    let found: Vec<Luck> = (0..6).map(with).collect();
    let sum = |of: fn(&Luck) -> usize| found.iter().map(of).sum::<usize>();
    assert_eq!(sum(|luck| luck.swaps), 6000);
    assert!((240 - 60..=240 + 60).contains(&sum(|luck| luck.headline)), "{found:?}");
    assert!(sum(|luck| luck.anything) <= 300 + 60, "{found:?}");
    assert!(found.iter().all(|luck| luck.anything >= luck.headline.max(luck.checks)));
    assert_eq!(luck(&[], &settings), None);
}

/// The rule before: a check is named when its count moved by six or more.
fn named_before(a: &Run, b: &Run) -> bool {
    let (a, b) = (crate::tally::cases(a), crate::tally::cases(b));
    let checks = |cases: &[crate::tally::CaseTally<'_>]| crate::tally::checks(&cases.iter().collect::<Vec<_>>());
    let (a, b) = (checks(&a), checks(&b));
    a.iter().any(|(name, trial)| b.get(name).is_some_and(|other| trial.passed.abs_diff(other.passed) >= 6))
}

#[test]
#[ignore = "many minutes of simulation, for docs/log.md"]
fn figures_in_full() {
    let settings = Settings::default();
    for n in [40, 160, 400] {
        for lucky in Luckiness::ALL {
            let rounds = 1000;
            let sum = shares(n, lucky, rounds, &settings);
            let before = (0..rounds).into_par_iter().filter(|seed| {
                let (a, b) = equals(n, lucky, *seed);
                named_before(&a, &b)
            });
            let before = before.count();
            let share = |n: usize| format!("{:.1} %", 100.0 * n as f64 / rounds as f64);
            println!(
                "{lucky:?}, n = {n:>3}: anything {} (headline {}, passes {}, categories {}, criteria {}, checks {}); \
                 checks by the rule before {}",
                share(sum.anything),
                share(sum.headline),
                share(sum.passes),
                share(sum.categories),
                share(sum.criteria),
                share(sum.checks),
                share(before)
            );
        }
    }
}

/// How often a check that every case has is named when the newer version loses it in some of the cases that passed it.
fn found(n: usize, loss: f64, rounds: u64) -> f64 {
    let found = (0..rounds).into_par_iter().filter(|seed| {
        let (a, mut b) = equals(n, Luckiness::Answers, *seed);
        let mut random = ChaCha8Rng::seed_from_u64(*seed);
        for record in &mut b.records {
            let Outcome::Judged { verdicts, .. } = &mut record.outcome else { continue };
            if verdicts[0].verdict.passed() && random.random::<f64>() < loss {
                verdicts[0].verdict = Verdict::fail("");
            }
        }
        let pairs = pair(&a, &b);
        let pairs = of_half(Split::HeldOut, &pairs);
        let settings = Settings { resamples: 1000, seed: *seed, ..Settings::default() };
        let half = tested(Split::HeldOut, &pairs, LABELS, &settings);
        half.movers.iter().any(|mover| mover.name == "check 00" && !mover.better)
    });
    found.count() as f64 / rounds as f64
}

#[test]
#[ignore = "minutes of simulation, for docs/log.md"]
fn losses_found() {
    for n in [40, 160, 400] {
        let shares = [0.2, 0.4, 0.6].map(|loss| format!("{:.0} %", 100.0 * found(n, loss, 200)));
        println!(
            "n = {n:>3}: a check lost in 20, 40, 60 % of the cases that passed it is named in {}",
            shares.join(", ")
        );
    }
}

#[test]
#[ignore = "a measurement, for docs/log.md"]
fn what_luck_costs() {
    let (a, b) = equals(400, Luckiness::Answers, 1);
    let started = std::time::Instant::now();
    let made = compare(&a, &b, Outcomes { a: "v1", b: "v2" }, Settings::default(), true).unwrap();
    println!("a comparison of 400 cases: {:.2} s", started.elapsed().as_secs_f64());
    let pairs = pair(&a, &b);
    let pairs = of_half(Split::HeldOut, &pairs);
    let started = std::time::Instant::now();
    let found = luck(&pairs, &Settings::default());
    println!("of which luck: {:.2} s, {found:?}", started.elapsed().as_secs_f64());
    assert_eq!(made.held_out.luck, found);
}
