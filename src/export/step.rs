use serde::{Deserialize, Serialize};

/// What came of one step of a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    Passed,
    /// Nothing speaks against the file, but too little speaks for it.
    NotShown,
    Failed,
}

/// One step of a proof in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub name: String,
    pub outcome: Outcome,
    pub words: String,
}
