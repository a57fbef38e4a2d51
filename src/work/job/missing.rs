//! What of a batch is still to be answered, as a batch of its own.

use super::batch;
use crate::job::{Sheet, Task, vllm};
use engine::error::{Error, Result};
use engine::store;
use std::path::{Path, PathBuf};

/// What [`write_missing`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// Absent where nothing is missing.
    pub file: Option<PathBuf>,
    pub lines: usize,
    pub of: usize,
}

/// Writes the lines of a job that have no answer yet, those that failed among them.
///
/// # Errors
/// It is no job, or no evaluation's; its files are not those that were sent.
pub fn write_missing(folder: &Path) -> Result<Missing> {
    let (sheet, _) = Sheet::open(folder)?;
    if !matches!(sheet.task, Task::Eval(_)) {
        return Err(Error::usage(format!("{} is a training", folder.display()))
            .hint("run it again: what is trained already is left alone"));
    }
    let (lines, replies) = batch::read(folder)?;
    let left: Vec<&String> = lines.iter().filter(|(id, _)| replies.text(id).is_none()).map(|(_, line)| line).collect();
    let file = folder.join(vllm::MISSING);
    if left.is_empty() {
        return Ok(Missing { file: None, lines: 0, of: lines.len() });
    }
    let text: String = left.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
    store::replace(&file, text.as_bytes())?;
    Ok(Missing { file: Some(file), lines: left.len(), of: lines.len() })
}
