//! How sure a share is.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

/// Wilson's score interval for a proportion (Wilson, *Probable inference*, JASA 22, 1927). Without trials all of [0,
/// 1].
pub fn wilson(passed: usize, of: usize, confidence: f64) -> Interval {
    if of == 0 {
        return Interval { low: 0.0, high: 1.0 };
    }
    let z = Normal::standard().inverse_cdf(0.5 + confidence / 2.0);
    let (n, rate) = (of as f64, passed as f64 / of as f64);
    let centre = (rate + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let half = z / (1.0 + z * z / n) * (rate * (1.0 - rate) / n + z * z / (4.0 * n * n)).sqrt();
    // At 0 and n of n the formula gives 0 and 1 but for rounding.
    let low = if passed == 0 { 0.0 } else { (centre - half).max(0.0) };
    let high = if passed == of { 1.0 } else { (centre + half).min(1.0) };
    Interval { low: low.min(rate), high: high.max(rate) }
}

#[cfg(test)]
mod tests {
    use super::super::oracle::{cases, close, number};
    use super::*;

    #[test]
    fn wilson_agrees_with_statsmodels() {
        for case in cases("wilson") {
            let (passed, of) = (number(&case, "passed") as usize, number(&case, "of") as usize);
            let interval = wilson(passed, of, number(&case, "confidence"));
            close(interval.low, number(&case, "low"), 1e-9);
            close(interval.high, number(&case, "high"), 1e-9);
        }
    }
}
