//! Tests and intervals that hold whenever asking stops.
//!
//! Who looks after every few cases and stops when a fixed-size test says what they hoped for, finds something sooner or
//! later. What stands here may be looked at after every case: the chance that it is *ever* wrong is bounded.

use super::comparison::{Mean, ScoreTest};
use super::exact::supported;
use super::interval::{Scale, widened_tail};
use super::sample::{Sample, Unit};
use super::settings::Settings;
use crate::tally::Interval;
use statrs::distribution::{ContinuousCDF, Normal};

/// Nothing is decided before so many independent units: with fewer, intervals of skewed data miss too often
/// (`sequence_tests.rs`).
pub const FIRST_LOOK: usize = 20;

/// How hard to bet that a unit goes the expected way, in standard deviations of what came before. No single stake suits
/// both large and small differences, so all are laid at once, each with an equal share.
const STAKES: [f64; 5] = [0.1, 0.2, 0.4, 0.8, 1.6];

/// The number of units at which the interval is made to be narrowest; it holds at any other as well.
const TIGHTEST_AT: f64 = 40.0;

/// Two-sided p of units in the order of asking: were the versions equally good, the chance that it would ever have
/// fallen so low is at most p (Ville 1939).
///
/// Under equal versions the sign of each difference is a fair coin, whatever its size. So with a stake `c` the capital
/// ∏ exp(c·z)/cosh(c·z) of a bet on one direction grows on average by nothing, where z is the difference over the root
/// mean square of all up to it; it may be read at any time as the inverse of a p-value (de la Peña, *A general class of
/// exponential inequalities for martingales and ratios*, Annals of Probability 27, 1999; Ramdas, Grünwald, Vovk & Shafer,
/// *Game-theoretic statistics and safe anytime-valid inference*, Statistical Science 38, 2023).
pub(super) fn p(differences: &[f64]) -> f64 {
    let opposite: Vec<f64> = differences.iter().map(|d| -d).collect();
    let capital = greatest_capital(differences).max(greatest_capital(&opposite));
    // Half of the money is on either direction.
    (2.0 * (-capital).exp()).min(1.0)
}

/// Logarithm of the most that bets on differences above 0 ever came to.
fn greatest_capital(differences: &[f64]) -> f64 {
    let mut capital = [0.0; STAKES.len()];
    let (mut squares, mut most) = (0.0, 0.0f64);
    for (count, difference) in (1..).zip(differences) {
        squares += difference * difference;
        if squares == 0.0 {
            continue;
        }
        let z = difference / (squares / f64::from(count)).sqrt();
        for (capital, stake) in capital.iter_mut().zip(STAKES) {
            // ln cosh x without an overflow.
            let x = (stake * z).abs();
            *capital += stake * z - (x + (-2.0 * x).exp().ln_1p() - std::f64::consts::LN_2);
        }
        let largest = capital.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mean = capital.iter().map(|c| (c - largest).exp()).sum::<f64>() / STAKES.len() as f64;
        most = most.max(largest + mean.ln());
    }
    most
}

/// The difference and both means of units in the order of asking, with [`p`] and intervals that hold whenever asking
/// stops; `None` without cases.
pub(super) fn score_test(sample: &Sample, scale: Scale, settings: &Settings) -> Option<ScoreTest> {
    let means = sample.means()?;
    let mean = |of: fn(&Unit) -> f64, mean: f64, limits: Interval| {
        let units: Vec<_> = sample.units.iter().map(|unit| (of(unit), unit.weight)).collect();
        Mean { mean, interval: interval(&units, limits, scale.open, settings.confidence) }
    };
    let p = p(&sample.differences());
    Some(ScoreTest {
        cases: sample.cases,
        a: mean(|unit| unit.a, means.a, scale.whole()),
        b: mean(|unit| unit.b, means.b, scale.whole()),
        difference: mean(|unit| unit.b - unit.a, means.difference, scale.of_differences()),
        p,
        p_corrected: p,
        exact: true,
    })
}

/// What is common to the confidence sequence's intervals after each unit from the first look on: a mean that lies outside
/// any of them is ruled out for good. `units` are weighted sums with their weights, in the order of asking.
///
/// Each is the asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas (*Time-uniform central
/// limit theory and asymptotic confidence sequences*, Annals of Statistics 52, 2024, theorem 2.2), widened as a bootstrap
/// of so few is ([`widened_tail`]), and never narrower than what so many units support by the exact binomial.
fn interval(units: &[(f64, f64)], limits: Interval, open: bool, confidence: f64) -> Interval {
    let mut common = limits;
    for count in FIRST_LOOK..=units.len() {
        let seen = &units[..count];
        let (mean, error) = mean_and_error(seen);
        let half = width(count, confidence) * error;
        let supported = supported(seen, limits, open, confidence);
        common.low = common.low.max((mean - half).min(supported.low));
        common.high = common.high.min((mean + half).max(supported.high));
    }
    let (mean, _) = mean_and_error(units);
    Interval { low: common.low.min(mean), high: common.high.max(mean) }
}

/// The weighted mean, and its standard error as a ratio of sums over units ([`Sample::standard_error`]).
fn mean_and_error(units: &[(f64, f64)]) -> (f64, f64) {
    let count = units.len() as f64;
    let (sum, weight) = units.iter().fold((0.0, 0.0), |(s, w), (sum, weight)| (s + sum, w + weight));
    let mean = sum / weight;
    let squares: f64 = units.iter().map(|(sum, weight)| (sum - weight * mean).powi(2)).sum();
    (mean, (count / (count - 1.0) * squares).sqrt() / weight)
}

/// How many standard errors an interval after `count` units reaches to either side.
fn width(count: usize, confidence: f64) -> f64 {
    let error = 1.0 - confidence;
    let count_f = count as f64;
    // The choice of ρ² that is narrowest at a given number of units, as there (appendix B.2).
    let rho_squared = (-2.0 * error.ln() + (-2.0 * error.ln() + 1.0).ln()) / TIGHTEST_AT;
    let spread = count_f * rho_squared + 1.0;
    let boundary = (2.0 * spread / (count_f * rho_squared) * (spread.sqrt() / error).ln()).sqrt();
    let normal = Normal::standard();
    let few = normal.inverse_cdf(widened_tail(count, confidence)) / normal.inverse_cdf(error / 2.0);
    boundary * few
}
