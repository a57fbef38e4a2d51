//! Own documents become drafts that wait in the inbox.

use super::add::suites;
use super::check::settings;
use super::inbox::inbox;
use crate::training_data::import::{Asked, Columns, Draft, Known, MOST_FILE_BYTES, Passed, documents, drafts};
use crate::training_data::{Captured, Kind, readable};
use crate::workspace::Workspace;
use engine::error::{Error, Kind as ErrorKind, Result};
use serde::Serialize;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// What is imported, and how.
#[derive(Debug, Clone, Default)]
pub struct ImportDocuments {
    pub files: Vec<PathBuf>,
    /// Of which kind all of them are.
    pub kind: Option<&'static Kind>,
    pub instruction: Option<String>,
    /// Of tables.
    pub columns: Columns,
    /// Nothing is written.
    pub dry_run: bool,
}

/// Drafts that were made, and the documents of which none was.
#[derive(Debug, Default, Serialize)]
pub struct ImportedDrafts {
    pub drafts: Vec<Waiting>,
    pub passed: Vec<Passed>,
    /// What was guessed and passed over of whole files, each with the file's name.
    pub notes: Vec<String>,
}

/// A draft, with its number in the inbox once it waits there.
#[derive(Debug, Serialize)]
pub struct Waiting {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
    #[serde(flatten)]
    pub draft: Draft,
}

/// Makes drafts of all files, and puts them into the inbox unless it is a dry run. A file that cannot be read is an error,
/// and then nothing is written; a document that must not be learnt is passed over.
///
/// # Errors
/// A file cannot be read, or is none of the formats; a suite cannot be read, so that nobody knows what is tested.
pub fn import(workspace: &Workspace, options: &ImportDocuments) -> Result<ImportedDrafts> {
    if options.instruction.as_deref().is_some_and(|text| text.trim().is_empty() || text.contains('\n')) {
        return Err(Error::usage("--instruction is one line of text").hint("such as --instruction \"Write a PRD.\""));
    }
    let settings = settings(Some(workspace))?;
    let instruction = options.instruction.as_deref().map(|text| text.trim().to_string());
    let asked = Asked { kind: options.kind, instruction, max_tokens: settings.max_tokens };
    let (mut all, mut made, mut faults) = (Vec::new(), ImportedDrafts::default(), Vec::new());
    for file in &options.files {
        match read(file).and_then(|bytes| documents(file, &bytes, &options.columns)) {
            Ok(opened) => {
                all.extend(opened.documents);
                made.passed.extend(opened.passed);
                made.notes.extend(opened.notes.iter().map(|note| format!("{}: {note}", file.display())));
            }
            Err(error) => faults.push(error),
        }
    }
    if let Some(error) = Error::gather(faults) {
        return Err(error);
    }
    let (folder, inbox) = (workspace.training_data(), inbox(workspace));
    let examples = if folder.is_dir() { readable(&[folder])?.0 } else { Vec::new() };
    let mut known = Known::new(&inbox.waiting()?, &examples);
    let found = drafts(all, &asked, &suites(workspace)?, &mut known);
    made.passed.extend(found.passed);
    for draft in found.drafts {
        let number = match options.dry_run {
            true => None,
            false => {
                let (at, text, notes) = (draft.at.clone(), draft.output.clone(), draft.notes.clone());
                Some(inbox.append(Captured::document(at, draft.prompt(), text, notes), None)?)
            }
        };
        made.drafts.push(Waiting { number, draft });
    }
    Ok(made)
}

/// The bytes of a file, as many as are allowed.
fn read(path: &Path) -> Result<Vec<u8>> {
    let failed = |e: std::io::Error| match e.kind() {
        std::io::ErrorKind::NotFound => {
            Error::new(ErrorKind::Missing, format!("{} is not there", path.display())).hint("check the path")
        }
        _ => Error::io("read", path, e),
    };
    let file = File::open(path).map_err(failed)?;
    if file.metadata().map_err(failed)?.is_dir() {
        return Err(Error::input(format!("{} is a folder", path.display())).hint("name its files, such as specs/*.md"));
    }
    let mut bytes = Vec::new();
    file.take(MOST_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MOST_FILE_BYTES {
        return Err(Error::input(format!("{} has more than {MOST_FILE_BYTES} bytes", path.display())).hint("split it"));
    }
    Ok(bytes)
}
