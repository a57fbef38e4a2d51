//! Reads expected values that SciPy and others gave (`tests/oracle/`), and draws the cases that are generated there.

use super::comparison::Interval;
use serde_json::Value;

/// The cases of one family of `tests/oracle/statistics.py`.
pub(super) fn cases(family: &str) -> Vec<Value> {
    family_of(include_str!("../../tests/oracle/statistics.json"), family)
}

/// One family of a file of expected values.
pub(crate) fn family_of(json: &str, family: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(json).expect("valid JSON");
    let cases = all[family].as_array().unwrap_or_else(|| panic!("no family `{family}`")).clone();
    assert!(!cases.is_empty());
    cases
}

pub(super) fn number(case: &Value, name: &str) -> f64 {
    case[name].as_f64().unwrap_or_else(|| panic!("no number `{name}` in {case}"))
}

pub(super) fn numbers(case: &Value, name: &str) -> Vec<f64> {
    case[name].as_array().expect("an array").iter().map(|v| v.as_f64().expect("a number")).collect()
}

#[track_caller]
pub(super) fn close(ours: f64, theirs: f64, tolerance: f64) {
    assert!((ours - theirs).abs() <= tolerance, "{ours} against {theirs}, more than {tolerance} apart");
}

/// Within 1e-9, or undefined on both sides.
#[track_caller]
pub(crate) fn same(seed: u64, ours: Option<f64>, theirs: &Value) {
    match (ours, theirs.as_f64()) {
        (Some(ours), Some(theirs)) => assert!((ours - theirs).abs() <= 1e-9, "case {seed}: {ours} against {theirs}"),
        (ours, theirs) => assert_eq!(ours, theirs, "case {seed}: one is undefined"),
    }
}

/// Cases of a family that is generated.
pub(crate) const CASES: u64 = 1000;

/// Resamples on this side; `tests/oracle/splitmix.py` has the same.
pub(crate) const RESAMPLES: usize = 2000;

/// SplitMix64 (Steele, Lea & Flood 2014), as in `tests/oracle/splitmix.py`, seeded with the number of a case.
pub(crate) struct Random(pub u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = self.0;
        let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: u64) -> usize {
        (self.next() % n) as usize
    }

    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / 2f64.powi(53)
    }
}

/// Holds intervals against what a reference resampling says of them: `[least, about, most]` of both ends, five standard
/// errors wide either way (`ends` in `tests/oracle/splitmix.py`).
#[derive(Debug, Default)]
pub(crate) struct Ends {
    intervals: usize,
    /// How far ends lie outside of where they are expected, in what chance allows.
    outward: Vec<f64>,
}

impl Ends {
    #[track_caller]
    pub fn hold(&mut self, seed: u64, ours: Interval, theirs: &Value) {
        // Turned over, the high end is a low one.
        let high: Vec<Option<f64>> = (0..3).rev().map(|i| theirs[1][i].as_f64().map(|x| -x)).collect();
        let low: Vec<Option<f64>> = (0..3).map(|i| theirs[0][i].as_f64()).collect();
        for (end, bounds) in [(ours.low, low), (-ours.high, high)] {
            let [least, about, most] = bounds[..] else { unreachable!() };
            let most = most.expect("a number");
            // Bounds are written to five places.
            let inside = least.is_none_or(|least| end >= least - 1e-5) && end <= most + 1e-5;
            assert!(inside, "case {seed}: {ours:?} against {theirs}");
            // Nothing is expected on average where chance decides which of two bounds is the outer one.
            if let (Some(least), Some(about)) = (least.filter(|least| most - least > 1e-9), about) {
                self.outward.push((about - end) / (most - least));
            }
        }
        self.intervals += 1;
    }

    /// Five standard errors let a small mistake through in every single case; over a thousand it shows. On average an end
    /// lies a tenth of a standard error outward, as quantiles thin out that way. A hundredth is a tenth of an error.
    #[track_caller]
    pub fn finish(self, least: usize) {
        assert!(self.intervals >= least, "{} intervals only", self.intervals);
        let mean = self.outward.iter().sum::<f64>() / self.outward.len() as f64;
        assert!(mean.abs() < 0.02, "ends lie {mean} of the allowance outward on average");
    }
}

/// Whether a sampled p lies where the reference says.
#[track_caller]
pub(crate) fn sampled(seed: u64, p: f64, theirs: &Value) {
    let [low, high] = [&theirs[0], &theirs[1]].map(|v| v.as_f64().expect("a number"));
    assert!((low - 1e-5..=high + 1e-5).contains(&p), "case {seed}: {p} outside of {low} to {high}");
}
