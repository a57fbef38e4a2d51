use serde::{Deserialize, Serialize};

/// The least shares of bad texts that fail and of good ones that pass, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Wanted {
    pub sensitivity: f64,
    pub specificity: f64,
}

impl Default for Wanted {
    fn default() -> Self {
        Self { sensitivity: 0.95, specificity: 0.95 }
    }
}
