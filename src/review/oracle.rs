//! Our statistics against SciPy's, statsmodels' and the krippendorff package's, on the same generated cases:
//! `tests/oracle/review.py` and `people.py` hold the other half.

use super::agreement::{Scored, agreement};
use super::correlation::spearman;
use super::people_tests::{Ratings, person, rating, run};
use super::prediction::{Look, correlate};
use super::{PeopleHalf, Prediction, people};
use crate::check::Criterion;
use crate::compare::oracle::{CASES, Ends, RESAMPLES, Random, family_of, same, sampled};
use crate::compare::{Interval, Mean, Settings, holm, mcnemar, sign_flip, wilson};
use serde_json::Value;

fn expected(family: &str) -> Vec<Value> {
    family_of(include_str!("../../tests/oracle/review.json"), family)
}

/// Every case of a family with a number of its own.
#[track_caller]
fn agree(family: &str, ours: impl Fn(&mut Random) -> Option<f64>) {
    let expected = expected(family);
    assert_eq!(expected.len() as u64, CASES);
    for (seed, theirs) in (0..CASES).zip(&expected) {
        same(seed, ours(&mut Random(seed)), theirs);
    }
}

/// Answers by people.
fn table(random: &mut Random) -> Vec<Vec<Option<u8>>> {
    let (people, answers) = (2 + random.below(4), 3 + random.below(28));
    let row = |random: &mut Random| {
        let own = 1 + random.below(5);
        let points = (0..people).map(|_| {
            let (missing, slip) = (random.below(10) < 3, random.below(3));
            (!missing).then_some((own + slip).saturating_sub(1).clamp(1, 5) as u8)
        });
        points.collect()
    };
    (0..answers).map(|_| row(random)).collect()
}

fn alpha_of(answers: &[Vec<Option<u8>>]) -> Option<f64> {
    let names: Vec<String> = (0..answers.len()).map(|i| format!("{i:02}")).collect();
    let scored: Vec<Scored> = names
        .iter()
        .zip(answers)
        .map(|(name, points)| Scored { group: (name, false), points: points.iter().flatten().copied().collect() })
        .collect();
    // Without resamples there is no interval to wait for.
    agreement(&scored, &Settings { resamples: 0, ..Settings::default() }).alpha
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
    agree("alpha", |random| alpha_of(&table(random)));
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
        holm(&p).into_iter().zip(theirs).for_each(|(ours, theirs)| same(seed, Some(ours), theirs));
    }
}

#[test]
fn wilson_agrees_with_statsmodels() {
    for (seed, theirs) in (0..CASES).zip(expected("wilson")) {
        let mut random = Random(seed);
        let of = 1 + random.below(300);
        let (passed, confidence) = (random.below(of as u64 + 1), [0.8, 0.9, 0.95, 0.99][random.below(4)]);
        let interval = wilson(passed, of, confidence);
        same(seed, Some(interval.low), &theirs[0]);
        same(seed, Some(interval.high), &theirs[1]);
    }
}

/// One answer in three fares with the check as its first rating says, the others by the toss of a coin.
fn passes(random: &mut Random, table: &[Vec<Option<u8>>]) -> Vec<bool> {
    let drawn: Vec<(usize, usize)> = table.iter().map(|_| (random.below(3), random.below(2))).collect();
    let first = table.iter().map(|row| row.iter().flatten().next().is_some_and(|points| *points >= 4));
    drawn.into_iter().zip(first).map(|((third, coin), good)| if third == 0 { good } else { coin == 1 }).collect()
}

/// A book each for `p0`, `p1`, …, on format alone.
fn books(table: &[Vec<Option<u8>>]) -> Ratings {
    let given = |who: usize| {
        table.iter().enumerate().filter_map(move |(case, row)| {
            let mut given = rating(case, row[who]?);
            given.points.retain(|criterion, _| *criterion == Criterion::Format);
            Some(given)
        })
    };
    (0..table[0].len()).map(|who| (person(&format!("p{who}")), given(who).collect())).collect()
}

