//! McNemar's exact test: of the cases that changed sides, do more go one way than chance allows? With clusters, whole
//! clusters change sides together.

use super::mcnemar::mcnemar;

/// Two-sided p of units that changed by whole numbers of cases. Were the versions equally good, each unit could as well
/// have changed the other way, so this is the sign-flip test (Fisher 1935, §21), exact for any number of units: the sums
/// are whole, and their distribution is built up unit by unit. Where every unit changed by one case it is McNemar's
/// exact test; with clusters it is that test for clustered pairs (Durkalski, Palesch, Lipsitz & Rust, *Analysis of
/// clustered matched-pair data*, Statistics in Medicine 22, 2003), with its permutation distribution in place of the
/// normal one.
pub(super) fn chance(changes: &[i64]) -> f64 {
    if changes.iter().all(|change| change.abs() <= 1) {
        let count = |way: i64| changes.iter().filter(|change| **change == way).count();
        return mcnemar(count(-1), count(1));
    }
    let sum: i64 = changes.iter().sum();
    at_least(changes)[sum.unsigned_abs() as usize]
}

/// For each s from 0 to the greatest sum that is possible, the chance that the sum of all changes, each with a sign that
/// a fair coin gives it, lies at least s from 0.
pub(super) fn at_least(changes: &[i64]) -> Vec<f64> {
    let reach: usize = changes.iter().map(|change| change.unsigned_abs() as usize).sum();
    // Index `reach + s` holds the chance of the sum s; only what lies within the units so far is not 0.
    let mut chances = vec![0.0; 2 * reach + 1];
    chances[reach] = 1.0;
    let mut spread = 0;
    for step in changes.iter().map(|change| change.unsigned_abs() as usize).filter(|step| *step > 0) {
        let mut next = vec![0.0; chances.len()];
        for at in reach - spread..=reach + spread {
            let half = chances[at] / 2.0;
            next[at - step] += half;
            next[at + step] += half;
        }
        chances = next;
        spread += step;
    }
    let mut tail = vec![1.0; reach + 1];
    let mut sum = 0.0f64;
    for s in (1..=reach).rev() {
        sum += chances[reach + s] + chances[reach - s];
        // The chance of the utmost sum of a thousand units is too small for a float; it is not 0.
        tail[s] = sum.clamp(f64::MIN_POSITIVE, 1.0);
    }
    tail
}

#[cfg(test)]
mod tests {
    use super::super::oracle::{cases, close, number, numbers};
    use super::*;

    #[test]
    fn agrees_with_the_permutation_test_of_scipy() {
        for case in cases("clustered_changes") {
            let changes: Vec<i64> = numbers(&case, "changes").into_iter().map(|x| x as i64).collect();
            close(chance(&changes), number(&case, "p"), 1e-9);
        }
    }

    #[test]
    fn single_cases_are_mcnemars_test() {
        for (less, more) in [(0usize, 6usize), (2, 9), (7, 7), (0, 0), (120, 80)] {
            let changes: Vec<i64> = (0..less).map(|_| -1).chain((0..more).map(|_| 1)).chain([0, 0]).collect();
            let tail = at_least(&changes)[less.abs_diff(more)];
            close(tail, mcnemar(less, more), 1e-12);
            assert_eq!(chance(&changes), mcnemar(less, more));
        }
    }

    #[test]
    fn two_clusters_that_fall_whole_prove_less_than_their_cases_would() {
        assert_eq!(chance(&[-5, -5]), 0.5);
        assert!(mcnemar(10, 0) < 0.002);
        assert!(chance(&[3; 1200]) > 0.0);
    }
}
