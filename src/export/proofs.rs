//! The proofs that lie in a workspace.

use super::parity::Parity;
use crate::run::VersionRef;
use crate::workspace::Workspace;
use engine::error::{Error, Result};
use engine::store;
use std::path::{Path, PathBuf};

/// The name of a proof's file.
pub const PARITY: &str = "parity.json";

/// Where a workspace's exported files lie, each in a folder of its own.
pub fn exports(workspace: &Workspace) -> PathBuf {
    workspace.root.join("exports")
}

/// Reads one proof.
///
/// # Errors
/// No such file, or one that a newer program wrote.
pub fn read(file: &Path) -> Result<Parity> {
    let text = store::read_text(file)?;
    serde_json::from_str(&text).map_err(|e| {
        Error::input(format!("{} cannot be read", file.display()))
            .caused_by(e)
            .hint("prove the file again: pmtune export")
    })
}

/// Every proof with its folder, the newest first.
///
/// # Errors
/// A proof that cannot be read.
pub fn proofs(workspace: &Workspace) -> Result<Vec<(PathBuf, Parity)>> {
    let folders = std::fs::read_dir(exports(workspace)).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut found = Vec::new();
    for folder in folders.filter(|folder| folder.join(PARITY).is_file()) {
        found.push((folder.clone(), read(&folder.join(PARITY))?));
    }
    found.sort_by(|(x, a), (y, b)| (b.created, x).cmp(&(a.created, y)));
    Ok(found)
}

/// The newest proof of a file of this very version: its base, its adapter.
///
/// # Errors
/// A proof that cannot be read.
pub fn newest(workspace: &Workspace, version: &VersionRef) -> Result<Option<(PathBuf, Parity)>> {
    let same = |parity: &Parity| {
        (&parity.version, &parity.base, &parity.adapter) == (&version.name, &version.base, &version.adapter)
    };
    Ok(proofs(workspace)?.into_iter().find(|(_, parity)| same(parity)))
}
