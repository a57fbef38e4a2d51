//! The kinds of evidence beside each other: which decides, what the other says, and that neither leaks into the other.

use super::tests::{LABELS, case, quick, runs};
use super::*;
use crate::provider::{self, Stop};
use crate::run::{Outcome, Run};
use crate::suite::Split;

/// Gives every answer of a run a reference with this gain, in nats a token, over two bad answers of which one gains
/// nothing and one as much as `rival` says.
fn weigh(run: &mut Run, gain: impl Fn(usize) -> f64, rival: f64) {
    for (i, record) in run.records.iter_mut().enumerate() {
        record.reference = Some("gold".to_string());
        let Outcome::Judged { answer, .. } = &mut record.outcome else { panic!("judged") };
        let text = |text: &str, gain: f64| provider::Likelihood {
            text: text.to_string(),
            log_prob: -40.0 + 4.0 * gain,
            tokens: 4,
            unasked: Some(-40.0),
        };
        answer.likelihoods = vec![text("gold", gain(i)), text("common", 0.0), text("rival", rival)];
    }
}

fn only_weighed(run: &mut Run) {
    for record in &mut run.records {
        let Outcome::Judged { answer, .. } = &mut record.outcome else { panic!("judged") };
        answer.stop = Stop::Scored;
    }
}

/// Forty held-out cases: the checks tie, and the margins of `b` are higher by 0.2 give or take.
fn knows_more() -> (Run, Run) {
    let cases: Vec<_> = (0..40).map(|i| case(format!("s/{i:02}"), Split::HeldOut, 0.5, 0.5)).collect();
    let (mut a, mut b) = runs(&cases);
    weigh(&mut a, |i| 0.3 + 0.01 * (i % 7) as f64, 0.4);
    weigh(&mut b, |i| 0.5 + 0.02 * (i % 5) as f64, 0.4);
    (a, b)
}

#[test]
fn the_primary_kind_decides_and_the_other_stands_beside_it() {
    let (a, b) = knows_more();
    let by = |primary| compare(&a, &b, LABELS, Settings { primary, ..quick() }, false).unwrap().held_out;
    let (known, written) = (by(Evidence::Likelihood), by(Evidence::Checks));
    let likelihood = known.likelihood.as_ref().unwrap();
    assert_eq!((likelihood.overall.cases, known.overall.cases, known.cases()), (40, 40, 40));
    // Gains of 0.3 to 0.36 against 0 and 0.4: margins of 0.10 to 0.16, and of 0.30 to 0.38.
    let margin = &likelihood.overall.score;
    assert!((margin.a.mean - 0.1295).abs() < 1e-3 && (margin.b.mean - 0.34).abs() < 1e-3, "{margin:?}");
    assert_eq!((likelihood.overall.rate.a.passed, likelihood.overall.rate.b.passed), (0, 40));
    assert_eq!((known.primary, known.headline().finding), (Evidence::Likelihood, Finding::Improved));
    let words = &known.headline().words;
    assert!(words.starts_with("v2 knows more on the held-out cases with distractors: +0.21 nats a token"), "{words}");
    assert!(words.contains("the reference is preferred in 40 of 40 cases instead of 0."), "{words}");
    let others = |half: &Half| half.movers.iter().any(|mover| mover.kind == MoverKind::Evidence);
    assert!(!others(&known), "the headline is no mover: {:?}", known.movers);

    assert_eq!((written.primary, written.headline().finding), (Evidence::Checks, Finding::TooFewCases));
    assert!(others(&written) && written.movers[0].better, "{:?}", written.movers);
    assert!(written.headline().words.contains("Yet v2 is better in evidence likelihood"));
    assert_eq!(written.likelihood.unwrap().overall.score.difference, margin.difference, "measured alike");
}

#[test]
fn what_was_weighed_is_no_check_and_decides_where_there_is_nothing_else() {
    let (mut a, mut b) = knows_more();
    only_weighed(&mut a);
    only_weighed(&mut b);
    let half = compare(&a, &b, LABELS, quick(), false).unwrap().held_out;
    assert_eq!((half.overall.cases, half.overall.rate.b.cases, half.checks.len()), (0, 0, 0));
    assert_eq!((half.primary, half.headline().finding), (Evidence::Likelihood, Finding::Improved));
    assert!(half.criteria.is_empty() && half.categories.is_empty());
    assert_eq!(half.likelihood.unwrap().categories.len(), 1);
}

#[test]
fn runs_that_never_left_the_question_out_have_no_margin() {
    let (mut a, b) = knows_more();
    for record in &mut a.records {
        let Outcome::Judged { answer, .. } = &mut record.outcome else { panic!("judged") };
        answer.likelihoods.iter_mut().for_each(|text| text.unasked = None);
    }
    let half = compare(&a, &b, LABELS, Settings { primary: Evidence::Likelihood, ..quick() }, false).unwrap().held_out;
    assert_eq!((half.likelihood, half.primary), (None, Evidence::Checks));
}

#[test]
fn equal_versions_are_told_apart_no_more_often_by_two_kinds_than_by_one() {
    let (a, mut b) = knows_more();
    b.records = a.records.clone();
    let half = compare(&a, &b, LABELS, quick(), false).unwrap().held_out;
    assert_eq!(half.likelihood.unwrap().overall.score.difference.mean, 0.0);
    let (a, b) = knows_more();
    let luck = compare(&a, &b, LABELS, quick(), false).unwrap().held_out.luck.unwrap();
    assert!(luck.evidence <= luck.anything && luck.anything <= luck.swaps * 65 / 1000, "{luck:?}");
}
