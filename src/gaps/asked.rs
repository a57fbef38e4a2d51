//! A case with what its score was lost on.

use super::lost::{Loss, losses};
use crate::tally::CaseTally;

/// A dev case that counts, with its task and with what its score was lost on.
pub struct Asked<'a> {
    pub tally: &'a CaseTally<'a>,
    pub task: String,
    pub losses: Vec<Loss<'a>>,
}

impl<'a> Asked<'a> {
    pub fn of(tally: &'a CaseTally<'a>) -> Self {
        // Of several answers to a case each one's losses count their part.
        let answers = tally.replies.len().max(1) as f64;
        let losses = tally.replies.iter().flat_map(losses);
        let losses = losses.map(|loss| Loss { lost: loss.lost / answers * tally.weight, ..loss }).collect();
        Self { tally, task: task(tally), losses }
    }

    /// The score that it lost, by its weight.
    pub fn lost(&self) -> f64 {
        self.tally.weight * (1.0 - self.tally.score.unwrap_or(1.0))
    }
}

/// The first tag of a case, by which suites say what is asked for; else its category.
fn task(case: &CaseTally<'_>) -> String {
    let tag = case.records.last().and_then(|record| record.tags.iter().find(|tag| *tag != "must-pass"));
    tag.cloned().unwrap_or_else(|| case.category.to_string())
}
