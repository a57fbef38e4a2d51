//! What a comparison of this size can show, so that "no evidence" is not read as "no difference".

use super::comparison::Power;
use super::exact::unseen_share;
use super::interval::{Scale, t_quantile};
use super::sample::Sample;

/// The chance with which a true difference of the minimum detectable size shows.
const POWER: f64 = 0.8;

/// By formula, not by simulation: a difference of (t₁₋α⁄₂ + t₀.₈)·SE is found with 80 % power by a two-sided paired
/// test at level α, t with C − 1 degrees of freedom for C independent units (Bloom, *Minimum detectable effects*,
/// Evaluation Review 19, 1995; Miller 2024, §5). SE is the observed one, clusters kept whole. Against the exact
/// noncentral t it is off by less than 4 % from 6 units on. The interval must leave out 0 besides, although a share q of
/// the units may have been missed that go all the other way: that takes a mean of q/(1 − q), and t₀.₈·SE to reach it
/// four times in five.
///
/// Nothing can be said with fewer than two units, when they all differ alike, and when no score is far enough from
/// another for so few.
pub(super) fn power(sample: &Sample, confidence: f64, scale: Scale) -> Power {
    let units = sample.units.len();
    let nothing = Power { minimum_detectable: None, cases_for_half: None };
    let Some(error) = sample.standard_error().filter(|e| *e > 1e-12) else { return nothing };
    // The spread of one unit, as if all units were alike.
    let spread = error * (units as f64).sqrt();
    let minimum_of = |units| minimum_of(units, spread, confidence, scale);
    let minimum = minimum_of(units);
    if minimum > scale.high {
        return nothing;
    }
    let enough = |n: usize| minimum_of(n) <= minimum / 2.0;
    let needed = first_that(enough, units).map(|n| (n as f64 * sample.cases as f64 / units as f64).ceil() as usize);
    Power { minimum_detectable: Some(minimum), cases_for_half: needed }
}

/// The least difference in score that `units` of this spread show four times in five.
pub(super) fn minimum_of(units: usize, spread: f64, confidence: f64, scale: Scale) -> f64 {
    let freedom = units as f64 - 1.0;
    let error = spread / (units as f64).sqrt();
    let by_chance = t_quantile(0.5 + confidence / 2.0, freedom) * error;
    // What was missed may lie anywhere between the ends of a scale, but nowhere near the ends of an open one.
    let missed = if scale.open { 0.0 } else { unseen_share(units, confidence) };
    by_chance.max(missed / (1.0 - missed)) + t_quantile(POWER, freedom) * error
}

/// The least number above `from` for which `enough` holds; it holds for every greater one.
fn first_that(enough: impl Fn(usize) -> bool, from: usize) -> Option<usize> {
    // Half the effect needs about four times the units, fewer when the t of a tiny sample shrinks: 64 is ample.
    let (mut low, mut high) = (from, from.checked_mul(64)?);
    if !enough(high) {
        return None;
    }
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if enough(middle) { high = middle } else { low = middle }
    }
    Some(high)
}

#[cfg(test)]
mod tests {
    use super::super::oracle::{cases, number, numbers};
    use super::super::sample::Observation;
    use super::*;

    fn sample(differences: &[f64]) -> Sample {
        let names: Vec<String> = (0..differences.len()).map(|i| format!("{i:04}")).collect();
        let observations: Vec<_> = differences
            .iter()
            .zip(&names)
            .map(|(&b, case)| Observation { case, cluster: None, weight: 1.0, a: 0.0, b })
            .collect();
        Sample::new(&observations)
    }

    /// statsmodels solves the noncentral t exactly.
    #[test]
    fn minimum_detectable_agrees_with_statsmodels_within_four_per_cent() {
        for case in cases("power") {
            let ours = power(&sample(&numbers(&case, "differences")), 0.95, Scale::SCORE);
            let (minimum, needed) = (ours.minimum_detectable.unwrap(), ours.cases_for_half.unwrap());
            let (exact, exactly) = (number(&case, "minimum_detectable"), number(&case, "cases_for_half"));
            assert!((minimum / exact - 1.0).abs() < 0.04, "{minimum} against {exact}");
            assert!((needed as f64 / exactly - 1.0).abs() < 0.12, "{needed} against {exactly}");
        }
    }

    #[test]
    fn no_spread_no_claim() {
        for differences in [&[][..], &[0.3], &[0.0, 0.0], &[0.25, 0.25, 0.25]] {
            assert_eq!(power(&sample(differences), 0.95, Scale::SCORE).minimum_detectable, None);
            assert_eq!(power(&sample(differences), 0.95, Scale::SCORE).cases_for_half, None);
        }
    }

    #[test]
    fn so_few_that_no_difference_shows_make_no_claim() {
        assert_eq!(power(&sample(&[0.0, 1.0]), 0.95, Scale::SCORE).minimum_detectable, None);
        // The spread is next to nothing; what six units may have missed is not.
        assert!(
            power(&sample(&[0.0, 0.0, 0.0, 0.0, 0.0, 0.001]), 0.95, Scale::SCORE).minimum_detectable.unwrap() > 0.8
        );
    }
}
