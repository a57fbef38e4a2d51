//! The change log of a version: `models/<name>/notes.jsonl`, append-only.

use crate::workspace::Workspace;
use engine::error::{Error, Result};
use engine::store::{self, Lines};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

const FORMAT: u32 = 1;

/// One entry of a version's change log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Note {
    pub at: Timestamp,
    pub kind: NoteKind,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoteKind {
    /// Somebody's own words.
    Note,
    /// The version became primary.
    Promoted,
    /// Another version became primary in its place.
    Replaced,
}

/// A line of the file: which version it belongs to comes first.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "lowercase")]
enum Line {
    Version { format: u32, name: String },
    Note(Note),
}

fn file(workspace: &Workspace, name: &str) -> PathBuf {
    workspace.models().join(name).join("notes.jsonl")
}

/// Every note of a version, oldest first.
pub fn notes(workspace: &Workspace, name: &str) -> Result<Vec<Note>> {
    read(&file(workspace, name))
}

fn read(path: &Path) -> Result<Vec<Note>> {
    if !path.is_file() {
        return Ok(Vec::new());
    }
    let mut notes = Vec::new();
    for line in store::read_lines::<Line>(path)? {
        match line {
            Line::Version { format, .. } if format > FORMAT => {
                return Err(
                    Error::input(format!("{} was written by a newer pmtune", path.display())).hint("update pmtune")
                );
            }
            Line::Version { .. } => {}
            Line::Note(note) => notes.push(note),
        }
    }
    Ok(notes)
}

/// Appends a note and brings it to disk.
///
/// # Errors
/// The text is empty; the file is damaged or another process writes it.
pub fn note(workspace: &Workspace, name: &str, text: &str) -> Result<Note> {
    append(workspace, name, NoteKind::Note, text)
}

pub(super) fn append(workspace: &Workspace, name: &str, kind: NoteKind, text: &str) -> Result<Note> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::usage("the note is empty").hint("write what changed and why, in quotes"));
    }
    let path = file(workspace, name);
    // The lock first: nobody appends between reading and writing.
    let mut lines = Lines::open(&path)?;
    let known = read(&path)?;
    if std::fs::metadata(&path).map_err(|e| Error::io("read", &path, e))?.len() == 0 {
        lines.append(&Line::Version { format: FORMAT, name: name.to_string() })?;
    }
    // A promotion that was killed half-way is done again, and said once.
    let said = known.last().filter(|last| kind != NoteKind::Note && last.kind == kind && last.text == text);
    if let Some(said) = said {
        return Ok(said.clone());
    }
    let note = Note { at: Timestamp::now(), kind, text: text.to_string() };
    lines.append(&Line::Note(note.clone()))?;
    lines.flush()?;
    Ok(note)
}
