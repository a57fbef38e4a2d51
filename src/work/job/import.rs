//! What came of a job, taken back.

use super::{answers, versions};
use crate::job::{OUT, Sheet, Task, vllm};
use crate::provider::Replies;
use crate::work::evaluate::Evaluated;
use crate::work::event::Sink;
use crate::workspace::Workspace;
use engine::error::{Error, Result};
use engine::store;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// How a job is taken in.
#[derive(Debug, Clone, Copy, Default)]
pub struct ImportOptions {
    /// Nothing more will come: what was not answered is recorded as failed, and the run is finished.
    pub finish: bool,
    /// Whether checks may run the programs they name.
    pub allow_commands: bool,
}

/// What was taken in.
#[derive(Debug)]
pub struct Imported {
    pub engine: String,
    pub versions: Vec<Incoming>,
    pub runs: Vec<Answered>,
    pub refused: Vec<Refused>,
}

/// A version that another engine trained.
#[derive(Debug, Clone)]
pub struct Incoming {
    pub name: String,
    pub folder: PathBuf,
    /// Of a taught token on the validation examples, on our own base: before and after.
    pub losses: Option<(f64, f64)>,
    /// It was here already, from this very job.
    pub already: bool,
}

/// A run that another engine answered.
#[derive(Debug)]
pub struct Answered {
    pub version: String,
    pub run: String,
    /// Of a run that is finished.
    pub evaluated: Option<Evaluated>,
    /// Answers that are still missing, and those that there should be.
    pub missing: usize,
    pub of: usize,
    /// What the engine said of some that failed.
    pub failures: Vec<String>,
    /// It was here already, from this very job.
    pub already: bool,
}

/// A version, or a version's answers, that were not taken in.
#[derive(Debug)]
pub struct Refused {
    pub name: String,
    pub error: Error,
}

/// Takes in what an engine made of a job. The same call takes in more once there is more.
///
/// # Errors
/// It is no job; its files are not those that were sent; it was written on another base; `Interrupted`. A single version
/// that does not hold up is refused by name, and the others are taken in.
pub fn import(workspace: &Workspace, folder: &Path, options: ImportOptions, sink: &dyn Sink) -> Result<Imported> {
    let (sheet, sum) = Sheet::open(folder)?;
    let mut imported =
        Imported { engine: sheet.engine.to_string(), versions: Vec::new(), runs: Vec::new(), refused: Vec::new() };
    match &sheet.task {
        Task::Train { versions: pupils } => {
            (imported.versions, imported.refused) =
                versions::take(workspace, folder, (&sheet, &sum), pupils, sink)?;
        }
        Task::Eval(questions) => {
            (imported.runs, imported.refused) =
                answers::take(workspace, folder, (&sheet, &sum), questions, options, sink)?;
        }
    }
    Ok(imported)
}

/// The lines of a job's batch by their ids, and all that was answered of them.
pub(super) fn batch(folder: &Path) -> Result<(Vec<(String, String)>, Replies)> {
    #[derive(Deserialize)]
    struct Line {
        custom_id: String,
    }
    let path = folder.join(vllm::BATCH);
    let text = store::read_text(&path)?;
    let mut lines = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let read: Line = serde_json::from_str(line).map_err(|e| {
            Error::input(format!("{}:{}: {e}", path.display(), at + 1)).hint("write the job again")
        })?;
        lines.push((read.custom_id, line.to_string()));
    }
    let asked = lines.iter().map(|(id, _)| id.clone()).collect();
    let mut replies = Replies::default();
    for file in outputs(folder)? {
        replies.read(&file, &asked)?;
    }
    Ok((lines, replies))
}

/// What the engine wrote, in the order of the names.
fn outputs(folder: &Path) -> Result<Vec<PathBuf>> {
    let out = folder.join(OUT);
    let entries = match std::fs::read_dir(&out) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(Error::io("read", &out, e)),
    };
    let plain = |path: &PathBuf| {
        path.extension().is_some_and(|end| end == "jsonl") && path.symlink_metadata().is_ok_and(|meta| meta.is_file())
    };
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(plain).collect();
    files.sort();
    Ok(files)
}
