use super::Case;
use crate::check::Verdict;

/// Room for rounding: three checks of 0.8 must reach a threshold of 0.8.
const ROUNDING: f64 = 1e-9;

/// Whether a verdict has a say in its case's score: not one that was skipped, nor that of a check of weight 0, which
/// only measures.
pub fn counts(weight: f64, verdict: &Verdict) -> bool {
    weight > 0.0 && !matches!(verdict, Verdict::Skipped { .. })
}

/// A case's score in [0, 1] and whether it passed, from its checks' verdicts in the order of `case.checks`; `None` where
/// no verdict counts, for then nothing is known.
///
/// The score is the weighted mean of the scores that count ([`counts`]); a check that broke counts as score 0, failed.
/// With a threshold on the case the score decides, else every check that counts must pass. A guard earns nothing: where
/// one is broken the answer fails with score 0, and where nothing but guards has a say the answer has no score.
pub fn score(case: &Case, verdicts: &[Verdict]) -> Option<(f64, bool)> {
    let (mut sum, mut weight, mut all_passed) = (0.0, 0.0, true);
    for (check, verdict) in case.checks.iter().zip(verdicts).filter(|(check, verdict)| counts(check.weight, verdict)) {
        if check.guard {
            if verdict.passed() {
                continue;
            }
            return Some((0.0, false));
        }
        sum += check.weight * verdict.score().unwrap_or(0.0);
        weight += check.weight;
        all_passed &= verdict.passed();
    }
    let score = (weight > 0.0).then(|| sum / weight)?;
    let passed = match case.threshold {
        Some(threshold) => score + ROUNDING >= threshold,
        None => all_passed,
    };
    Some((score, passed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Check, Criterion, Judge, Subject};
    use crate::suite::Split;
    use proptest::prelude::*;
    use std::sync::Arc;

    #[derive(Debug)]
    struct Nothing;

    impl Judge for Nothing {
        fn judge(&self, _: &Subject<'_>) -> Verdict {
            Verdict::pass("")
        }
    }

    fn case(weights: &[f64], threshold: Option<f64>) -> Case {
        let check = |&weight: &f64| Check {
            name: "nothing".into(),
            negated: false,
            threshold: None,
            weight,
            guard: false,
            criterion: Criterion::Accuracy,
            version: 1,
            judge: Arc::new(Nothing),
        };
        Case {
            id: "s/c".into(),
            category: "s".into(),
            split: Split::Dev,
            system: None,
            vars: serde_json::Value::Null,
            prompt: "p".into(),
            reference: None,
            distractors: Vec::new(),
            choices: Vec::new(),
            checks: weights.iter().map(check).collect(),
            threshold,
            weight: 1.0,
            tags: Vec::new(),
            require: None,
            repeat: 1,
            cluster: None,
            sampling: Default::default(),
            judge_hash: String::new(),
        }
    }

    fn graded(score: f64) -> Verdict {
        Verdict::graded(score, 0.5, "")
    }

    fn skipped() -> Verdict {
        Verdict::Skipped { reason: String::new() }
    }

    fn broken() -> Verdict {
        Verdict::Error { reason: String::new() }
    }

    fn passes(case: &Case, verdicts: &[Verdict]) -> bool {
        score(case, verdicts).is_some_and(|(_, passed)| passed)
    }

    #[test]
    fn score_is_the_weighted_mean() {
        let (score, passed) = score(&case(&[1.0, 3.0], None), &[graded(1.0), graded(0.6)]).unwrap();
        assert!((score - 0.7).abs() < 1e-12);
        assert!(passed);
    }

    #[test]
    fn where_nothing_counts_there_is_no_score() {
        assert_eq!(score(&case(&[], None), &[]), None);
        assert_eq!(score(&case(&[0.0, 1.0], Some(1.0)), &[graded(1.0), skipped()]), None);
        assert_eq!(
            score(&case(&[1.0, 1.0], None), &[skipped(), broken()]),
            Some((0.0, false)),
            "a broken check counts"
        );
    }

    #[test]
    fn without_threshold_every_weighted_check_must_pass() {
        assert!(!passes(&case(&[9.0, 1.0], None), &[graded(1.0), graded(0.4)]));
        assert!(passes(&case(&[9.0, 0.0], None), &[graded(1.0), graded(0.4)]));
    }

    #[test]
    fn with_threshold_the_score_decides() {
        assert!(passes(&case(&[9.0, 1.0], Some(0.9)), &[graded(1.0), graded(0.0)]));
        assert!(!passes(&case(&[1.0], Some(0.9)), &[graded(0.8)]), "a passing check with too low a score");
        assert!(passes(&case(&[1.0; 3], Some(0.8)), &[graded(0.8), graded(0.8), graded(0.8)]), "rounding");
    }

    #[test]
    fn a_broken_check_counts_as_failed() {
        assert_eq!(score(&case(&[1.0, 1.0], None), &[graded(1.0), broken()]), Some((0.5, false)));
        assert_eq!(score(&case(&[1.0, 0.0], None), &[graded(1.0), broken()]), Some((1.0, true)));
    }

    #[test]
    fn a_guard_can_only_fail_an_answer() {
        let mut case = case(&[1.0, 1.0, 1.0], Some(0.5));
        case.checks[2].guard = true;
        assert_eq!(score(&case, &[graded(1.0), graded(0.0), graded(1.0)]), Some((0.5, true)), "unbroken adds nothing");
        assert_eq!(score(&case, &[graded(1.0), graded(1.0), graded(0.4)]), Some((0.0, false)));
        assert_eq!(score(&case, &[skipped(), skipped(), graded(1.0)]), None, "nothing was shown");
        assert_eq!(score(&case, &[skipped(), skipped(), graded(0.0)]), Some((0.0, false)));
        case.checks[2].weight = 0.0;
        assert_eq!(score(&case, &[graded(1.0), graded(1.0), graded(0.0)]), Some((1.0, true)), "it only measures");
    }

    fn verdict() -> impl Strategy<Value = Verdict> {
        prop_oneof![4 => (0.0..=1.0f64).prop_map(graded), 1 => Just(skipped()), 1 => Just(broken())]
    }

    proptest! {
        #[test]
        fn score_lies_between_the_worst_and_the_best(
            judged in prop::collection::vec((0.0..5.0f64, verdict()), 0..8), threshold in prop::option::of(0.0..=1.0f64)
        ) {
            let (weights, verdicts): (Vec<f64>, Vec<Verdict>) = judged.into_iter().unzip();
            let counted = weights.iter().zip(&verdicts)
                .filter(|(w, v)| **w > 0.0 && !matches!(v, Verdict::Skipped { .. }))
                .map(|(_, v)| v.score().unwrap_or(0.0));
            let low = counted.clone().fold(1.0, f64::min);
            let high = counted.fold(f64::NAN, f64::max);
            let Some((score, passed)) = score(&case(&weights, threshold), &verdicts) else {
                prop_assert!(high.is_nan(), "something counted");
                return Ok(());
            };
            prop_assert!(score >= low - 1e-9 && score <= high + 1e-9);
            if let Some(threshold) = threshold {
                prop_assert_eq!(passed, score + 1e-9 >= threshold);
            }
        }

        #[test]
        fn scaling_all_weights_changes_nothing(
            judged in prop::collection::vec((0.01..5.0f64, verdict()), 1..8), scale in 0.1..10.0f64
        ) {
            let (weights, verdicts): (Vec<f64>, Vec<Verdict>) = judged.into_iter().unzip();
            let scaled: Vec<f64> = weights.iter().map(|w| w * scale).collect();
            let (a, b) = (score(&case(&weights, None), &verdicts), score(&case(&scaled, None), &verdicts));
            prop_assert_eq!(a.map(|a| a.1), b.map(|b| b.1));
            prop_assert!(a.zip(b).is_none_or(|(a, b)| (a.0 - b.0).abs() < 1e-9));
        }

        #[test]
        fn a_better_verdict_never_lowers_the_score(
            judged in prop::collection::vec((0.01..5.0f64, verdict()), 1..8), at in any::<prop::sample::Index>(),
            threshold in prop::option::of(0.0..=1.0f64)
        ) {
            let (weights, mut verdicts): (Vec<f64>, Vec<Verdict>) = judged.into_iter().unzip();
            let case = case(&weights, threshold);
            let at = at.index(verdicts.len());
            prop_assume!(!matches!(verdicts[at], Verdict::Skipped { .. }));
            let before = score(&case, &verdicts).unwrap();
            verdicts[at] = graded(1.0);
            let after = score(&case, &verdicts).unwrap();
            prop_assert!(after.0 >= before.0 - 1e-9);
            prop_assert!(after.1 || !before.1);
        }
    }
}
