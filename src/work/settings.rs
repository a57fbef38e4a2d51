//! What the workspace says of comparing, and what it calls its versions.

use crate::compare::Settings;
use crate::run::Run;
use crate::workspace::Workspace;
use engine::error::Result;

/// How the workspace wants its figures worked out.
pub fn settings(workspace: &Workspace) -> Result<Settings> {
    Ok(workspace.section()?.unwrap_or_default())
}

/// `v2` for a version of the workspace's own line, else the version's name.
pub fn label(workspace: &Workspace, run: &Run) -> String {
    let name = &run.manifest.version.name;
    match name.strip_prefix(&format!("{}-v", workspace.config.line)) {
        Some(number) => format!("v{number}"),
        None => name.clone(),
    }
}
