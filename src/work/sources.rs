//! From versions to providers: bases are pulled, hashes checked, and versions over one base share it in memory.

use super::event::{self, Sink, ensure_base};
use crate::base::Base;
use crate::provider::{EndpointSettings, Event, Local, Provider, Remote, RemoteOptions, Request};
use crate::registry::{self, Origin, Version};
use crate::run::{VersionRef, Weights};
use crate::workspace::Workspace;
use candle_core::Device;
use engine::error::{Error, Result};
use engine::generate::Sampling;
use std::ops::ControlFlow;
use std::path::PathBuf;

/// Where a version's answers come from, ready to be asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    Local {
        base: Base,
        adapter: Option<PathBuf>,
    },
    /// Of `auto`: the adapter of each version that may be asked, over one base.
    Routed {
        base: Base,
        adapters: Vec<Option<PathBuf>>,
    },
    Endpoint(String),
}

impl Source {
    /// The base, of what is on this computer.
    pub fn base(&self) -> Option<&Base> {
        match self {
            Self::Local { base, .. } | Self::Routed { base, .. } => Some(base),
            Self::Endpoint(_) => None,
        }
    }

    /// The adapter of each version that this stands for.
    fn adapters(&self) -> &[Option<PathBuf>] {
        match self {
            Self::Local { adapter, .. } => std::slice::from_ref(adapter),
            Self::Routed { adapters, .. } => adapters,
            Self::Endpoint(_) => &[None],
        }
    }
}

/// The contestants that one provider answers for, each with as many of its versions as it stands for, in this order.
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
    let mut weights = None;
    let (source, base, adapter, template) = match &version.origin {
        Origin::Endpoint(url) => (Source::Endpoint(url.clone()), url.clone(), None, None),
        Origin::Local { base: name, expected, adapter, template, thinks } => {
            let base = Base { template: *template, thinks: *thinks, ..ensure_base(name, sink)? };
            check_base(&version.name, expected.as_deref(), &base)?;
            let hash = adapter.as_deref().map(registry::adapter_hash).transpose()?;
            let chat = base.open()?.chat;
            // A version was made with its template; of a base alone nobody has chosen one.
            if let (None, None, Some(lent)) = (adapter, template, chat.lent_template()) {
                let (name, lent) = (&version.name, lent.name());
                sink.tell(event::Event::Note(format!(
                    "{name} has no chat template of its own: `{lent}` is lent to it"
                )));
            }
            // A base and a version made on it share memory.
            let base = Base { template: chat.lent_template(), ..base };
            let template = chat.template_hash().to_string();
            weights = Some(Weights { name: name.to_string(), bytes: base.bytes()? });
            let sha256 = base.sha256.clone();
            (Source::Local { base, adapter: adapter.clone() }, sha256, hash, Some(template))
        }
    };
    let workspace_sampling = workspace.config.sampling.over(Sampling::default());
    let thinks = matches!(version.origin, Origin::Local { thinks: true, .. });
    let version_ref = VersionRef {
        name: version.name,
        base,
        adapter,
        system: version.system,
        examples: version.examples,
        sampling: version.sampling.over(workspace_sampling),
        template,
        thinks,
        weights,
        routed: None,
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

/// How this workspace asks endpoints, with `concurrency` in the place of its own where it is given.
pub fn remote(workspace: &Workspace, concurrency: Option<usize>) -> Result<RemoteOptions> {
    let settings: EndpointSettings = workspace.section()?.unwrap_or_default();
    Ok(RemoteOptions { concurrency: concurrency.unwrap_or(settings.concurrency), ..settings.into() })
}

/// One group for each base and each endpoint. Bases compute on `device`, or on the processor if there is none; endpoints are asked as
/// `remote` says.
pub fn groups(sources: &[Source], device: Option<&Device>, remote: &RemoteOptions) -> Result<Vec<Group>> {
    let mut sets: Vec<Vec<usize>> = Vec::new();
    for (index, source) in sources.iter().enumerate() {
        let same = |set: &&mut Vec<usize>| share(&sources[set[0]], source);
        match sets.iter_mut().find(same) {
            Some(set) => set.push(index),
            None => sets.push(vec![index]),
        }
    }
    let group = |members: Vec<usize>| Ok(Group { provider: provider(sources, &members, device, remote)?, members });
    sets.into_iter().map(group).collect()
}

fn share(a: &Source, b: &Source) -> bool {
    match (a.base(), b.base()) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    }
}

fn provider(
    sources: &[Source],
    members: &[usize],
    device: Option<&Device>,
    remote: &RemoteOptions,
) -> Result<Box<dyn Provider>> {
    let adapters = members.iter().flat_map(|&i| sources[i].adapters().iter().cloned());
    Ok(match &sources[members[0]] {
        Source::Endpoint(url) => Box::new(Remote::parse(url, remote)?),
        Source::Local { base, .. } | Source::Routed { base, .. } => {
            let (base, adapters) = (base.clone(), adapters.collect());
            Box::new(OnDemand { base, adapters, device: device.cloned() })
        }
    })
}

/// The model for a conversation with a version, or with the several that one stands for.
pub fn engine(source: &Source) -> Result<Local> {
    match source {
        Source::Local { base, .. } | Source::Routed { base, .. } => Local::new(base.open()?, source.adapters()),
        Source::Endpoint(url) => Err(Error::usage(format!("{url} is not on this computer"))
            .hint("`pmtune chat` and `pmtune render` need a local version")),
    }
}

/// Loads the weights at the first question only: a run whose answers are all reused needs none.
struct OnDemand {
    base: Base,
    adapters: Vec<Option<PathBuf>>,
    device: Option<Device>,
}

impl Provider for OnDemand {
    fn answer(&self, requests: Vec<Request>, sink: &mut dyn FnMut(Event) -> ControlFlow<()>) -> Result<()> {
        let base = self.base.open()?;
        match &self.device {
            None => Local::new(base, &self.adapters)?.answer(requests, sink),
            Some(device) => Local::on(base, &self.adapters, device.clone())?.answer(requests, sink),
        }
    }
}
