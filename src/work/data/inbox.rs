//! What `pmtune serve --capture` wrote down and what was made of documents: looked at, approved, rejected.

use super::add::suites;
use crate::training_data::{self, Approval, Approved, Entry, Inbox, readable};
use crate::words;
use crate::workspace::Workspace;
use engine::error::{Error, Result};
use jiff::Timestamp;
use std::path::{Component, Path, PathBuf};

/// What is approved, and where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApproveOptions {
    pub numbers: Vec<u64>,
    /// The file of examples (default: `captured/<year>-<month>.jsonl` below the training data).
    pub into: Option<PathBuf>,
    /// A file with the answer as it should have been, for a single entry.
    pub edited: Option<PathBuf>,
    /// Earlier answers of conversations are approved too.
    pub whole: bool,
}

/// All that wait.
///
/// # Errors
/// The inbox cannot be read.
pub fn waiting(workspace: &Workspace) -> Result<Vec<Entry>> {
    inbox(workspace).waiting()
}

/// Those of `numbers`, in that order.
///
/// # Errors
/// None waits under a number.
pub fn named(workspace: &Workspace, numbers: &[u64]) -> Result<Vec<Entry>> {
    let waiting = waiting(workspace)?;
    let find = |number: &u64| {
        waiting.iter().find(|entry| entry.number == *number).cloned().ok_or_else(|| {
            Error::missing(format!("no entry {number} waits")).hint("`pmtune data inbox` lists those that do")
        })
    };
    let (found, missing): (Vec<_>, Vec<_>) = numbers.iter().map(find).partition(Result::is_ok);
    match Error::gather(missing.into_iter().filter_map(Result::err)) {
        Some(error) => Err(error),
        None => Ok(found.into_iter().flatten().collect()),
    }
}

/// Makes examples of entries, all or none, and then takes them out of the inbox. After a kill the same command goes on:
/// what is an example already is not written again.
///
/// # Errors
/// No such entry; one that cannot become an example; the file is none for examples.
pub fn approve(workspace: &Workspace, options: &ApproveOptions) -> Result<Vec<Approved>> {
    let mut numbers = options.numbers.clone();
    numbers.sort_unstable();
    numbers.dedup();
    if options.edited.is_some() && numbers.len() != 1 {
        return Err(Error::usage("--edit is the answer of one entry").hint("approve that one alone"));
    }
    let entries = named(workspace, &numbers)?;
    let folder = workspace.training_data();
    let usual = || folder.join("captured").join(Timestamp::now().strftime("%Y-%m.jsonl").to_string());
    let file = options.into.clone().unwrap_or_else(usual);
    check(&folder, &file)?;
    let edited = options.edited.as_deref().map(engine::store::read_prose).transpose()?;
    let approval = |entry| Approval { entry, edited: edited.as_deref(), whole: options.whole };
    let approvals: Vec<Approval<'_>> = entries.iter().map(approval).collect();
    let existing = if folder.is_dir() { readable(&[folder])?.0 } else { Vec::new() };
    let approved = training_data::approve(&file, &approvals, &existing, &suites(workspace)?)?;
    inbox(workspace).strike(&numbers)?;
    Ok(approved)
}

/// Takes entries out for good, and says how many there were.
///
/// # Errors
/// No such entry.
pub fn reject(workspace: &Workspace, numbers: &[u64]) -> Result<usize> {
    let entries = named(workspace, numbers)?;
    let mut numbers: Vec<u64> = entries.iter().map(|entry| entry.number).collect();
    numbers.sort_unstable();
    numbers.dedup();
    inbox(workspace).strike(&numbers)?;
    Ok(numbers.len())
}

pub(super) fn inbox(workspace: &Workspace) -> Inbox {
    Inbox::below(&workspace.training_data())
}

/// Training reads `.jsonl` files that are not hidden, below the training data; where the workspace itself lies is no matter.
fn check(training_data: &Path, file: &Path) -> Result<()> {
    let full = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let (folder, path) = (full(training_data), full(file));
    let hidden = |part: &std::ffi::OsStr| part.to_string_lossy().starts_with('.');
    let plain = path
        .strip_prefix(&folder)
        .is_ok_and(|below| below.components().all(|part| matches!(part, Component::Normal(name) if !hidden(name))));
    if plain && file.extension().is_some_and(|extension| extension == "jsonl") {
        return Ok(());
    }
    Err(Error::usage(format!(
        "{} is no file of examples below the training data",
        words::clip(&file.to_string_lossy(), 100)
    ))
    .hint("name one such as training-data/user-stories/captured.jsonl"))
}
