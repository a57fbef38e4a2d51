//! Do the intervals hold what they promise? A simulation on differences like ours: bounded, lumpy, many of them zero.
//!
//! `cargo test --lib coverage` runs it small; the full figures of docs/log.md come from
//! `cargo test --release --lib coverage_in_full -- --ignored --nocapture`.

use super::comparison::Finding;
use super::group::score_test;
use super::interval::{Scale, resampled, widened_tail};
use super::power::minimum_of;
use super::sample::{Means, Observation, Sample, means};
use super::settings::Settings;
use super::verdict::finding;
use crate::tally::Interval;
use crate::tally::wilson;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use statrs::distribution::{Binomial, ContinuousCDF, Discrete, Normal};

/// A population of differences: values with their shares, so that its mean is known exactly.
pub(super) struct Population {
    pub name: &'static str,
    values: &'static [(f64, f64)],
    /// Cases of one cluster that share one difference, half of the time.
    cluster: usize,
    pub scale: Scale,
}

const fn scores(name: &'static str, values: &'static [(f64, f64)]) -> Population {
    Population { name, values, cluster: 1, scale: Scale::SCORE }
}

/// What suites usually give.
pub(super) const ORDINARY: &[Population] = &[
    scores(
        "no difference, 55 % ties",
        &[
            (0.0, 0.55),
            (0.25, 0.075),
            (-0.25, 0.075),
            (1.0 / 3.0, 0.06),
            (-1.0 / 3.0, 0.06),
            (0.5, 0.06),
            (-0.5, 0.06),
            (1.0, 0.03),
            (-1.0, 0.03),
        ],
    ),
    scores(
        "better, 45 % ties",
        &[
            (0.0, 0.45),
            (0.25, 0.12),
            (-0.25, 0.06),
            (1.0 / 3.0, 0.1),
            (-1.0 / 3.0, 0.05),
            (0.5, 0.08),
            (-0.5, 0.04),
            (1.0, 0.08),
            (-1.0, 0.02),
        ],
    ),
    scores("rare gains, 78 % ties", &[(0.0, 0.78), (1.0, 0.12), (-1.0 / 3.0, 0.1)]),
    scores("pass or fail only", &[(0.0, 0.6), (1.0, 0.25), (-1.0, 0.15)]),
    Population {
        name: "no difference, clusters of 3",
        values: &[(0.0, 0.5), (0.25, 0.125), (-0.25, 0.125), (0.5, 0.125), (-0.5, 0.125)],
        cluster: 3,
        scale: Scale::SCORE,
    },
    Population {
        name: "points, 65 % ties",
        values: &[(0.0, 0.65), (1.0, 0.15), (-1.0, 0.12), (2.0, 0.06), (-2.0, 0.02)],
        cluster: 1,
        scale: Scale::POINTS,
    },
    Population {
        name: "nats, skewed",
        values: &[
            (-0.2, 0.1),
            (-0.1, 0.15),
            (-0.05, 0.15),
            (0.02, 0.15),
            (0.1, 0.15),
            (0.2, 0.14),
            (0.35, 0.1),
            (0.6, 0.06),
        ],
        cluster: 1,
        scale: Scale::NATS,
    },
];

/// Units all alike or nearly so: what a sample holds is not all there is.
pub(super) const DEGENERATE: &[Population] = &[
    scores("all tie", &[(0.0, 1.0)]),
    scores("1 in 50 gains", &[(0.0, 0.98), (1.0, 0.02)]),
    scores("1 in 20 gains", &[(0.0, 0.95), (1.0, 0.05)]),
    scores("1 in 10 gains", &[(0.0, 0.9), (1.0, 0.1)]),
    scores("90 % ties, both ways", &[(0.0, 0.9), (1.0, 0.06), (-1.0, 0.04)]),
    scores("half a step, rare losses", &[(0.5, 0.95), (-1.0, 0.05)]),
    scores("small steps, rare losses", &[(0.05, 0.45), (0.1, 0.45), (-1.0, 0.1)]),
];

impl Population {
    pub fn mean(&self) -> f64 {
        self.values.iter().map(|(value, share)| value * share).sum()
    }

    fn spread(&self) -> f64 {
        self.values.iter().map(|(value, share)| value * value * share).sum::<f64>().sqrt()
    }

    fn draw(&self, random: &mut ChaCha8Rng) -> f64 {
        let mut left: f64 = random.random();
        for (value, share) in self.values {
            left -= share;
            if left < 0.0 {
                return *value;
            }
        }
        0.0
    }

    /// `units` clusters of cases, each case half of the time like the first of its cluster.
    pub fn sample(&self, units: usize, clustered: bool, random: &mut ChaCha8Rng) -> Sample {
        let mut drawn = Vec::new();
        for unit in 0..units {
            let shared = self.draw(random);
            for case in 0..self.cluster {
                let difference = if case == 0 || random.random::<bool>() { shared } else { self.draw(random) };
                drawn.push((format!("{unit:03}"), format!("{unit:03}/{case}"), difference));
            }
        }
        let observations: Vec<Observation> = drawn
            .iter()
            .map(|(cluster, case, difference)| Observation {
                case,
                cluster: clustered.then_some(cluster),
                weight: 1.0,
                a: (self.scale.low + self.scale.high - difference) / 2.0,
                b: (self.scale.low + self.scale.high + difference) / 2.0,
            })
            .collect();
        Sample::new(&observations)
    }
}

