//! Which examples are held out of training.

use super::examples::examples;
use crate::training_data::{self, CategorySides, Example, Sides, by_category, write_folder};
use crate::workspace::Workspace;
use engine::error::Result;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Examples on two sides.
#[derive(Debug, Clone)]
pub struct Split {
    pub examples: Vec<Example>,
    pub sides: Sides,
}

/// Splits the examples of these paths, or of the workspace's training data.
pub fn split(workspace: &Workspace, paths: &[PathBuf]) -> Result<Split> {
    let examples = examples(workspace, paths)?;
    let sides = training_data::split(&examples);
    Ok(Split { examples, sides })
}

impl Split {
    /// Both sides counted by category.
    pub fn by_category(&self) -> Vec<CategorySides> {
        by_category(&self.examples, &self.sides)
    }

    /// Writes both sides into a new folder, as `training/` and `held-out/`.
    pub fn write(&self, folder: &Path) -> Result<()> {
        let mut files: BTreeMap<PathBuf, Vec<Example>> = BTreeMap::new();
        for (side, indices) in [("training", &self.sides.training), ("held-out", &self.sides.held_out)] {
            for example in indices.iter().map(|index| &self.examples[*index]) {
                let below = Path::new(side).join(example.category()).join(format!("{}.jsonl", example.topic()));
                files.entry(below).or_default().push(example.clone());
            }
        }
        write_folder(folder, &files)
    }
}
