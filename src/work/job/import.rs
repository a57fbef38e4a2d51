//! What came of a job, taken back.

use super::outcome::{ImportOptions, Imported};
use super::{answers, versions};
use crate::job::{Sheet, Task};
use crate::work::event::Sink;
use crate::workspace::Workspace;
use engine::error::Result;
use std::path::Path;

/// Takes in what an engine made of a job. The same call takes in more once there is more.
///
/// # Errors
/// It is no job; its files are not those that were sent; it was written on another base; `Interrupted`. A single version
/// that does not hold up is refused by name, and the others are taken in.
pub fn import(workspace: &Workspace, folder: &Path, options: ImportOptions, sink: &dyn Sink) -> Result<Imported> {
    let (sheet, sum) = Sheet::open(folder)?;
    let mut imported =
        Imported { engine: sheet.engine.name.clone(), versions: Vec::new(), runs: Vec::new(), refused: Vec::new() };
    match &sheet.task {
        Task::Train { versions: pupils } => {
            (imported.versions, imported.refused) = versions::take(workspace, folder, (&sheet, &sum), pupils, sink)?;
        }
        Task::Eval(questions) => {
            (imported.runs, imported.refused) =
                answers::take(workspace, folder, (&sheet, &sum), questions, options, sink)?;
        }
    }
    Ok(imported)
}