/// How often an interval holds the true mean, and how wide it is on average.
#[derive(Debug, Default, Clone, Copy)]
struct Held {
    covered: f64,
    width: f64,
}

/// Shares of simulated comparisons.
#[derive(Debug, Default)]
struct Figures {
    ours: Held,
    /// The percentiles alone, without the exact bound.
    percentiles: Held,
    /// A difference was claimed (improved or regressed).
    claimed: f64,
    /// … and it lies the other way, or there is none.
    claimed_falsely: f64,
}

fn simulate(population: &Population, units: usize, clustered: bool, rounds: usize, resamples: usize) -> Figures {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let truth = population.mean();
    let each = 1.0 / rounds as f64;
    let add = |held: &mut Held, interval: Interval| {
        held.covered += if (interval.low - 1e-9..=interval.high + 1e-9).contains(&truth) { each } else { 0.0 };
        held.width += each * (interval.high - interval.low);
    };
    let mut found = Figures::default();
    for round in 0..rounds {
        let sample = population.sample(units, clustered, &mut random);
        let settings = Settings { resamples, seed: round as u64, ..Settings::default() };
        let test = score_test(&sample, population.scale, &settings).unwrap();
        add(&mut found.ours, test.difference.interval);
        let alone = match resamples {
            FULL if units > 1 => resampled(&sample, sample.means().unwrap(), &settings).difference,
            _ => test.difference.interval,
        };
        add(&mut found.percentiles, alone);
        let wrong = match finding(&test, sample.units.len(), settings.negligible, &settings) {
            Finding::Improved => truth < 1e-9,
            Finding::Regressed => truth > -1e-9,
            _ => continue,
        };
        found.claimed += each;
        found.claimed_falsely += if wrong { each } else { 0.0 };
    }
    found
}

/// Resamples of the simulation in full; a smaller one does without the percentiles alone.
const FULL: usize = 2000;

const SIZES: [usize; 8] = [1, 2, 5, 8, 15, 20, 30, 60];

/// Small enough for every test run: nominal, less three standard errors of so many rounds.
#[test]
fn coverage_is_what_is_promised() {
    let rounds = 150u32;
    let slack = 3.0 * (0.95f64 * 0.05 / f64::from(rounds)).sqrt();
    for population in ORDINARY.iter().chain(DEGENERATE) {
        for units in SIZES {
            let figures = simulate(population, units, true, rounds as usize, 300);
            // On a scale without ends nothing bounds what a few have missed; no finding rests on so few.
            if !(population.scale.open && (2..8).contains(&units)) {
                assert!(figures.ours.covered >= 0.95 - slack, "{}, n = {units}: {figures:?}", population.name);
            }
            assert!(figures.ours.width > 1e-3, "{}, n = {units}: {figures:?}", population.name);
            assert!(figures.claimed_falsely <= 0.05 + slack, "{}, n = {units}: {figures:?}", population.name);
        }
    }
}

/// Without its clusters a clustered sample looks better known than it is.
#[test]
fn coverage_suffers_when_clusters_are_ignored() {
    let population = &ORDINARY[4];
    let (kept, ignored) = (simulate(population, 30, true, 300, 1000), simulate(population, 30, false, 300, 1000));
    assert!(kept.ours.covered > ignored.ours.covered + 0.04, "{kept:?} {ignored:?}");
}

/// A true difference of the size called detectable is found four times in five.
#[test]
fn coverage_of_power() {
    assert!((0.68..=0.92).contains(&found_at_minimum(30, 300, 1000)));
}

/// Takes a population without difference, shifts every difference by the minimum detectable effect of its true spread,
/// and counts how often the shift is found.
fn found_at_minimum(units: usize, rounds: usize, resamples: usize) -> f64 {
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let population = &ORDINARY[0];
    let shift = minimum_of(units, population.spread(), 0.95, Scale::SCORE);
    let found = (0..rounds).filter(|round| {
        let mut sample = population.sample(units, false, &mut random);
        sample.units.iter_mut().for_each(|unit| unit.b += shift);
        let settings = Settings { resamples, seed: *round as u64, ..Settings::default() };
        let test = score_test(&sample, Scale::SCORE, &settings).unwrap();
        finding(&test, units, settings.negligible, &settings) == Finding::Improved
    });
    found.count() as f64 / rounds as f64
}

