//! McNemar's exact test: of the cases whose outcome changed, do more go one way than chance allows?

use statrs::distribution::{Binomial, DiscreteCDF};

/// Two-sided exact p: with `only_a` and `only_b` cases passed by one version alone, each was as likely to fall on
/// either side, so the smaller count is binomial(n, ½) and p = min(1, 2·P(X ≤ smaller)) (McNemar, *Psychometrika* 12,
/// 1947; the exact form). 1 when no outcome changed.
pub(crate) fn mcnemar(only_a: usize, only_b: usize) -> f64 {
    let changed = (only_a + only_b) as u64;
    Binomial::new(0.5, changed).map_or(1.0, |b| (2.0 * b.cdf(only_a.min(only_b) as u64)).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::super::oracle::{cases, close, number};
    use super::*;

    #[test]
    fn agrees_with_statsmodels() {
        for case in cases("mcnemar") {
            let p = mcnemar(number(&case, "only_a") as usize, number(&case, "only_b") as usize);
            close(p, number(&case, "p"), 1e-9);
        }
    }

    #[test]
    fn no_change_proves_nothing() {
        assert_eq!(mcnemar(0, 0), 1.0);
        assert_eq!(mcnemar(7, 7), 1.0);
    }
}
