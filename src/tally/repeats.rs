//! Cases answered more than once.

/// The chance that at least one of `k` answers passes, when `passed` of `answers` did: 1 − C(n−c, k)/C(n, k), without
/// bias for drawing k of the n answers (Chen et al., *Evaluating LLMs Trained on Code*, 2021, eq. 1).
/// `k` is at most `answers`.
pub(crate) fn pass_at_k(answers: usize, passed: usize, k: usize) -> f64 {
    1.0 - share_of_draws(answers, answers.saturating_sub(passed), k)
}

/// The chance that all of `k` answers pass: C(c, k)/C(n, k) (Yao et al., *τ-bench*, 2024).
pub(crate) fn pass_hat_k(answers: usize, passed: usize, k: usize) -> f64 {
    share_of_draws(answers, passed, k)
}

/// C(m, k)/C(n, k) as a product, so that no factorial grows: the chance that k draws without replacement from n all
/// come from a given m.
fn share_of_draws(n: usize, m: usize, k: usize) -> f64 {
    (0..k.min(n)).map(|i| m.saturating_sub(i) as f64 / (n - i) as f64).product()
}

/// Whether a case passes when `share` of its answers did: as many as it requires, else more often than not.
pub fn enough(share: f64, require: Option<f64>) -> bool {
    match require {
        // 7 of 10 are 0.7, whatever the last bit of a division says.
        Some(require) => share > 0.0 && share + 1e-9 >= require,
        None => share > 0.5,
    }
}

/// Passes sometimes.
pub(super) fn flaky(answers: usize, passed: usize) -> bool {
    passed > 0 && passed < answers
}

#[cfg(test)]
mod tests {
    use super::super::oracle::{cases, close, number};
    use super::*;

    #[test]
    fn agrees_with_the_binomials_of_scipy() {
        for case in cases("pass_at_k") {
            let [n, c, k] = ["answers", "passed", "k"].map(|name| number(&case, name) as usize);
            close(pass_at_k(n, c, k), number(&case, "at"), 1e-9);
            close(pass_hat_k(n, c, k), number(&case, "hat"), 1e-9);
        }
    }

    #[test]
    fn a_case_passes_by_its_own_rule_else_by_majority() {
        assert_eq!([0.5, 0.6].map(|share| enough(share, None)), [false, true]);
        assert_eq!([6, 7, 10].map(|n| enough(n as f64 / 10.0, Some(0.7))), [false, true, true]);
        assert_eq!([0.0, 0.1, 0.99].map(|share| enough(share, Some(1.0))), [false; 3]);
        assert!(enough(0.1, Some(0.1)) && !enough(0.0, Some(1e-12)));
    }

    #[test]
    fn only_a_mixed_case_is_flaky() {
        assert_eq!([0, 1, 3].map(|passed| flaky(3, passed)), [false, true, false]);
        assert!(!flaky(1, 1));
    }
}
