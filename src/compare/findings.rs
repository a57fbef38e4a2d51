//! What is named, and what is left out: checks paired case by case, parts beside an undecided whole, answers without a
//! score.

use super::tests::{Case, LABELS, case, quick, runs};
use super::*;
use crate::check::{Criterion, Verdict};
use crate::run::{Judged, Outcome, Run};
use crate::suite::Split;

/// Adds a check that only measures to one answer.
fn measure(run: &mut Run, at: usize, check: &str, passed: bool) {
    let Outcome::Judged { verdicts, .. } = &mut run.records[at].outcome else { panic!("judged") };
    verdicts.push(Judged {
        check: check.to_string(),
        criterion: Criterion::Tone,
        weight: 0.0,
        guard: None,
        verdict: Verdict::when(passed, ""),
    });
}

/// `n` held-out cases that both versions pass alike, and a check `icontains` that measures: with `a` and with `b`.
fn measured(n: usize, a: impl Fn(usize) -> bool, b: impl Fn(usize) -> bool) -> Comparison {
    let cases: Vec<Case> = (0..n).map(|i| case(format!("s/{i:03}"), Split::HeldOut, 1.0, 1.0)).collect();
    let (mut before, mut after) = runs(&cases);
    for i in 0..n {
        // The fixture's own measuring check tells apart what is alike here.
        for run in [&mut before, &mut after] {
            let Outcome::Judged { verdicts, .. } = &mut run.records[i].outcome else { panic!("judged") };
            verdicts.retain(|v| v.check != "latency");
        }
        measure(&mut before, i, "icontains", a(i));
        measure(&mut after, i, "icontains", b(i));
    }
    compare(&before, &after, LABELS, quick(), false).unwrap()
}

#[test]
fn a_check_whose_count_moved_by_luck_is_not_named() {
    // 25 cases turned to pass and 18 to fail: seven more than before, and nothing to tell it from luck.
    let c = measured(100, |i| !(18..80).contains(&i), |i| (18..43).contains(&i) || i >= 80);
    let test = &c.held_out.checks["icontains"];
    assert_eq!((test.a.passed, test.b.passed, test.only_a, test.only_b), (38, 45, 18, 25));
    assert_eq!(test.p, mcnemar(18, 25));
    assert!(test.p_corrected > 0.5 && c.held_out.movers.is_empty());
}

#[test]
fn a_check_that_fell_is_named_and_the_undecided_whole_says_so() {
    let c = measured(100, |i| i >= 70, |i| i >= 84);
    let icontains = Mover { kind: MoverKind::Check, name: "icontains".to_string(), better: false };
    assert_eq!(c.held_out.movers, [icontains]);
    let words = &c.held_out.overall.words;
    assert!(!matches!(c.held_out.overall.finding, Finding::Improved | Finding::Regressed), "{words}");
    assert!(words.contains("Yet v2 is worse in check icontains, by a test for each"), "{words}");
    let test = &c.held_out.checks["icontains"];
    // The whole, undecided, leaves a fifth of the error to five tests: passes, a criterion, two checks, likelihood.
    assert!((test.p_corrected - 5.0 * test.p / 0.2).abs() < 1e-9, "{test:?}");
}

#[test]
fn a_flip_names_no_check_that_only_measures() {
    let (mut a, mut b) = runs(&[case("s/x", Split::HeldOut, 1.0, 0.0)]);
    measure(&mut a, 0, "icontains", true);
    measure(&mut b, 0, "icontains", false);
    let c = compare(&a, &b, LABELS, quick(), false).unwrap();
    assert_eq!(c.flips[0].checks, ["contains"]);
    assert_eq!(c.held_out.checks["icontains"].only_a, 1);
}

#[test]
fn cases_of_one_source_change_sides_together() {
    let cases: Vec<Case> = (0..40)
        .map(|i| Case {
            cluster: Some(format!("source {}", i / 10)),
            ..case(format!("s/{i:02}"), Split::HeldOut, 0.0, f64::from(u8::from(i < 20)))
        })
        .collect();
    let (a, b) = runs(&cases);
    let c = compare(&a, &b, LABELS, quick(), false).unwrap();
    assert_eq!((c.held_out.overall.pass.only_a, c.held_out.overall.pass.only_b), (0, 20));
    // Two sources of four rose: of four patterns of signs two lie as far out.
    assert_eq!(c.held_out.overall.pass.p, 0.5);
    assert_eq!(c.held_out.checks["contains"].p, 0.5);
    assert!(c.held_out.movers.is_empty());
}

#[test]
fn a_case_passes_a_check_by_the_majority_of_its_tries() {
    let cases = [
        Case {
            a: vec![Some(1.0), Some(1.0), Some(0.0)],
            b: vec![Some(1.0), Some(0.0), Some(0.0)],
            ..case("s/0", Split::HeldOut, 0.0, 0.0)
        },
        Case {
            a: vec![Some(1.0), Some(1.0), Some(0.0)],
            b: vec![Some(1.0), Some(1.0), Some(1.0)],
            ..case("s/1", Split::HeldOut, 0.0, 0.0)
        },
    ];
    let (a, b) = runs(&cases);
    let test = &compare(&a, &b, LABELS, quick(), false).unwrap().held_out.checks["contains"];
    assert_eq!((test.a, test.b), (Trial { passed: 4, of: 6 }, Trial { passed: 4, of: 6 }));
    assert_eq!((test.only_a, test.only_b), (1, 0), "from two of three to one of three; two of three passed already");
}

#[test]
fn a_case_without_a_score_on_one_side_is_in_no_figure_and_is_named() {
    let cases: Vec<Case> = (0..16).map(|i| case(format!("s/{i:02}"), Split::HeldOut, 0.5, 1.0)).collect();
    let (a, mut b) = runs(&cases);
    for at in [3, 4] {
        let answer = b.records[at].outcome.answer().unwrap().clone();
        b.records[at].outcome = Outcome::Unscored { answer, verdicts: Vec::new(), reused: false };
    }
    let c = compare(&a, &b, LABELS, quick(), false).unwrap();
    assert_eq!((c.held_out.overall.cases, c.held_out.overall.rate.a.cases, c.flips.len()), (14, 14, 14));
    assert_eq!((c.b.unscored, c.b.errors, c.a.unscored), (2, 0, 0));
    assert_eq!((c.cases[3].a, c.cases[3].b), (Some(0.5), None));
    let warning =
        "2 cases could not be scored (every check was skipped or only measures) for v2 and are left out: s/03, s/04.";
    assert!(c.warnings.contains(&warning.to_string()), "{:?}", c.warnings);
    assert_eq!(c.b.output_tokens, 16 * 7, "its answers were written all the same");
}

#[test]
fn comparisons_of_before_are_still_read() {
    let c = measured(20, |_| true, |_| true);
    let mut old = serde_json::to_value(&c).unwrap();
    for half in ["held_out", "dev"] {
        let half = old[half].as_object_mut().unwrap();
        half.remove("movers");
        half.remove("luck");
        for check in half["checks"].as_object_mut().unwrap().values_mut() {
            check.as_object_mut().unwrap().retain(|key, _| key == "a" || key == "b");
        }
    }
    for side in ["a", "b"] {
        old[side].as_object_mut().unwrap().remove("unscored");
    }
    let read: Comparison = serde_json::from_value(old).unwrap();
    assert_eq!(read.held_out.checks["icontains"].p, 1.0);
    assert_eq!((read.held_out.movers.len(), read.held_out.luck), (0, None));
    assert_eq!(read.held_out.overall, c.held_out.overall);
}
