//! `pmtune data`: what training data holds, and what becomes of it. One file per subcommand.

mod add;
pub mod args;
mod check;
mod convert;
mod merge;
mod split;
mod stats;

use super::args::DataCommand;
use crate::training_data::{Example, load};
use crate::workspace::Workspace;
use engine::error::{Error, Result};
use std::path::{Path, PathBuf};

pub fn run(workspace: impl Fn() -> Result<Workspace>, command: &DataCommand) -> Result<()> {
    match command {
        DataCommand::Check(args) => check::run(workspace, args),
        DataCommand::Stats(args) => stats::run(&workspace()?, args),
        DataCommand::Split(args) => split::run(&workspace()?, args),
        DataCommand::Merge(args) => merge::run(&workspace()?, args),
        DataCommand::Convert(args) => convert::run(workspace, args),
        DataCommand::Add(args) => add::run(&workspace()?, args),
    }
}

/// The examples of these paths, or of the workspace's training data.
fn examples(workspace: &Workspace, paths: &[PathBuf]) -> Result<Vec<Example>> {
    let own = [workspace.training_data()];
    let examples = load(if paths.is_empty() { &own } else { paths })?;
    if examples.is_empty() {
        return Err(Error::missing("there is no example yet")
            .hint("write some into training-data/<category>/<topic>.jsonl; docs/creating-training-data.md shows how"));
    }
    Ok(examples)
}

/// `<category>/<topic>.jsonl`.
fn below(example: &Example) -> PathBuf {
    Path::new(example.category()).join(format!("{}.jsonl", example.topic()))
}
