//! Other tools' files → suites of this workspace.

use crate::foreign::{self, Fate, Imported, Options, Source};
use crate::workspace::Workspace;
use engine::error::{Error, Kind, Result};
use engine::store;
use std::path::{Path, PathBuf};

/// What is imported, and how.
#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    pub file: PathBuf,
    /// The suite's name; made of the file's without it.
    pub name: Option<String>,
    /// Write a suite also where something was left out.
    pub allow_partial: bool,
    pub read: Options,
}

/// A suite that was made, and where it was written: nowhere where something would have been left out and nobody allowed
/// it.
#[derive(Debug, Clone)]
pub struct ImportedSuite {
    pub imported: Imported,
    pub name: String,
    pub written: Vec<PathBuf>,
}

impl ImportedSuite {
    /// How many things were left out.
    pub fn left_out(&self) -> usize {
        self.imported.remarks.iter().filter(|remark| remark.fate == Fate::LeftOut).count()
    }
}

/// Makes a suite of a foreign file and writes it, with the scripts that it runs.
///
/// # Errors
/// The file cannot be read or nothing of it can be carried over; a file to write is there already.
pub fn import_suite(workspace: &Workspace, options: &ImportOptions) -> Result<ImportedSuite> {
    let name = match &options.name {
        Some(name) => name.clone(),
        None => name_of(&options.file),
    };
    let named = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '-' | '_' | '.');
    if name.is_empty() || name.starts_with('.') || !name.chars().all(named) {
        return Err(Error::usage(format!("`{name}` cannot name a suite"))
            .hint("name it with --name, in lower-case letters, digits, `-`, `_` and `.`"));
    }
    let source = Source { file: &options.file, name: &name, root: &workspace.root };
    let imported = foreign::import(source, &options.read)?;
    let mut made = ImportedSuite { imported, name, written: Vec::new() };
    if made.left_out() > 0 && !options.allow_partial {
        return Ok(made);
    }
    let suite = workspace.root.join("suites").join(format!("{}.yaml", made.name));
    let twin = suite.with_extension("yml");
    let scripts = made.imported.scripts.iter().map(|(path, text)| (workspace.root.join(path), text.as_str()));
    let files: Vec<(PathBuf, &str)> = scripts.chain([(suite, made.imported.suite.as_str())]).collect();
    if let Some(there) = files.iter().map(|(path, _)| path).chain([&twin]).find(|path| path.exists()) {
        return Err(Error::new(Kind::Input, format!("{} is there already", there.display()))
            .hint("choose another name with --name, or remove it first; nothing was written"));
    }
    // The suite is written last: until then nothing names the scripts.
    for (path, text) in files {
        store::replace(&path, text.as_bytes())?;
        made.written.push(path);
    }
    Ok(made)
}

/// A suite's name out of a file's; a `promptfooconfig` is named after its folder.
fn name_of(file: &Path) -> String {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let folder = || Some(file.canonicalize().ok()?.parent()?.file_name()?.to_string_lossy().into_owned());
    let text = if stem == "promptfooconfig" || stem == "samples" { folder().unwrap_or(stem) } else { stem };
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-")
}
