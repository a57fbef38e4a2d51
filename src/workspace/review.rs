use serde::{Deserialize, Serialize};

/// Who reviews the answers of this workspace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct ReviewSettings {
    /// Everybody's name; empty when whoever reviews reads everything.
    pub reviewers: Vec<String>,
    /// The share of the cases that all of them read, so that their agreement can be measured; the others go to one each.
    pub overlap: f64,
}

impl Default for ReviewSettings {
    fn default() -> Self {
        Self { reviewers: Vec::new(), overlap: 0.3 }
    }
}
