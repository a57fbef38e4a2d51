//! What the workspace says of comparing, and what it calls its versions.

use crate::compare::Settings;
use crate::run::Run;
use crate::workspace::Workspace;

/// How the workspace wants its figures worked out.
pub fn settings(workspace: &Workspace) -> Settings {
    let settings = &workspace.config.compare;
    Settings {
        confidence: settings.confidence,
        resamples: settings.resamples,
        seed: settings.seed,
        negligible: settings.negligible,
    }
}

/// `v2` for a version of the workspace's own line, else the version's name.
pub fn label(workspace: &Workspace, run: &Run) -> String {
    let name = &run.manifest.version.name;
    match name.strip_prefix(&format!("{}-v", workspace.config.line)) {
        Some(number) => format!("v{number}"),
        None => name.clone(),
    }
}
