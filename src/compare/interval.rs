//! The bootstrap's interval of a mean.

use super::exact::supported;
use super::sample::{Means, Sample, Unit, means};
use super::settings::Settings;
use crate::tally::Interval;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

/// The values a measure can take. With a single unit nothing is known about its spread, so the interval is all of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale {
    pub low: f64,
    pub high: f64,
    /// Its ends lie beyond anything that a measure comes near, so they tell nothing of a unit that was not seen.
    pub open: bool,
}

impl Scale {
    pub const SCORE: Scale = Scale { low: 0.0, high: 1.0, open: false };
    /// The rubric's points.
    pub const POINTS: Scale = Scale { low: 1.0, high: 5.0, open: false };
    /// Negative log-likelihood per token, in nats. It has no greatest value; a token drawn evenly from a vocabulary of
    /// a million costs 13.8, so nothing a model is used for lies above 20.
    pub const NATS: Scale = Scale { low: 0.0, high: 20.0, open: true };

    /// By how many nats a token one text is preferred to others.
    pub const MARGIN: Scale = Scale { low: -20.0, high: 20.0, open: true };

    pub fn whole(self) -> Interval {
        Interval { low: self.low, high: self.high }
    }

    pub fn of_differences(self) -> Interval {
        Interval { low: self.low - self.high, high: self.high - self.low }
    }
}

/// Intervals of both means and of their difference, from the same resamples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Intervals {
    pub a: Interval,
    pub b: Interval,
    pub difference: Interval,
}

/// Percentile bootstrap over units (clusters, where cases have them), with the tails widened for small samples
/// (Efron & Tibshirani 1993, ch. 13; Hesterberg, *What Teachers Should Know About the Bootstrap*, 2015, §4.2: the
/// percentiles are Φ(∓t·√(n/(n−1))) instead of Φ(∓z), which undoes that a resample spreads too little and that the
/// spread itself is estimated), and never narrower than what so many units support by the exact binomial
/// ([`supported`]): a resample cannot hold what the sample missed, so of units all alike it would say that they are
/// all there is.
///
/// Chosen by simulation (`coverage.rs`): the percentiles cover better at n = 15 to 60 than plain ones and than BCa,
/// whose corrections are themselves noise on so few lumpy values; with the exact bound they cover data that nearly all
/// tie, where every bootstrap fails, and ordinary samples of 30 and more stay about as wide as they were.
///
/// Every interval starts from the recorded seed, so no result depends on which others were asked for.
/// `None` without cases.
pub(crate) fn bootstrap(sample: &Sample, scale: Scale, settings: &Settings) -> Option<(Means, Intervals)> {
    let point = sample.means()?;
    let (whole, difference) = (scale.whole(), scale.of_differences());
    if sample.units.len() < 2 {
        let around = |limits, x| bounded(limits, x, limits);
        let (a, b) = (around(whole, point.a), around(whole, point.b));
        return Some((point, Intervals { a, b, difference: around(difference, point.difference) }));
    }
    let resampled = resampled(sample, point, settings);
    let widened = |resampled: Interval, of: fn(&Unit) -> f64, point: f64, limits: Interval| {
        let units: Vec<_> = sample.units.iter().map(|unit| (of(unit), unit.weight)).collect();
        let supported = supported(&units, limits, scale.open, settings.confidence);
        let both = Interval { low: resampled.low.min(supported.low), high: resampled.high.max(supported.high) };
        bounded(both, point, limits)
    };
    let intervals = Intervals {
        a: widened(resampled.a, |unit| unit.a, point.a, whole),
        b: widened(resampled.b, |unit| unit.b, point.b, whole),
        difference: widened(resampled.difference, |unit| unit.b - unit.a, point.difference, difference),
    };
    Some((point, intervals))
}

/// The percentiles of the means of samples drawn anew from two units or more.
pub(super) fn resampled(sample: &Sample, point: Means, settings: &Settings) -> Intervals {
    let count = sample.units.len();
    let mut random = ChaCha8Rng::seed_from_u64(settings.seed);
    let (mut a, mut b, mut difference) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..settings.resamples {
        let drawn = (0..count).filter_map(|_| sample.units.get(random.random_range(0..count)));
        let resample = means(drawn).unwrap_or(point);
        a.push(resample.a);
        b.push(resample.b);
        difference.push(resample.difference);
    }
    let tail = widened_tail(count, settings.confidence);
    Intervals {
        a: percentiles(&mut a, tail),
        b: percentiles(&mut b, tail),
        difference: percentiles(&mut difference, tail),
    }
}

/// The share of resamples below the interval: Φ(−t·√(n/(n−1))), t with n − 1 degrees of freedom.
pub(crate) fn widened_tail(count: usize, confidence: f64) -> f64 {
    let n = count as f64;
    let t = t_quantile(0.5 + confidence / 2.0, n - 1.0);
    Normal::standard().cdf(-t * (n / (n - 1.0)).sqrt())
}

/// Student's t quantile; beyond all bounds when the degrees of freedom are not positive.
pub(super) fn t_quantile(p: f64, freedom: f64) -> f64 {
    StudentsT::new(0.0, 1.0, freedom).map_or(f64::INFINITY, |t| t.inverse_cdf(p))
}

