//! Where versions come from, archived ones included.

use crate::base::BaseName;
use crate::registry::{self, AUTO, Manifest, base_name};
use crate::run::Reports;
use crate::workspace::Workspace;
use crate::yaml::Node;
use engine::error::{Error, Kind, Result};

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

/// A fault for every model that `file` (the workspace's `pmtune.yaml`) or a version's manifest names and that is not to be
/// found. What lies on the hub shows when it is needed.
pub fn misnamed(workspace: &Workspace, file: &Node) -> Vec<Error> {
    let mut faults = Vec::new();
    let mut at = |node: &Node, fault: Error| faults.push(Error { kind: Kind::Input, ..fault.at(node.place()) });
    if let Some((node, text)) = file.get("base").and_then(|node| Some((node, node.as_str()?)))
        && let Ok(BaseName::Path(path)) = BaseName::written(text, &workspace.root)
        && !path.exists()
    {
        at(
            node,
            Error::missing(format!("there is no {}", path.display()))
                .hint("correct the path; it is relative to this file"),
        );
    }
    let against = file.get("gate").and_then(|gate| gate.get("against"));
    if let Some((node, text)) = against.and_then(|node| Some((node, node.as_str()?)))
        && text != AUTO
        && let Err(unknown) = registry::resolve(workspace, text)
        && manifest(workspace, text).is_err()
        && Reports::new(workspace.reports()).load(text).is_err()
    {
        at(node, unknown);
    }
    for version in registry::list(workspace).unwrap_or_default() {
        let base = base_name(workspace, &version.base.name, false);
        let named = |fault: Error| Error { message: format!("{}: {}", version.name, fault.message), ..fault };
        faults.extend(base.err().map(named));
    }
    faults
}
