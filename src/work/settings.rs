//! What the workspace says of comparing, and what it calls its versions.

use crate::compare::{Outcomes, Settings};
use crate::registry;
use crate::run::Run;
use crate::workspace::Workspace;
use engine::error::Result;

/// How the workspace wants its figures worked out.
pub fn settings(workspace: &Workspace) -> Result<Settings> {
    Ok(workspace.section()?.unwrap_or_default())
}

/// What the versions of two runs are called: `v2` for one of the workspace's own line, and so that they are told apart.
pub fn labels(workspace: &Workspace, a: &Run, b: &Run) -> Outcomes<String> {
    let (a, b) = registry::labels(&workspace.config.line, &a.manifest.version.name, &b.manifest.version.name);
    Outcomes { a, b }
}
