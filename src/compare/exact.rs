//! What so few units can show at all, by the exact binomial: the bounds that a resample of the units themselves cannot
//! know of, since it holds nothing that was not seen.

use crate::tally::Interval;
use statrs::distribution::{Beta, Continuous, ContinuousCDF};

/// A unit's weighted sum of some measure, and its weight.
pub(super) type Part = (f64, f64);

/// The fewest independent units of which any outcome is rare enough for a two-sided sign-flip test: the most telling
/// one, all n to one side, has p = 2·2⁻ⁿ. 6 at 95 %.
pub(crate) fn fewest_units(confidence: f64) -> usize {
    let rare = |n: &usize| 2.0 * 0.5f64.powi(*n as i32) <= 1.0 - confidence + 1e-12;
    (1..=64).find(rare).unwrap_or(64)
}

/// The largest share of all units that `units` draws may have missed, at the level of one end of a two-sided interval:
/// where it is q, none of n is drawn with probability (1 − q)ⁿ, so q = 1 − (α/2)^(1/n), about 3.7/n at 95 % (Clopper &
/// Pearson, *Biometrika* 26, 1934, at 0 of n; Hanley & Lippman-Hand, *JAMA* 249, 1983). 1 without units.
pub(crate) fn unseen_share(units: usize, confidence: f64) -> f64 {
    -(((1.0 - confidence) / 2.0).ln() / units as f64).exp_m1()
}

/// How many units must all be alike to show that a share of at most `share` is otherwise. `None` for a share of 0.
pub(super) fn units_to_rule_out(share: f64, confidence: f64) -> Option<usize> {
    let units = (((1.0 - confidence) / 2.0).ln() / (-share).ln_1p()).ceil();
    (share > 0.0 && units.is_finite()).then_some(units as usize)
}

/// Clopper and Pearson's upper end for the share of units of a kind, `seen` of which are among `units`; below `units`.
fn greatest_share(seen: usize, units: usize, confidence: f64) -> f64 {
    let Some(beta) = (seen > 0).then(|| Beta::new(seen as f64 + 1.0, (units - seen) as f64).ok()).flatten() else {
        return unseen_share(units, confidence);
    };
    let level = 0.5 + confidence / 2.0;
    // The library's inverse is good to eight digits or so; Newton's steps make the rest.
    (0..2).fold(beta.inverse_cdf(level), |x, _| (x - (beta.cdf(x) - level) / beta.pdf(x)).clamp(0.0, 1.0))
}

/// The means that the units support: however they are cut in two at some value, the share of all units above the cut
/// is known no better than an exact binomial interval says, and above the highest and below the lowest there may be
/// units that none of the sample is like. The end of a scale stands for these; on an `open` one, which has no end, they
/// are taken to lie no further than the furthest seen, unless nothing differs and nothing is known of any distance.
///
/// For measures with two values this is Clopper and Pearson's interval, and for units all alike the bound of
/// [`unseen_share`]. An unseen unit weighs as much as the others do on average.
pub(super) fn supported(units: &[Part], limits: Interval, open: bool, confidence: f64) -> Interval {
    let turned: Vec<Part> = units.iter().map(|(sum, weight)| (-sum, *weight)).collect();
    Interval {
        low: -highest(&turned, -limits.low, open, confidence),
        high: highest(units, limits.high, open, confidence),
    }
}

fn highest(units: &[Part], limit: f64, open: bool, confidence: f64) -> f64 {
    let value = |part: &Part| part.0 / part.1;
    let differ = |higher: &Part, lower: &Part| value(higher) - value(lower) > 1e-12;
    let mut units = units.to_vec();
    units.sort_by(|x, y| value(y).total_cmp(&value(x)));
    let (Some(first), Some(last)) = (units.first(), units.last()) else { return limit };
    let whole = units.iter().fold((0.0, 0.0), add);
    let limit = if open && differ(first, last) { value(first) } else { limit };
    let mut best = value(&whole) + unseen_share(units.len(), confidence) * (limit - value(&whole));
    let mut above = (0.0, 0.0);
    for (seen, pair) in (1..).zip(units.windows(2)) {
        let [one, next] = pair else { unreachable!("a window of two") };
        above = add(above, one);
        if !differ(one, next) {
            continue;
        }
        let below = (whole.0 - above.0, whole.1 - above.1);
        let share = greatest_share(seen, units.len(), confidence);
        // Shares are of units; means go by weight.
        let times = (share / seen as f64, (1.0 - share) / (units.len() - seen) as f64);
        let moved = (times.0 * above.0 + times.1 * below.0, times.0 * above.1 + times.1 * below.1);
        best = best.max(value(&moved));
    }
    best
}

fn add(sum: Part, part: &Part) -> Part {
    (sum.0 + part.0, sum.1 + part.1)
}

#[cfg(test)]
mod tests {
    use super::super::oracle::{cases, close, number, numbers};
    use super::*;

    const SCORES: Interval = Interval { low: -1.0, high: 1.0 };

    fn all(values: &[f64]) -> Vec<Part> {
        values.iter().map(|value| (*value, 1.0)).collect()
    }

    #[test]
    fn shares_agree_with_scipy() {
        for case in cases("clopper_pearson") {
            let [seen, units] = ["seen", "units"].map(|name| number(&case, name) as usize);
            let confidence = number(&case, "confidence");
            close(greatest_share(seen, units, confidence), number(&case, "high"), 1e-9);
        }
    }

    #[test]
    fn supported_means_agree_with_scipy() {
        for case in cases("supported") {
            let [values, weights] = ["values", "weights"].map(|name| numbers(&case, name));
            let units: Vec<Part> = values.iter().zip(weights).map(|(value, weight)| (value * weight, weight)).collect();
            let limits = Interval { low: number(&case, "least"), high: number(&case, "most") };
            let open = case["open"].as_bool().unwrap();
            let found = supported(&units, limits, open, number(&case, "confidence"));
            close(found.low, number(&case, "low"), 1e-9);
            close(found.high, number(&case, "high"), 1e-9);
        }
    }

    #[test]
    fn ties_support_the_rule_of_three() {
        let found = supported(&all(&[0.0; 20]), SCORES, false, 0.95);
        close(found.high, 1.0 - 0.025f64.powf(1.0 / 20.0), 1e-15);
        assert_eq!(found.low, -found.high);
        assert!((3.6..3.7).contains(&(1000.0 * unseen_share(1000, 0.95))));
    }

    #[test]
    fn on_an_open_scale_what_was_seen_bounds_what_was_not() {
        let nats = Interval { low: -20.0, high: 20.0 };
        let differing = supported(&all(&[0.1, 0.2, 0.3, 0.2]), nats, true, 0.95);
        assert!(differing.high < 0.3 && differing.low > 0.1, "{differing:?}");
        assert!(supported(&all(&[0.1; 4]), nats, true, 0.95).high > 10.0);
    }

    #[test]
    fn the_fewest_units_follow_from_the_confidence() {
        assert_eq!([0.5, 0.8, 0.9, 0.95, 0.99].map(fewest_units), [2, 4, 5, 6, 8]);
    }

    #[test]
    fn as_many_ties_as_it_says_rule_a_share_out() {
        for share in [0.02, 0.03, 0.2] {
            let units = units_to_rule_out(share, 0.95).unwrap();
            assert!(unseen_share(units, 0.95) <= share && unseen_share(units - 1, 0.95) > share);
        }
        assert_eq!(units_to_rule_out(0.0, 0.95), None);
    }
}
