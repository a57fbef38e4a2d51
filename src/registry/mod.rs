//! The versions of a workspace: `models/<Name-vN>/manifest.yaml`, one of them `primary`.
//!
//! [`resolve`] turns whatever a person calls a model (`v2`, `primary`, `base`, a `.gguf`, `openai:URL#model`) into a
//! [`Version`] with everything an evaluation needs to know. Versions are kept in order over time: `notes` is their
//! change log, `archive` sets them aside as a `pack`, `verify` finds damage by the hashes of `tree`, `diff` tells two
//! apart.

mod archive;
mod base_name;
mod diff;
mod manifest;
mod name;
mod notes;
mod pack;
mod promote;
mod resolve;
mod shelf;
mod trained;
mod tree;
mod verify;

pub use archive::{Entrance, Moved, archive, packed_files, restore};
pub use base_name::base_name;
pub use diff::{Change, Diff, Section, diff};
pub use manifest::{BaseRecord, FewShot, FromJob, Manifest, ReceivedFrom};
pub use name::{AUTO, Name, called, distinct, label, labelled, labels, served};
pub use notes::{Note, NoteKind, note, notes};
pub use promote::{Promotion, promote};
pub use resolve::{Origin, Version, resolve};
pub use shelf::{ARCHIVE, archived, archived_manifest};
pub use trained::{DataFile, Stage, Trained};
pub use tree::{adapter_hash, written_hashes};
pub use verify::{Checked, accept, verify, verify_all};

use crate::words;
use crate::workspace::{self, Workspace};
use engine::error::{Error, Result};
use std::path::{Path, PathBuf};

/// The registered versions, oldest number first within a line.
pub fn list(workspace: &Workspace) -> Result<Vec<Manifest>> {
    let mut manifests = read_all(&workspace.models())?;
    manifests.sort_by_cached_key(|m| Name::parse(&m.name).unwrap_or_else(|| Name { line: m.name.clone(), number: 0 }));
    Ok(manifests)
}

/// How many versions the workspace whose root is `root` has. Nothing large is read; [`verify_all`] does that.
///
/// # Errors
/// Gathers every fault of their manifests, each with its place.
pub fn check(root: &Path) -> Result<usize> {
    read_all(&workspace::models(root)).map(|manifests| manifests.len())
}

/// Every manifest in `models`, or every fault of any.
fn read_all(models: &Path) -> Result<Vec<Manifest>> {
    if !models.is_dir() {
        return Ok(Vec::new());
    }
    let entries = std::fs::read_dir(models).map_err(|e| Error::io("read", models, e))?;
    let mut files: Vec<PathBuf> =
        entries.filter_map(|e| e.ok().map(|e| manifest_file(&e.path()))).filter(|f| f.is_file()).collect();
    files.sort();
    let (good, bad): (Vec<_>, Vec<_>) = files.iter().map(|f| Manifest::read(f)).partition(|r| r.is_ok());
    match Error::gather(bad.into_iter().filter_map(Result::err)) {
        Some(error) => Err(error),
        None => Ok(good.into_iter().filter_map(Result::ok).collect()),
    }
}

/// The version that the workspace uses in earnest, if one was chosen.
pub fn primary(workspace: &Workspace) -> Result<Option<String>> {
    let file = workspace.models().join("primary");
    if !file.is_file() {
        return Ok(None);
    }
    Ok(Some(engine::store::read_text(&file)?.trim().to_string()))
}

/// The version called `text` (`v2` or its full name), if it is registered.
pub fn find(workspace: &Workspace, text: &str) -> Result<Manifest> {
    let name = full_name(workspace, text);
    let file = manifest_file(&workspace.models().join(&name));
    if text.contains(['/', '\\']) || !file.is_file() {
        if archived(workspace)?.contains(&name) {
            return Err(Error::missing(format!("{name} is archived"))
                .hint(format!("bring it back first: pmtune models restore {}", words::shell(&name))));
        }
        let names: Vec<String> = list(workspace)?.into_iter().map(|m| m.name).collect();
        let known = if names.is_empty() { "none yet".to_string() } else { names.join(", ") };
        return Err(Error::missing(format!("there is no version `{text}`")).hint(format!("this workspace has {known}")));
    }
    Manifest::read(&file)
}

/// `PM-General-v2` for `v2`, any other name as it is.
pub fn full_name(workspace: &Workspace, text: &str) -> String {
    Name::typed(text, &workspace.config.line).map_or_else(|| text.to_string(), |name| name.to_string())
}

/// The newest version of the workspace's line, if there is one, and the name that comes after it.
pub fn next(workspace: &Workspace) -> Result<(Option<Manifest>, String)> {
    let line = &workspace.config.line;
    let number = |name: &str| Name::parse(name).filter(|name| name.line == *line).map(|name| name.number);
    let newest = list(workspace)?.into_iter().filter(|m| number(&m.name).is_some()).max_by_key(|m| number(&m.name));
    // The name of an archived version is taken.
    let archived = archived(workspace)?;
    let taken = newest.iter().map(|m| m.name.as_str()).chain(archived.iter().map(String::as_str));
    let next = taken.filter_map(number).max().unwrap_or(0).saturating_add(1);
    Ok((newest, Name { line: line.clone(), number: next }.to_string()))
}

fn manifest_file(folder: &Path) -> PathBuf {
    folder.join("manifest.yaml")
}
