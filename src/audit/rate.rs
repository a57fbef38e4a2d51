use crate::tally::{Interval, wilson};
use serde::{Deserialize, Serialize};

/// A share with its Wilson interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    pub right: usize,
    pub of: usize,
    /// `None` of nothing.
    pub rate: Option<f64>,
    pub interval: Interval,
}

impl Rate {
    pub fn new(right: usize, of: usize, confidence: f64) -> Self {
        let rate = (of > 0).then(|| right as f64 / of as f64);
        Self { right, of, rate, interval: wilson(right, of, confidence) }
    }
}