/// How often three ways to make an interval from the same resamples hold the true mean: the plain percentiles, BCa
/// (Efron & Tibshirani 1993, ch. 14.3), and the widened percentiles in use.
fn rivals(population: &Population, units: usize, rounds: usize, resamples: usize) -> [f64; 3] {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let mut covered = [0usize; 3];
    for _ in 0..rounds {
        let sample = population.sample(units, true, &mut random);
        let Means { difference: point, .. } = sample.means().unwrap();
        let mut means: Vec<f64> = (0..resamples)
            .map(|_| means((0..units).map(|_| &sample.units[random.random_range(0..units)])).unwrap().difference)
            .collect();
        means.sort_by(f64::total_cmp);
        let at = |share: f64| means[(share * (resamples - 1) as f64).round() as usize];
        let holds = |low: f64, high: f64| (low - 1e-9..=high + 1e-9).contains(&population.mean());
        let (low, high) = bca_shares(&sample, &means, point);
        let tail = widened_tail(units, 0.95);
        let shares = [(0.025, 0.975), (low, high), (tail, 1.0 - tail)];
        for (count, (low, high)) in covered.iter_mut().zip(shares) {
            *count += usize::from(holds(at(low), at(high)));
        }
    }
    covered.map(|n| n as f64 / rounds as f64)
}

/// The shares of resamples at BCa's ends; ties with the point count half below it.
fn bca_shares(sample: &Sample, means_of_resamples: &[f64], point: f64) -> (f64, f64) {
    let normal = Normal::standard();
    let total = means_of_resamples.len() as f64;
    let below = means_of_resamples.iter().filter(|m| **m < point - 1e-12).count() as f64;
    let ties = means_of_resamples.iter().filter(|m| (**m - point).abs() <= 1e-12).count() as f64;
    let bias = normal.inverse_cdf(((below + ties / 2.0) / total).clamp(1.0 / total, 1.0 - 1.0 / total));
    let left_out: Vec<f64> = (0..sample.units.len())
        .map(|skip| {
            let others = sample.units.iter().enumerate().filter(|(i, _)| *i != skip);
            means(others.map(|(_, unit)| unit)).unwrap().difference
        })
        .collect();
    let centre = left_out.iter().sum::<f64>() / left_out.len() as f64;
    let squares: f64 = left_out.iter().map(|m| (centre - m).powi(2)).sum();
    let cubes: f64 = left_out.iter().map(|m| (centre - m).powi(3)).sum();
    let acceleration = if squares > 1e-24 { cubes / (6.0 * squares.powf(1.5)) } else { 0.0 };
    let share = |z: f64| normal.cdf(bias + (bias + z) / (1.0 - acceleration * (bias + z)));
    (share(-1.959_964), share(1.959_964))
}

#[test]
#[ignore = "minutes of simulation, for docs/log.md"]
fn coverage_in_full() {
    for population in ORDINARY {
        for units in [8, 15, 30, 60] {
            let [percentile, bca, widened] = rivals(population, units, 4000, FULL);
            println!(
                "{:<30} n = {units:>2}: percentile {percentile:.3}, BCa {bca:.3}, widened percentile {widened:.3}",
                population.name
            );
        }
    }
    for population in ORDINARY.iter().chain(DEGENERATE) {
        for units in SIZES {
            let f = simulate(population, units, true, 4000, FULL);
            println!(
                "{:<30} n = {units:>2}: covers {:.3} (percentiles alone {:.3}), width {:.3} ({:.3}), claims {:.3}, \
                 falsely {:.3}",
                population.name,
                f.ours.covered,
                f.percentiles.covered,
                f.ours.width,
                f.percentiles.width,
                f.claimed,
                f.claimed_falsely
            );
        }
    }
    let ignored = simulate(&ORDINARY[4], 30, false, 4000, FULL);
    println!(
        "clusters ignored, 30 clusters of 3: covers {:.3}, falsely {:.3}",
        ignored.ours.covered, ignored.claimed_falsely
    );
    for units in [15, 30, 60] {
        println!("power at the minimum detectable effect, n = {units}: {:.3}", found_at_minimum(units, 4000, FULL));
    }
}

/// How often Wilson's interval holds the true rate, for `n` cases: no simulation, but the sum over every outcome.
fn covered_by_wilson(n: usize, rate: f64) -> f64 {
    let outcomes = Binomial::new(rate, n as u64).unwrap();
    let holds = |passed: &usize| {
        let interval = wilson(*passed, n, 0.95);
        (interval.low - 1e-12..=interval.high + 1e-12).contains(&rate)
    };
    (0..=n).filter(holds).map(|passed| outcomes.pmf(passed as u64)).sum()
}

/// Mean over true rates from 5 to 95 %, and the least of them: it swings with the rate, as for every count.
#[test]
fn coverage_of_wilson() {
    for (n, mean, least) in [(8, 0.956, 0.894), (15, 0.954, 0.914), (30, 0.953, 0.922), (60, 0.951, 0.930)] {
        let covered: Vec<f64> = (50..=950).map(|i| covered_by_wilson(n, f64::from(i) / 1000.0)).collect();
        let found = (covered.iter().sum::<f64>() / covered.len() as f64, covered.iter().copied().fold(1.0, f64::min));
        assert!((found.0 - mean).abs() < 6e-4 && (found.1 - least).abs() < 6e-4, "n = {n}: {found:?}");
    }
}