/// What the resamples of all cases say, one for each sort of interval.
#[derive(Default)]
struct Resampled {
    mean: Ends,
    alpha: Ends,
    severity: Ends,
    correlation: Ends,
    chances: usize,
}

/// An interval that either is undefined on both sides or lies where it should. On the verge chance decides.
fn hold(ends: &mut Ends, seed: u64, ours: Option<Interval>, theirs: &Value) {
    match ours {
        _ if theirs == "unsure" => {}
        Some(ours) if !theirs.is_null() => ends.hold(seed, ours, theirs),
        ours => assert!(ours.is_none() && theirs.is_null(), "case {seed}: one is undefined, {ours:?}, {theirs}"),
    }
}

/// An interval of a mean over one case is all that is possible.
fn hold_mean(ends: &mut Ends, seed: u64, ours: Mean, theirs: &Value, widest: f64) {
    match theirs {
        Value::Null => assert!(ours.interval.high - ours.interval.low >= widest - 1e-9, "case {seed}: {ours:?}"),
        theirs => ends.hold(seed, ours.interval, theirs),
    }
}

impl Resampled {
    fn severities(&mut self, seed: u64, half: &PeopleHalf, theirs: &Value, interval: &Value) {
        for (who, theirs) in theirs.as_array().expect("a list").iter().enumerate() {
            let offset = half.reviewers.iter().find(|r| r.reviewer == format!("p{who}")).and_then(|r| r.offset);
            same(seed, offset.map(|o| o.mean), theirs);
            if let Some(offset) = offset.filter(|_| who == 0) {
                hold_mean(&mut self.severity, seed, offset, interval, 8.0);
            }
        }
    }

    fn check(&mut self, seed: u64, check: &Prediction, [shares, interval, chance]: [&Value; 3]) {
        for (ours, theirs) in [check.own.precision, check.own.recall].into_iter().zip(shares.as_array().unwrap()) {
            same(seed, ours.map(|share| share.mean), &theirs[0]);
            same(seed, ours.map(|share| share.interval.low), &theirs[1]);
            same(seed, ours.map(|share| share.interval.high), &theirs[2]);
        }
        hold(&mut self.correlation, seed, check.interval, interval);
        assert_eq!(check.p.is_none(), chance.is_null(), "case {seed}");
        if let Some(p) = check.p {
            sampled(seed, p, chance);
            self.chances += 1;
        }
    }
}

/// Everything that is worked out from a table of ratings, as reports get it.
#[test]
fn what_people_say_agrees_with_scipy_and_krippendorff() {
    let expected = family_of(include_str!("../../tests/oracle/people.json"), "people");
    assert_eq!(expected.len() as u64, CASES);
    let mut resampled = Resampled::default();
    for (seed, theirs) in (0..CASES).zip(&expected) {
        let mut random = Random(seed);
        let table = table(&mut random);
        let passes = passes(&mut random, &table);
        let settings = Settings { resamples: RESAMPLES, seed, ..Settings::default() };
        let people = people(&run("v1", table.len(), |case| passes[case]), &books(&table), &settings).unwrap();
        let half = people.held_out.unwrap();
        let format = &half.criteria[0];
        same(seed, Some(format.mean.mean), &theirs[0]);
        hold_mean(&mut resampled.mean, seed, format.mean, &theirs[1], 4.0);
        hold(&mut resampled.alpha, seed, format.agreement.interval, &theirs[2]);
        resampled.severities(seed, &half, &theirs[3], &theirs[4]);
        resampled.check(seed, &half.checks[0], [&theirs[5], &theirs[6], &theirs[7]]);
    }
    let Resampled { mean, alpha, severity, correlation, chances } = resampled;
    assert!(chances >= 900);
    for ends in [mean, alpha, severity, correlation] {
        ends.finish(800);
    }
}
