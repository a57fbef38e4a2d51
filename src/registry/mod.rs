//! The versions of a workspace: `models/<Name-vN>/manifest.yaml`, one of them `primary`.
//!
//! [`resolve`] turns whatever a person calls a model (`v2`, `primary`, `base`, a `.gguf`, `openai:URL#model`) into a
//! [`Version`] with everything an evaluation needs to know.

mod manifest;
mod resolve;

pub use manifest::{BaseRecord, FewShot, Manifest};
pub use resolve::{Origin, Version, resolve};

use crate::error::{Error, Result};
use crate::workspace::Workspace;
use std::path::{Path, PathBuf};

/// The registered versions, oldest number first within a line.
pub fn list(workspace: &Workspace) -> Result<Vec<Manifest>> {
    let folder = workspace.models();
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries = std::fs::read_dir(&folder).map_err(|e| Error::io("read", &folder, e))?;
    let mut files: Vec<PathBuf> =
        entries.filter_map(|e| e.ok().map(|e| manifest_file(&e.path()))).filter(|f| f.is_file()).collect();
    files.sort();
    let (good, bad): (Vec<_>, Vec<_>) = files.iter().map(|f| Manifest::read(f)).partition(|r| r.is_ok());
    if let Some(error) = Error::gather(bad.into_iter().filter_map(Result::err)) {
        return Err(error);
    }
    let mut manifests: Vec<Manifest> = good.into_iter().filter_map(Result::ok).collect();
    manifests.sort_by_key(|m| (m.line().to_string(), m.number()));
    Ok(manifests)
}

/// The version that the workspace uses in earnest, if one was chosen.
pub fn primary(workspace: &Workspace) -> Result<Option<String>> {
    let file = workspace.models().join("primary");
    if !file.is_file() {
        return Ok(None);
    }
    Ok(Some(crate::store::read_text(&file)?.trim().to_string()))
}

fn manifest_file(folder: &Path) -> PathBuf {
    folder.join("manifest.yaml")
}
