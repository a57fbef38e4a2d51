//! Does stopping whenever it suits keep the error where it is promised?
//!
//! `cargo test --lib sequence` runs it small; the figures of docs/log.md come from
//! `cargo test --release --lib sequence_in_full -- --ignored --nocapture`.

use super::comparison::{Finding, ScoreTest};
use super::coverage::{DEGENERATE, ORDINARY, Population};
use super::family::HEADLINE;
use super::group::score_test;
use super::order::place;
use super::permutation::sign_flip;
use super::sample::{Observation, Sample};
use super::sequence::{FIRST_LOOK, p};
use super::settings::Settings;
use super::verdict::finding;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Shares of simulated comparisons that may be looked at after every unit.
#[derive(Debug, Default)]
struct Figures {
    /// The interval left out the true mean at some look.
    missed: f64,
    /// A difference was claimed at some look …
    claimed: f64,
    /// … and it lies the other way, or there is none.
    claimed_falsely: f64,
    /// Units asked until anything was settled, on average.
    asked: f64,
    /// How wide the last interval is, on average.
    width: f64,
}

/// What was ruled out or found once stays so: the last look tells of all before it.
fn simulate(population: &Population, units: usize, rounds: usize) -> Figures {
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let settings = Settings { anytime: true, ..Settings::default() };
    let (truth, each) = (population.mean(), 1.0 / rounds as f64);
    let share = |happened: bool| if happened { each } else { 0.0 };
    let mut figures = Figures::default();
    for _ in 0..rounds {
        let whole = population.sample(units, true, &mut random);
        let look = |count: usize| {
            let sample = Sample { units: whole.units[..count].to_vec(), cases: count };
            let test = score_test(&sample, population.scale, &settings).unwrap();
            let test = ScoreTest { p_corrected: test.p / HEADLINE, ..test };
            (finding(&test, count, settings.negligible, &settings), test.difference.interval)
        };
        let (found, interval) = look(units);
        let counts: Vec<usize> = (FIRST_LOOK..=units).collect();
        let asked = counts.partition_point(|count| look(*count).0 == Finding::TooFewCases);
        figures.missed += share(!(interval.low - 1e-9..=interval.high + 1e-9).contains(&truth));
        figures.claimed += share(matches!(found, Finding::Improved | Finding::Regressed));
        figures.claimed_falsely += share(match found {
            Finding::Improved => truth < 1e-9,
            Finding::Regressed => truth > -1e-9,
            _ => false,
        });
        figures.asked += each * counts.get(asked).copied().unwrap_or(units) as f64;
        figures.width += each * (interval.high - interval.low);
    }
    figures
}

/// How often a fixed-size test finds a difference where there is none, looked at after every fourth unit.
fn peeking(population: &Population, units: usize, rounds: usize) -> f64 {
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let settings = Settings { resamples: 400, ..Settings::default() };
    let found = (0..rounds).filter(|_| {
        let differences = population.sample(units, true, &mut random).differences();
        let beyond = |count: usize| sign_flip(&differences[..count], &settings).p / HEADLINE <= 0.05;
        (FIRST_LOOK..=units).step_by(4).any(beyond)
    });
    found.count() as f64 / rounds as f64
}

/// Nominal, with three standard errors of so many rounds.
#[test]
fn whoever_stops_when_it_suits_claims_no_more_than_promised() {
    let rounds = 50u32;
    let slack = 3.0 * (0.95f64 * 0.05 / f64::from(rounds)).sqrt();
    for population in ORDINARY.iter().chain(DEGENERATE) {
        let figures = simulate(population, 40, rounds as usize);
        assert!(figures.claimed_falsely <= 0.05, "{}: {figures:?}", population.name);
        assert!(figures.missed <= 0.05 + slack, "{}: {figures:?}", population.name);
        assert!(figures.width > 1e-3, "{}: {figures:?}", population.name);
    }
}

/// What all this is for.
#[test]
fn a_fixed_test_that_is_looked_at_again_and_again_claims_too_much() {
    let (peeked, ours) = (peeking(&ORDINARY[0], 80, 60), simulate(&ORDINARY[0], 80, 60));
    assert!(peeked > 0.08 && ours.claimed_falsely <= 0.05, "{peeked} {ours:?}");
}

#[test]
fn a_clear_difference_stops_the_asking_early() {
    let figures = simulate(&ORDINARY[6], 120, 30);
    assert!(figures.claimed > 0.7 && figures.asked < 100.0, "{figures:?}");
}

#[test]
fn p_is_that_of_the_capital_by_hand() {
    // One unit: z is 1 whatever its size, and five stakes won exp(c)/cosh(c) each.
    let won: f64 = [0.1f64, 0.2, 0.4, 0.8, 1.6].iter().map(|c| c.exp() / c.cosh()).sum::<f64>() / 5.0;
    assert!((p(&[0.3]) - (2.0 / won).min(1.0)).abs() < 1e-12);
    let ten: f64 = [0.1f64, 0.2, 0.4, 0.8, 1.6].iter().map(|c| (c.exp() / c.cosh()).powi(10)).sum::<f64>() / 5.0;
    assert!((p(&[-7.0; 10]) - 2.0 / ten).abs() < 1e-12);
    assert!((p(&[-7.0; 10]) - p(&[7.0; 10])).abs() < 1e-15);
    assert_eq!((p(&[]), p(&[0.0; 50])), (1.0, 1.0));
}

/// Ties change neither capital nor scale beyond what they are: no evidence.
#[test]
fn p_never_rises_while_asking_goes_on() {
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let differences: Vec<f64> = (0..200).map(|_| random.random_range(-1.0..1.2)).collect();
    let chances: Vec<f64> = (1..=200).map(|count| p(&differences[..count])).collect();
    assert!(chances.windows(2).all(|pair| pair[1] <= pair[0]), "{chances:?}");
}

/// The order of asking is that of the analysis, hangs on the seed, and keeps a cluster together.
#[test]
fn units_stand_in_the_order_of_asking() {
    let names: Vec<String> = (0..30).map(|i| format!("case-{i}")).collect();
    let observations: Vec<Observation> = (0..30)
        .map(|i| Observation { case: &names[i], cluster: (i < 4).then_some("c"), weight: 1.0, a: 0.0, b: i as f64 })
        .collect();
    let order = |seed| {
        let settings = Settings { anytime: true, seed, ..Settings::default() };
        Sample::of(&observations, &settings).units.iter().map(|unit| unit.b).collect::<Vec<_>>()
    };
    let mut places: Vec<(String, f64)> = observations[4..].iter().map(|o| (place(7, None, o.case), o.b)).collect();
    places.push((place(7, Some("c"), ""), 0.0 + 1.0 + 2.0 + 3.0));
    places.sort_by(|x, y| x.0.cmp(&y.0));
    assert_eq!(order(7), places.into_iter().map(|(_, sum)| sum).collect::<Vec<_>>());
    assert_ne!(order(7), order(8));
}

#[test]
#[ignore = "minutes of simulation, for docs/log.md"]
fn sequence_in_full() {
    for population in ORDINARY.iter().chain(DEGENERATE) {
        for units in [40, 120] {
            let f = simulate(population, units, 500);
            println!(
                "{:<30} n = {units:>3}: misses {:.3}, claims {:.3}, falsely {:.3}, asks {:.1}, width {:.3}",
                population.name, f.missed, f.claimed, f.claimed_falsely, f.asked, f.width
            );
        }
    }
    for units in [40, 120] {
        println!("a fixed test, peeking, n = {units}: {:.3} falsely", peeking(&ORDINARY[0], units, 500));
    }
}
