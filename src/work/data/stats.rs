//! Examples counted against the guide's recommendation.

use super::examples::examples;
use crate::training_data::{self, Example, RECOMMENDED, Recommended, Stats};
use crate::work::event::Sink;
use crate::workspace::Workspace;
use engine::error::Result;
use std::path::PathBuf;

/// Counts the examples of these paths, or of the workspace's training data.
pub fn dataset(workspace: &Workspace, paths: &[PathBuf], sink: &dyn Sink) -> Result<Stats> {
    let all = examples(workspace, paths, sink)?;
    // A conversation counts as one example, by what opens it.
    let examples: Vec<Example> = all.iter().map(|one| one.first().clone()).collect();
    // Of a part of the data nobody expects the categories that are not in it.
    let whole = paths.is_empty();
    let present = |r: &&Recommended| whole || examples.iter().any(|example| example.category() == r.category);
    let recommended: Vec<Recommended> = RECOMMENDED.iter().filter(present).copied().collect();
    Ok(training_data::stats(&examples, &recommended))
}
