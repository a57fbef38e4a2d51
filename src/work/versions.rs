//! Where versions come from, archived ones included.

use crate::registry::{self, Manifest};
use crate::workspace::Workspace;
use engine::error::Result;

/// The manifest of a version that is here, or of an archived one.
pub fn manifest(workspace: &Workspace, text: &str) -> Result<Manifest> {
    let name = registry::full_name(workspace, text);
    if registry::archived(workspace)?.contains(&name) {
        return registry::archived_manifest(workspace, &name);
    }
    registry::find(workspace, text)
}

/// The versions here that were made from `name`.
pub fn children(workspace: &Workspace, name: &str) -> Result<Vec<String>> {
    let made = registry::list(workspace)?.into_iter().filter(|m| m.parent.as_deref() == Some(name));
    Ok(made.map(|m| m.name).collect())
}

/// From the base over the first ancestor to the version itself; a loop in the manifests ends the walk.
pub fn lineage(workspace: &Workspace, manifest: &Manifest) -> Vec<String> {
    let mut names = vec![manifest.name.clone()];
    let mut next = manifest.parent.clone();
    while let Some(name) = next.filter(|name| !names.contains(name)) {
        next = self::manifest(workspace, &name).ok().and_then(|parent| parent.parent);
        names.push(name);
    }
    names.push(manifest.base.name.clone());
    names.reverse();
    names
}
