//! Our statistics against SciPy's, statsmodels' and the krippendorff package's, on the same generated cases:
//! `tests/oracle/review.py` holds the other half.

use super::agreement::{Agreement, Scored, agreement};
use super::correlation::spearman;
use super::prediction::{Look, chance, correlate};
use crate::compare::{Settings, holm, mcnemar, sign_flip, wilson};
use serde_json::Value;

const CASES: u64 = 1000;

/// SplitMix64 (Steele, Lea & Flood 2014), as in the script.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = self.0;
        let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> usize {
        (self.next() % n) as usize
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / 2f64.powi(53)
    }
}

fn expected(family: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("../../tests/oracle/review.json")).expect("valid JSON");
    all[family].as_array().unwrap_or_else(|| panic!("no family `{family}`")).clone()
}

#[track_caller]
fn close(seed: u64, ours: Option<f64>, theirs: &Value) {
    match (ours, theirs.as_f64()) {
        (Some(ours), Some(theirs)) => assert!((ours - theirs).abs() <= 1e-9, "case {seed}: {ours} against {theirs}"),
        (ours, theirs) => assert_eq!(ours, theirs, "case {seed}: one is undefined"),
    }
}

/// Every case of a family with a number of its own.
#[track_caller]
fn agree(family: &str, ours: impl Fn(&mut Random) -> Option<f64>) {
    let expected = expected(family);
    assert_eq!(expected.len() as u64, CASES);
    for (seed, theirs) in (0..CASES).zip(&expected) {
        close(seed, ours(&mut Random(seed)), theirs);
    }
}

fn ratings(random: &mut Random) -> Vec<Vec<u8>> {
    let (people, answers) = (2 + random.below(4), 3 + random.below(28));
    let row = |random: &mut Random| {
        let own = 1 + random.below(5);
        let points = (0..people).filter_map(|_| {
            let (missing, slip) = (random.below(10) < 3, random.below(3));
            (!missing).then_some((own + slip).saturating_sub(1).clamp(1, 5) as u8)
        });
        points.collect()
    };
    (0..answers).map(|_| row(random)).collect()
}

fn agreement_of(answers: Vec<Vec<u8>>, resamples: usize) -> Agreement {
    let names: Vec<String> = (0..answers.len()).map(|i| format!("{i:02}")).collect();
    let scored: Vec<Scored> =
        names.iter().zip(answers).map(|(name, points)| Scored { group: (name, false), points }).collect();
    agreement(&scored, &Settings { resamples, seed: 3, ..Settings::default() })
}

fn looks(random: &mut Random) -> Vec<Look<'static>> {
    let n = 3 + random.below(58);
    let look = |random: &mut Random| {
        let (passed, quarters, third) = (random.below(2), random.below(17), random.below(3));
        let points = if third == 0 { 12 + 4 * passed } else { 4 + quarters } as f64 / 4.0;
        Look { group: ("", false), passed: passed == 1, points, overall: points }
    };
    (0..n).map(|_| look(random)).collect()
}

#[test]
fn alpha_agrees_with_krippendorff() {
    // Without resamples there is no interval to wait for.
    agree("alpha", |random| agreement_of(ratings(random), 0).alpha);
}

#[test]
fn point_biserial_agrees_with_scipy() {
    agree("point_biserial", |random| correlate(&looks(random)));
}

#[test]
fn spearman_agrees_with_scipy() {
    agree("spearman", |random| {
        let n = 3 + random.below(58);
        let pair = |random: &mut Random| {
            let (a, b, same) = (random.below(9), random.below(9), random.below(2) == 1);
            ((2 + a) as f64 / 2.0, (2 + if same { a } else { b }) as f64 / 2.0)
        };
        spearman(&(0..n).map(|_| pair(random)).collect::<Vec<_>>())
    });
}

#[test]
fn mcnemar_agrees_with_statsmodels() {
    agree("exact_mcnemar", |random| Some(mcnemar(random.below(60), random.below(60))));
}

#[test]
fn the_sign_test_agrees_with_scipy() {
    agree("sign_test", |random| Some(mcnemar(random.below(40), random.below(40))));
}

#[test]
fn the_exact_sign_flip_test_agrees_with_scipy() {
    agree("sign_flip", |random| {
        let n = 2 + random.below(9);
        let differences: Vec<f64> = (0..n).map(|_| (random.below(17) as f64 - 8.0) / 4.0).collect();
        let result = sign_flip(&differences, &Settings::default());
        assert!(result.exact);
        Some(result.p)
    });
}

#[test]
fn holm_agrees_with_statsmodels() {
    for (seed, theirs) in (0..CASES).zip(expected("holm")) {
        let mut random = Random(seed);
        let n = 1 + random.below(6);
        let drawn: Vec<f64> = (0..n).map(|_| random.unit()).collect();
        let coarse = |p: f64| (p * 50.0).round_ties_even() / 1000.0;
        let p: Vec<f64> = drawn.into_iter().map(|p| if random.below(2) == 0 { coarse(p) } else { p }).collect();
        let theirs = theirs.as_array().expect("a list");
        assert_eq!(theirs.len(), p.len());
        holm(&p).into_iter().zip(theirs).for_each(|(ours, theirs)| close(seed, Some(ours), theirs));
    }
}

#[test]
fn wilson_agrees_with_statsmodels() {
    for (seed, theirs) in (0..CASES).zip(expected("wilson")) {
        let mut random = Random(seed);
        let of = 1 + random.below(300);
        let (passed, confidence) = (random.below(of as u64 + 1), [0.8, 0.9, 0.95, 0.99][random.below(4)]);
        let interval = wilson(passed, of, confidence);
        close(seed, Some(interval.low), &theirs[0]);
        close(seed, Some(interval.high), &theirs[1]);
    }
}

/// 20,000 resamples there and here. The standard error of an estimated quantile is √(q(1−q)/N)/f; at the tails used it
/// is below 4 % of the bootstrap's spread σ, so 0.2 σ bounds the difference of two by three and a half standard errors.
#[test]
fn the_interval_of_alpha_agrees_within_monte_carlo_error() {
    for expected in expected("alpha_interval") {
        let answers = ratings(&mut Random(expected["seed"].as_u64().unwrap()));
        let interval = agreement_of(answers, 20_000).interval.unwrap();
        let bound = 0.2 * expected["spread"].as_f64().unwrap();
        for (ours, theirs) in [(interval.low, &expected["low"]), (interval.high, &expected["high"])] {
            let theirs = theirs.as_f64().unwrap();
            assert!((ours - theirs).abs() < bound, "{ours} against {theirs}, more than {bound} apart");
        }
    }
}

/// 20,000 shuffles there and here; the bound is five standard errors of the difference of two estimated shares.
#[test]
fn the_chance_of_a_correlation_agrees_within_monte_carlo_error() {
    for expected in expected("correlation_chance") {
        let looks = looks(&mut Random(expected["seed"].as_u64().unwrap()));
        let ours = chance(&looks, &Settings { resamples: 20_000, ..Settings::default() });
        let p = expected["p"].as_f64().unwrap();
        let bound = 5.0 * (2.0 * p * (1.0 - p) / 20_000.0).sqrt() + 1e-4;
        assert!((ours - p).abs() < bound, "{ours} against {p}");
    }
}
