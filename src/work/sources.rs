//! From versions to providers: bases are pulled, hashes checked, and versions over one base share it in memory.

use super::event::{Sink, ensure_base};
use crate::base::Base;
use crate::provider::{Event, Local, Provider, Remote, RemoteOptions, Request};
use crate::registry::{self, Origin, Version};
use crate::run::VersionRef;
use crate::workspace::Workspace;
use engine::error::{Error, Result};
use engine::generate::Sampling;
use engine::model;
use std::ops::ControlFlow;
use std::path::PathBuf;

/// Where a version's answers come from, ready to be asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    Local { base: Base, adapter: Option<PathBuf> },
    Endpoint(String),
}

/// The versions that one provider answers for; `members[i]` is version `i` of it.
pub struct Group {
    pub provider: Box<dyn Provider>,
    pub members: Vec<usize>,
}

/// Makes sure that every version can be asked: its base is on disk (pulled if need be) and the one it was made on.
///
/// Gives what a run records of each, and where its answers come from.
pub fn open(workspace: &Workspace, versions: Vec<Version>, sink: &dyn Sink) -> Result<(Vec<VersionRef>, Vec<Source>)> {
    let opened: Vec<_> = versions.into_iter().map(|v| open_one(workspace, v, sink)).collect::<Result<_>>()?;
    Ok(opened.into_iter().unzip())
}

fn open_one(workspace: &Workspace, version: Version, sink: &dyn Sink) -> Result<(VersionRef, Source)> {
    let (source, base, adapter, template) = match &version.origin {
        Origin::Endpoint(url) => (Source::Endpoint(url.clone()), url.clone(), None, None),
        Origin::Local { base: name, expected, adapter } => {
            let base = ensure_base(name, sink)?;
            check_base(&version.name, expected.as_deref(), &base)?;
            let hash = adapter.as_deref().map(registry::adapter_hash).transpose()?;
            let template = model::open(&base.path)?.chat.template_hash().to_string();
            let sha256 = base.sha256.clone();
            (Source::Local { base, adapter: adapter.clone() }, sha256, hash, Some(template))
        }
    };
    let workspace_sampling = workspace.config.sampling.over(Sampling::default());
    let version_ref = VersionRef {
        name: version.name,
        base,
        adapter,
        system: version.system,
        examples: version.examples,
        sampling: version.sampling.over(workspace_sampling),
        template,
    };
    Ok((version_ref, source))
}

fn check_base(name: &str, expected: Option<&str>, base: &Base) -> Result<()> {
    match expected {
        Some(expected) if expected != base.sha256 => Err(Error::model(format!(
            "{name} was made on other weights than {}: SHA-256 {}, expected {expected}",
            base.path.display(),
            base.sha256
        ))
        .hint("pull the base it was made on, or correct `base:` in its manifest")),
        _ => Ok(()),
    }
}

/// One group for each base and each endpoint.
pub fn groups(sources: &[Source]) -> Result<Vec<Group>> {
    let mut sets: Vec<Vec<usize>> = Vec::new();
    for (index, source) in sources.iter().enumerate() {
        let same = |set: &&mut Vec<usize>| share(&sources[set[0]], source);
        match sets.iter_mut().find(same) {
            Some(set) => set.push(index),
            None => sets.push(vec![index]),
        }
    }
    sets.into_iter().map(|members| Ok(Group { provider: provider(sources, &members)?, members })).collect()
}

fn share(a: &Source, b: &Source) -> bool {
    match (a, b) {
        (Source::Local { base: a, .. }, Source::Local { base: b, .. }) => a == b,
        (a, b) => a == b,
    }
}

fn provider(sources: &[Source], members: &[usize]) -> Result<Box<dyn Provider>> {
    let adapters = members.iter().map(|&i| match &sources[i] {
        Source::Local { adapter, .. } => adapter.clone(),
        Source::Endpoint(_) => None,
    });
    Ok(match &sources[members[0]] {
        Source::Endpoint(url) => Box::new(Remote::parse(url, &RemoteOptions::default())?),
        Source::Local { base, .. } => Box::new(OnDemand { base: base.path.clone(), adapters: adapters.collect() }),
    })
}

/// The model for a conversation with one version.
pub fn engine(source: &Source) -> Result<Local> {
    match source {
        Source::Local { base, adapter } => Local::new(model::open(&base.path)?, std::slice::from_ref(adapter)),
        Source::Endpoint(url) => Err(Error::usage(format!("{url} is not on this computer"))
            .hint("`pmtune chat` and `pmtune render` need a local version")),
    }
}

/// Loads the weights at the first question only: a run whose answers are all reused needs none.
struct OnDemand {
    base: PathBuf,
    adapters: Vec<Option<PathBuf>>,
}

impl Provider for OnDemand {
    fn answer(&self, requests: Vec<Request>, sink: &mut dyn FnMut(Event) -> ControlFlow<()>) -> Result<()> {
        Local::new(model::open(&self.base)?, &self.adapters)?.answer(requests, sink)
    }
}
