//! `auto`: the routes of a workspace, ready to decide and to be asked.

use super::event::{Event, Sink, ensure_base};
use super::settings::settings;
use super::sources::{Source, open};
use crate::base::{BaseName, SENTENCES};
use crate::registry::{self, AUTO};
use crate::route::{Accuracy, Instructions, Router, Routes, accuracy};
use crate::run::{Routed, VersionRef};
use crate::suite::Suite;
use crate::training_data::Vectors;
use crate::workspace::Workspace;
use engine::error::{Error, Result};
use engine::generate::SamplingOptions;
use std::path::PathBuf;

/// The router of a workspace with the sentence model it decides by.
pub struct Routing {
    pub router: Router,
    pub vectors: Vectors,
}

impl Routing {
    /// Reads the routes and the training instructions, and gets the sentence model where it is not here yet.
    ///
    /// # Errors
    /// Faults of `models/routes.yaml` or of the training data; the sentence model cannot be had.
    pub fn read(workspace: &Workspace, sink: &dyn Sink) -> Result<Self> {
        // Without routes it does not matter what else is missing.
        if !Routes::file(workspace).is_file() {
            return Err(Routes::missing());
        }
        let instructions = Instructions::read(workspace)?;
        instructions.passed_over.iter().for_each(|what| sink.tell(Event::Note(what.clone())));
        let routes = Routes::read(workspace, &instructions)?;
        let needs =
            |error: Error| Error { message: format!("`{AUTO}` needs the sentence model: {}", error.message), ..error };
        ensure_base(&BaseName::Named(SENTENCES.into()), sink).map_err(needs)?;
        let gone = || {
            Error::missing(format!("`{AUTO}` needs the sentence model"))
                .hint(format!("get it: pmtune pull {SENTENCES}"))
        };
        let vectors = Vectors::local()?.ok_or_else(gone)?;
        let router = Router::new(routes, instructions, &vectors, &|_, _| ())?;
        Ok(Self { router, vectors })
    }

    /// How often held-out instructions find their version.
    ///
    /// # Errors
    /// The sentence model fails; `compare:` in `pmtune.yaml` is wrong.
    pub fn accuracy(&self, workspace: &Workspace) -> Result<Accuracy> {
        accuracy(&self.router, &self.vectors, settings(workspace)?.confidence)
    }

    /// The versions that may be asked, with `sampling` laid over theirs, the one that answers otherwise first.
    ///
    /// # Errors
    /// One cannot be asked; they do not all stand on one base.
    pub fn members(&self, workspace: &Workspace, sampling: &SamplingOptions, sink: &dyn Sink) -> Result<Members> {
        let names: Vec<String> = self.router.routes.versions().into_iter().map(String::from).collect();
        Members::open(workspace, &names, sampling, sink)
    }

    /// The contestant `auto`, with who answers each case of `suites`.
    ///
    /// # Errors
    /// As for [`members`](Self::members); the sentence model fails.
    pub fn contestant(&self, members: Members, suites: &[Suite]) -> Result<(VersionRef, Source)> {
        let cases: Vec<_> = suites.iter().flat_map(|suite| &suite.cases).collect();
        let prompts: Vec<&str> = cases.iter().map(|case| case.prompt.as_str()).collect();
        let decisions = self.router.decide(&prompts, &self.vectors)?;
        let routed = Routed {
            routes: self.router.routes.sha256.clone(),
            instructions: self.router.instructions.hash(),
            cases: cases.iter().zip(decisions).map(|(case, decision)| (case.id.clone(), decision.version)).collect(),
            versions: members.versions,
        };
        Ok((contestant(routed)?, members.source))
    }
}

fn contestant(routed: Routed) -> Result<VersionRef> {
    let first = routed.versions.first().ok_or_else(Routes::missing)?;
    Ok(VersionRef {
        name: AUTO.to_string(),
        base: first.base.clone(),
        adapter: None,
        system: None,
        examples: Vec::new(),
        sampling: first.sampling.clone(),
        template: first.template.clone(),
        thinks: first.thinks,
        weights: first.weights.clone(),
        routed: Some(routed),
    })
}

/// Versions over one base, and where their answers come from.
pub struct Members {
    pub versions: Vec<VersionRef>,
    pub source: Source,
}

impl Members {
    /// Opens versions by their names.
    ///
    /// # Errors
    /// One cannot be asked; they do not all stand on one base.
    pub fn open(workspace: &Workspace, names: &[String], sampling: &SamplingOptions, sink: &dyn Sink) -> Result<Self> {
        let resolve = |name: &String| {
            let mut version = registry::resolve(workspace, name)?;
            version.sampling = sampling.clone().layered(&version.sampling);
            Ok(version)
        };
        let versions = names.iter().map(resolve).collect::<Result<Vec<_>>>()?;
        let (versions, sources) = open(workspace, versions, sink)?;
        let mut shared = None;
        let mut adapters: Vec<Option<PathBuf>> = Vec::new();
        for (version, source) in versions.iter().zip(sources) {
            let Source::Local { base, adapter } = source else {
                return Err(Error::usage(format!("{} is not on this computer", version.name)));
            };
            if shared.get_or_insert_with(|| base.clone()) != &base {
                return Err(Error::input(format!(
                    "`{AUTO}` asks versions of one base, and {} stands on another than {}",
                    version.name, versions[0].name
                ))
                .hint("name versions of one base in models/routes.yaml, its `otherwise` included"));
            }
            adapters.push(adapter);
        }
        let base = shared.ok_or_else(Routes::missing)?;
        Ok(Self { versions, source: Source::Routed { base, adapters } })
    }
}
