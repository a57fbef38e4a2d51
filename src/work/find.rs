//! Which stored runs are meant by the names of runs and versions.

use crate::gate::GateSettings;
use crate::registry;
use crate::run::{Manifest, Reports, Run};
use crate::workspace::Workspace;
use engine::error::{Error, Kind, Result};
use std::collections::BTreeSet;

/// The finished run that `named` means: a run's id or path, or a version, of which the newest finished run counts; those
/// that are `rather` wanted come before newer ones.
pub fn run_or_version(
    workspace: &Workspace,
    reports: &Reports,
    named: &str,
    rather: impl Fn(&Manifest) -> bool,
) -> Result<Run> {
    let missing = match reports.load(named) {
        Ok(run) if run.manifest.finished.is_some() => return Ok(run),
        Ok(run) => {
            return Err(Error::input(format!("run {} is not finished", run.manifest.id))
                .hint(format!("finish it first: pmtune eval --resume {}", run.manifest.id)));
        }
        Err(error) if error.kind == Kind::Missing => error,
        Err(error) => return Err(error),
    };
    let version = match by_label(reports, named)? {
        Some(labelled) => Some(labelled),
        None => full_name(workspace, named)?,
    };
    let of_version = |run: &Manifest| Some(&run.version.name) == version.as_ref();
    let best = newest(reports, |run| of_version(run) && rather(run))?;
    match best.map_or_else(|| newest(reports, of_version), |run| Ok(Some(run)))? {
        Some(run) => Ok(run),
        None => Err(nothing_of(workspace, named, missing)),
    }
}

/// The model behind an address that runs know under this label.
///
/// # Errors
/// The label was given to several.
fn by_label(reports: &Reports, named: &str) -> Result<Option<String>> {
    let runs = reports.list()?.runs;
    let names = runs.iter().map(|run| run.version.name.as_str());
    let called = names.filter(|name| registry::labelled(name).is_some_and(|(label, _)| label == named));
    let all: BTreeSet<&str> = called.collect();
    match all.len() {
        0 | 1 => Ok(all.first().map(|name| (*name).to_string())),
        _ => {
            let all: Vec<&str> = all.into_iter().collect();
            Err(Error::usage(format!("`{named}` was the label of {}", all.join(" and ")))
                .hint("name one of them in full"))
        }
    }
}

/// Why there is no run: nobody evaluated the version, or there is no such version either. `missing` is what the reports
/// said.
fn nothing_of(workspace: &Workspace, named: &str, missing: Error) -> Error {
    if missing.hint.as_ref().is_some_and(|hint| hint.starts_with("did you mean")) {
        return missing;
    }
    let nothing = format!("there is no finished run of {named}");
    match registry::resolve(workspace, named) {
        Ok(_) => Error::missing(nothing).hint(format!("evaluate it first: pmtune eval {named}")),
        Err(unknown) => Error { message: format!("{nothing}: {}", unknown.message), ..unknown },
    }
}

/// Two finished runs to hold against each other. Of a version named first, the newest run over the second one's cases
/// comes before newer ones.
pub fn pair(workspace: &Workspace, reports: &Reports, before: &str, after: &str) -> Result<(Run, Run)> {
    let after = run_or_version(workspace, reports, after, |_| true)?;
    let before = run_or_version(workspace, reports, before, |run| run.cases == after.manifest.cases)?;
    Ok((before, after))
}

/// The newest finished run that is `wanted`.
pub fn newest(reports: &Reports, wanted: impl Fn(&Manifest) -> bool) -> Result<Option<Run>> {
    let runs = reports.list()?.runs;
    let found = runs.iter().rev().find(|run| run.finished.is_some() && wanted(run));
    found.map(|run| reports.load(&run.id)).transpose()
}

/// The full name of a version; nothing for `primary` when no version is.
pub fn full_name(workspace: &Workspace, name: &str) -> Result<Option<String>> {
    match name {
        "primary" => registry::primary(workspace),
        name => Ok(Some(registry::full_name(workspace, name))),
    }
}

/// The run named, or the newest finished run of the version named, or of all.
pub fn candidate(workspace: &Workspace, reports: &Reports, named: Option<&str>) -> Result<Run> {
    match named {
        Some(named) => run_or_version(workspace, reports, named, |_| true),
        None => newest(reports, |_| true)?.ok_or_else(|| {
            Error::missing("there is no finished run to judge").hint("make one: pmtune eval --compare v1 v2 --gate")
        }),
    }
}

/// The run to compare `candidate` with. Of a version, the newest run over the same cases comes before newer ones.
pub fn baseline(workspace: &Workspace, reports: &Reports, named: &str, candidate: &Run) -> Result<Run> {
    let run = run_or_version(workspace, reports, named, |run| run.cases == candidate.manifest.cases)?;
    if run.manifest.id == candidate.manifest.id {
        return Err(Error::usage(format!("{} would be compared with itself", run.manifest.id))
            .hint("name another run or version with --against"));
    }
    Ok(run)
}

/// The version that `candidate` (a version's full name) must not lose against, where no flag says it: the one that
/// `gate.against` names, else the primary one.
pub fn against(workspace: &Workspace, candidate: &str) -> Result<Option<String>> {
    let named = workspace.section::<GateSettings>()?.and_then(|gate| gate.against);
    let other = |name: &String| full_name(workspace, name).is_ok_and(|full| full.as_deref() != Some(candidate));
    match named.filter(other) {
        Some(named) => Ok(Some(named)),
        None => Ok(registry::primary(workspace)?.filter(|primary| primary != candidate)),
    }
}
