//! Versions over different weights in one workspace could not be told apart by their training.

use crate::base;
use crate::registry::{Manifest, base_name};
use crate::workspace::Workspace;
use engine::error::{Error, Result};

/// What this workspace calls the base of a version from elsewhere.
///
/// # Errors
/// It is another base than the workspace's.
pub(super) fn base_here(workspace: &Workspace, manifest: &Manifest) -> Result<String> {
    let ours = &workspace.config.base;
    let local = base_name(workspace, ours, false).ok().and_then(|name| base::local(&name).ok().flatten());
    let (same, known) = match (&manifest.base.sha256, local) {
        // The same weights may have another name there.
        (Some(theirs), Some(local)) => (*theirs == local.sha256, true),
        _ => (manifest.base.name == *ours, false),
    };
    if same {
        return Ok(if known { ours.clone() } else { manifest.base.name.clone() });
    }
    let theirs = &manifest.base.name;
    let names = if theirs == ours {
        format!("other weights by the name {ours}")
    } else {
        format!("the base {theirs}, this workspace on {ours}")
    };
    Err(Error::input(format!("{} stands on {names}", manifest.name)).hint(format!(
        "receive it in a workspace on its base: make one with `pmtune init FOLDER`, and write `base: {theirs}` in its \
         pmtune.yaml"
    )))
}
