//! What was decided of one instruction, and why.

use crate::words;
use serde::Serialize;

/// Who answers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Decision {
    /// Full name, or `base`.
    pub version: String,
    /// The nearest task, `folder/file`.
    pub task: String,
    /// Cosine to the mean of its instructions.
    pub similarity: f64,
    pub why: Why,
    /// The task's instructions that are nearest, the nearest first: `training-data/…/….jsonl:12`.
    pub nearest: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// The nearest task has a route.
    Routed,
    /// It has none.
    NoRoute,
    /// Nothing is near enough.
    Abstained,
}

impl Decision {
    /// The reason, as what follows "v2 answers: ".
    pub fn words(&self) -> String {
        let similarity = words::decimal_to(self.similarity, 2);
        let as_in = words::list(&self.nearest);
        match self.why {
            Why::Routed => format!("nearest to {} ({similarity}), as in {as_in}", self.task),
            Why::NoRoute => format!("nearest to {} ({similarity}), which has no route, as in {as_in}", self.task),
            Why::Abstained => format!("near to no task; the nearest is {} ({similarity})", self.task),
        }
    }
}
