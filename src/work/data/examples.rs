use crate::training_data::{Example, load};
use crate::workspace::Workspace;
use engine::error::{Error, Result};
use std::path::PathBuf;

/// The examples of these paths, or of the workspace's training data.
pub fn examples(workspace: &Workspace, paths: &[PathBuf]) -> Result<Vec<Example>> {
    let own = [workspace.training_data()];
    let examples = load(if paths.is_empty() { &own } else { paths })?;
    if examples.is_empty() {
        return Err(Error::missing("there is no example yet")
            .hint("write some into training-data/<category>/<topic>.jsonl; docs/creating-training-data.md shows how"));
    }
    Ok(examples)
}
