//! The figures of a tally as they are written everywhere.

use super::{Interval, Rate, Trial};
use crate::words;

impl Interval {
    /// `3.41 to 4.20`.
    pub fn range(&self) -> String {
        words::range(self.low, self.high)
    }

    /// `+0.03 to +0.21`.
    pub fn signed_range(&self) -> String {
        words::signed_range(self.low, self.high)
    }

    /// `28 to 57`, in per cent, for use behind a percentage.
    pub fn percent_range(&self) -> String {
        words::percent_range(self.low, self.high)
    }
}

impl Rate {
    /// `42 % (28 to 57)`.
    pub fn words(&self) -> String {
        match self.cases {
            0 => "no cases".to_string(),
            _ => format!("{} ({})", words::percent(self.rate), self.interval.percent_range()),
        }
    }

    /// `14 of 38`.
    pub fn count(&self) -> String {
        words::count_of(self.passed, self.cases)
    }
}

impl Trial {
    /// `14 of 38`.
    pub fn count(&self) -> String {
        words::count_of(self.passed, self.of)
    }
}
