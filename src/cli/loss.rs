//! The loss logs of the versions that a report is about.

use super::out;
use crate::report::Training;
use crate::run::Run;
use crate::train::LossLog;
use crate::workspace::Workspace;
use std::path::{Component, Path};

/// What `pmtune train` logged of these runs' versions, each under its label. A damaged log is no reason to withhold a
/// report: it is warned of and left out.
pub fn logs(workspace: &Workspace, runs: &[(&str, &Run)]) -> Vec<Training> {
    let mut names: Vec<&str> = Vec::new();
    let mut found = Vec::new();
    for (label, run) in runs {
        let version = &run.manifest.version;
        // A name is also that of a file or an endpoint; only one without a separator can be a version's folder.
        let plain = matches!(Path::new(&version.name).components().collect::<Vec<_>>()[..], [Component::Normal(_)]);
        if !plain || version.adapter.is_none() || names.contains(&version.name.as_str()) {
            continue;
        }
        names.push(&version.name);
        let path = workspace.models().join(&version.name).join("loss.csv");
        match path.is_file().then(|| LossLog::read(&path)) {
            Some(Ok(entries)) if !entries.is_empty() => found.push(Training { label: label.to_string(), entries }),
            Some(Err(error)) => out::warning(format!("{label} is reported without its training: {error}")),
            _ => {}
        }
    }
    found
}
