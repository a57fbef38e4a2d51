//! `models/deployed.yaml`: which version's file lies where.

use super::target::Target;
use crate::workspace::Workspace;
use engine::error::{Error, Result};
use engine::store;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// One file outside this workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployed {
    pub version: String,
    pub to: Target,
    /// The file; for Ollama the name of its model.
    pub place: PathBuf,
    pub sha256: String,
    pub at: Timestamp,
}

fn file(workspace: &Workspace) -> PathBuf {
    workspace.models().join("deployed.yaml")
}

/// Every deployment, the oldest first.
///
/// # Errors
/// The file cannot be read.
pub fn deployed(workspace: &Workspace) -> Result<Vec<Deployed>> {
    let file = file(workspace);
    if !file.is_file() {
        return Ok(Vec::new());
    }
    let text = store::read_text(&file)?;
    serde_yaml::from_str(&text).map_err(|e| {
        Error::input(format!("{}: {e}", file.display())).hint("mend the line, or remove the file and deploy again")
    })
}

/// Notes a deployment in the place of an earlier one to the same place.
///
/// # Errors
/// The file system refuses.
pub fn add(workspace: &Workspace, entry: Deployed) -> Result<()> {
    let mut all = deployed(workspace)?;
    all.retain(|known| (&known.to, &known.place) != (&entry.to, &entry.place));
    all.push(entry);
    write(workspace, &all)
}

/// Strikes a deployment out.
///
/// # Errors
/// The file system refuses.
pub fn remove(workspace: &Workspace, entry: &Deployed) -> Result<()> {
    let mut all = deployed(workspace)?;
    all.retain(|known| known != entry);
    write(workspace, &all)
}

fn write(workspace: &Workspace, all: &[Deployed]) -> Result<()> {
    let text =
        serde_yaml::to_string(all).map_err(|e| Error::input(format!("the deployments cannot be written: {e}")))?;
    store::replace(&file(workspace), text.as_bytes())
}
