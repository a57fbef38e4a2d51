//! Who is asked: versions by the names that a person gave them, and `auto`.

use super::event::{Event, Sink};
use super::find;
use super::routing::{Members, Routing};
use super::sources::{Source, open};
use super::subject::{Stead, Subject};
use crate::registry::{self, AUTO, Version};
use crate::run::{Engine, OpenRun, Plan, Reports, VersionRef};
use crate::suite::Suite;
use crate::workspace::Workspace;
use engine::error::{Error, Result};
use engine::generate::SamplingOptions;
use std::collections::HashSet;

/// The contestants of a subject, with `sampling` laid over theirs, ready to be asked the cases of `suites`.
///
/// # Errors
/// There is no such version, or the same one twice; a base cannot be had; the routes have faults.
pub(super) fn contestants(
    workspace: &Workspace,
    subject: &Subject,
    sampling: &SamplingOptions,
    suites: &[Suite],
    sink: &dyn Sink,
) -> Result<(Vec<VersionRef>, Vec<Source>)> {
    let names = names(workspace, subject)?;
    if let Some(twice) = twice(names.iter()) {
        return Err(Error::usage(format!("{twice} would be compared with itself")).hint("name two versions"));
    }
    registry::distinct(&names)?;
    let versions = versions(workspace, subject, &names, sampling)?;
    let mut opened = Vec::new();
    for version in versions {
        opened.push(match version {
            Some(version) => {
                let (mut versions, mut sources) = open(workspace, vec![version], sink)?;
                (versions.remove(0), sources.remove(0))
            }
            None => {
                let routing = Routing::read(workspace, sink)?;
                let members = routing.members(workspace, sampling, sink)?;
                let (version, source) = routing.contestant(members, suites)?;
                let asked = version.routed.iter().map(|routed| format!("{AUTO} asks {}", routed.shares()));
                asked.for_each(|words| sink.tell(Event::Note(words)));
                (version, source)
            }
        });
    }
    Ok(opened.into_iter().unzip())
}

fn names(workspace: &Workspace, subject: &Subject) -> Result<Vec<String>> {
    Ok(match subject {
        Subject::One(model) => vec![model.clone()],
        Subject::Pair(pair) => pair.to_vec(),
        Subject::Several(names) => names.clone(),
        Subject::Gated { model, against } => {
            let full = || match model.as_str() {
                AUTO => Ok(AUTO.to_string()),
                model => registry::resolve(workspace, model).map(|version| version.name),
            };
            let before = match against {
                Some(named) => Some(named.clone()),
                None => find::against(workspace, &full()?)?,
            };
            before.into_iter().chain([model.clone()]).collect()
        }
        Subject::Exported(stead) => vec![stead.version.clone(), stead.model.clone()],
        // A stored run says itself of which version it is.
        Subject::Resume(_) | Subject::Rescore(_) => Vec::new(),
    })
}

/// The version of each name, with the sampling laid over its own; none of `auto`.
fn versions(
    workspace: &Workspace,
    subject: &Subject,
    names: &[String],
    sampling: &SamplingOptions,
) -> Result<Vec<Option<Version>>> {
    let resolve = |name: &String| (name != AUTO).then(|| registry::resolve(workspace, name)).transpose();
    let mut versions = names.iter().map(resolve).collect::<Result<Vec<_>>>()?;
    if let Some(twice) = twice(versions.iter().flatten().map(|version| &version.name)) {
        return Err(Error::usage(format!("two of these names mean {twice}")).hint("name each version once"));
    }
    if let (Subject::Exported(Stead { opening_inside, .. }), [Some(version), Some(file)]) =
        (subject, versions.as_mut_slice())
    {
        file.sampling = version.sampling.clone();
        if !opening_inside {
            file.system.clone_from(&version.system);
            file.examples.clone_from(&version.examples);
        }
    }
    for version in versions.iter_mut().flatten() {
        version.sampling = sampling.clone().layered(&version.sampling);
    }
    Ok(versions)
}

/// The first name that stands there a second time.
fn twice<'n>(names: impl Iterator<Item = &'n String>) -> Option<&'n String> {
    let mut seen = HashSet::new();
    names.into_iter().find(|name| !seen.insert(*name))
}

/// A stored run, to be finished on the same weights it began with.
///
/// # Errors
/// No such run; the version is no longer what it began with; nor are the suites.
pub(super) fn resume(
    workspace: &Workspace,
    reports: &Reports,
    id: &str,
    suites: &[Suite],
    engine: Option<Engine>,
    sink: &dyn Sink,
) -> Result<(Source, OpenRun)> {
    let stored = reports.load(id)?;
    let then = &stored.manifest.version;
    let (now, source) = match &then.routed {
        // Who answers which case was decided when it began.
        Some(routed) => {
            let names: Vec<String> = routed.versions.iter().map(|version| version.name.clone()).collect();
            let Members { versions, source } = Members::open(workspace, &names, &SamplingOptions::default(), sink)?;
            (versions, source)
        }
        None => {
            let mut version = registry::resolve(workspace, &then.name)?;
            version.system.clone_from(&then.system);
            version.examples.clone_from(&then.examples);
            let (versions, mut sources) = open(workspace, vec![version], sink)?;
            (versions, sources.remove(0))
        }
    };
    for (now, then) in now.iter().zip(then.members()) {
        if (&now.base, &now.adapter, &now.template) != (&then.base, &then.adapter, &then.template) {
            return Err(Error::model(format!("{} is no longer the model that run {id} began with", then.name))
                .hint("restore its base and adapter, or start a new run; answers that are still valid are reused"));
        }
    }
    let engine = engine.filter(|_| then.template.is_some());
    let plan = Plan::again(&stored.manifest, suites)?;
    Ok((source, reports.resume(id, plan.on(engine))?))
}
