use crate::error::{Error, Kind, Result};
use crate::registry;
use crate::run::{Reports, Run};
use crate::workspace::Workspace;

/// The finished runs that these names mean: run ids, paths, or versions.
pub fn find(workspace: &Workspace, reports: &Reports, names: &[String]) -> Result<Vec<Run>> {
    names.iter().map(|name| finished(workspace, reports, name)).collect()
}

fn finished(workspace: &Workspace, reports: &Reports, name: &str) -> Result<Run> {
    let run = match reports.load(name) {
        Err(error) if error.kind == Kind::Missing => newest(workspace, reports, name)?.ok_or(error)?,
        loaded => loaded?,
    };
    if run.manifest.finished.is_none() {
        return Err(Error::input(format!("run {} is not finished", run.manifest.id))
            .hint(format!("finish it first: pmtune eval --resume {}", run.manifest.id)));
    }
    Ok(run)
}

/// The newest finished run of a version; `None` when the name is no version's.
fn newest(workspace: &Workspace, reports: &Reports, name: &str) -> Result<Option<Run>> {
    let version = match name {
        "primary" => registry::primary(workspace)?.unwrap_or_default(),
        _ => registry::full_name(workspace, name),
    };
    let manifests = reports.list()?.runs;
    let of_version = manifests.iter().rev().find(|m| m.finished.is_some() && m.version.name == version);
    match of_version {
        Some(manifest) => reports.load(&manifest.id).map(Some),
        None if version != name || registry::find(workspace, name).is_ok() => {
            Err(Error::missing(format!("there is no finished run of {name}"))
                .hint(format!("make one: pmtune eval {name}")))
        }
        None => Ok(None),
    }
}
