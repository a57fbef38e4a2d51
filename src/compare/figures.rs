//! The figures of a comparison as they are written everywhere.

use super::comparison::Mean;
use crate::words;

impl Mean {
    /// A difference: `+0.12 (+0.03 to +0.21)`.
    pub fn as_difference(&self) -> String {
        format!("{} ({})", words::signed(self.mean), self.interval.signed_range())
    }
}
