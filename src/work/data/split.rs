//! Which examples are held out of training.

use super::examples::examples;
use crate::training_data::{self, CategorySides, Conversation, Example, Sides, by_category, write_folder};
use crate::work::event::Sink;
use crate::workspace::Workspace;
use engine::error::Result;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Examples on two sides.
#[derive(Debug, Clone)]
pub struct Split {
    pub examples: Vec<Conversation>,
    pub sides: Sides,
}

/// Splits the examples of these paths, or of the workspace's training data.
pub fn split(workspace: &Workspace, paths: &[PathBuf], sink: &dyn Sink) -> Result<Split> {
    let examples = examples(workspace, paths, sink)?;
    let sides = training_data::split(&firsts(&examples));
    Ok(Split { examples, sides })
}

/// What decides the side of each.
fn firsts(examples: &[Conversation]) -> Vec<&Example> {
    examples.iter().map(Conversation::first).collect()
}

impl Split {
    /// Both sides counted by category.
    pub fn by_category(&self) -> Vec<CategorySides> {
        by_category(&firsts(&self.examples), &self.sides)
    }

    /// Writes both sides into a new folder, as `training/` and `held-out/`.
    pub fn write(&self, folder: &Path) -> Result<()> {
        let mut files: BTreeMap<PathBuf, Vec<Conversation>> = BTreeMap::new();
        for (side, indices) in [("training", &self.sides.training), ("held-out", &self.sides.held_out)] {
            for example in indices.iter().map(|index| &self.examples[*index]) {
                let below = Path::new(side).join(example.category()).join(format!("{}.jsonl", example.first().topic()));
                files.entry(below).or_default().push(example.clone());
            }
        }
        write_folder(folder, &files)
    }
}