/// The quantiles `tail` and 1 − `tail`, linear between order statistics. The upper one counts from the top, so that
/// turning every sign turns the interval exactly.
pub(crate) fn percentiles(values: &mut [f64], tail: f64) -> Interval {
    values.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1);
    let position = tail * last as f64;
    let (index, part) = (position.floor() as usize, position.fract());
    let between = |from: Option<&f64>, to: Option<&f64>| match (from, to) {
        (Some(from), Some(to)) => from + (to - from) * part,
        (Some(only), None) | (None, Some(only)) => *only,
        (None, None) => 0.0,
    };
    let low = between(values.get(index), values.get(index + 1));
    let high = between(values.iter().rev().nth(index), values.iter().rev().nth(index + 1));
    Interval { low: low.min(high), high: low.max(high) }
}

/// Keeps an interval inside what is possible and around its point: rounding, or a very lopsided sample, could leave the
/// point outside.
fn bounded(interval: Interval, point: f64, limits: Interval) -> Interval {
    Interval { low: interval.low.max(limits.low).min(point), high: interval.high.min(limits.high).max(point) }
}

#[cfg(test)]
mod tests {
    use super::super::oracle::{cases, close, number, numbers};
    use super::super::sample::Observation;
    use super::*;

    fn sample(differences: &[f64]) -> Sample {
        let names: Vec<String> = (0..differences.len()).map(|i| format!("{i:04}")).collect();
        let observations: Vec<_> = differences
            .iter()
            .zip(&names)
            .map(|(&d, case)| Observation { case, cluster: None, weight: 1.0, a: 0.5 - d / 2.0, b: 0.5 + d / 2.0 })
            .collect();
        Sample::new(&observations)
    }

    /// statrs inverts the incomplete beta function to about eight digits, far more than a resampled tail can show.
    #[test]
    fn student_quantiles_agree_with_scipy() {
        for case in cases("t_quantile") {
            let t = number(&case, "t");
            close(t_quantile(number(&case, "p"), number(&case, "freedom")), t, 1e-7 * t);
        }
    }

    /// SciPy draws its own resamples: 200,000 there and here. The standard error of an estimated quantile is
    /// √(q(1−q)/N)/f; with q ≥ 0.001 and a density f near that of a normal with the bootstrap's spread it is below 1.5
    /// % of that spread (σ), so 6 % of σ bounds the difference of two by more than 2.8 standard errors at the furthest
    /// tail used, and by far more elsewhere. Lumps of the bootstrap distribution add at most one step, 1/(12 n).
    #[test]
    fn bootstrap_agrees_with_scipy_within_monte_carlo_error() {
        for case in cases("bootstrap") {
            let differences = numbers(&case, "differences");
            let settings = Settings { resamples: 200_000, seed: 11, ..Settings::default() };
            let (_, intervals) = bootstrap(&sample(&differences), Scale::SCORE, &settings).unwrap();
            let bound = 0.06 * number(&case, "spread") + 1.0 / (12.0 * differences.len() as f64);
            close(intervals.difference.low, number(&case, "low"), bound);
            close(intervals.difference.high, number(&case, "high"), bound);
        }
    }

    #[test]
    fn units_all_alike_have_an_interval_that_so_many_support() {
        let (_, intervals) = bootstrap(&sample(&[0.0; 20]), Scale::SCORE, &Settings::default()).unwrap();
        close(intervals.difference.high, 1.0 - 0.025f64.powf(1.0 / 20.0), 1e-12);
        assert_eq!(intervals.difference.low, -intervals.difference.high);
        assert!(intervals.a.high - intervals.a.low > 0.1, "{intervals:?}");
    }

    #[test]
    fn one_unit_says_nothing_about_the_difference() {
        let (means, intervals) = bootstrap(&sample(&[0.5]), Scale::SCORE, &Settings::default()).unwrap();
        assert_eq!(means.difference, 0.5);
        assert_eq!(intervals.difference, Interval { low: -1.0, high: 1.0 });
        assert!(bootstrap(&sample(&[]), Scale::SCORE, &Settings::default()).is_none());
    }

    #[test]
    fn clusters_widen_the_interval() {
        let names: Vec<String> = (0..40).map(|i| format!("{i:02}")).collect();
        let groups: Vec<String> = (0..40).map(|i| format!("source {}", i / 4)).collect();
        let differences: Vec<f64> = (0..40).map(|i| if (i / 4) % 3 == 0 { 0.5 } else { -0.1 }).collect();
        let observe = |clustered: bool| {
            let observations: Vec<_> = (0..40)
                .map(|i| Observation {
                    case: &names[i],
                    cluster: clustered.then_some(groups[i].as_str()),
                    weight: 1.0,
                    a: 0.3,
                    b: 0.3 + differences[i],
                })
                .collect();
            bootstrap(&Sample::new(&observations), Scale::SCORE, &Settings::default()).unwrap().1.difference
        };
        let (single, clustered) = (observe(false), observe(true));
        assert!(clustered.high - clustered.low > 1.5 * (single.high - single.low));
    }

    #[test]
    fn another_seed_gives_another_interval_and_the_same_seed_the_same() {
        let sample = sample(&[0.1, -0.3, 0.52, 0.2, 0.71, -0.05, 0.33, 0.21, -0.4]);
        let point = sample.means().unwrap();
        let with = |seed| resampled(&sample, point, &Settings { seed, ..Settings::default() });
        assert_eq!(with(1), with(1));
        assert_ne!(with(1), with(2));
    }
}
