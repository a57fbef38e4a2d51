//! Which models are served: `primary`, every version, and `base`, each under its name, and `auto` where there are routes.

use super::auto::Auto;
use super::refusal::Refusal;
use super::worker::{Load, Question, Worker};
use crate::base::Base;
use crate::registry::{self, AUTO, Name};
use crate::run::VersionRef;
use crate::words;
use crate::work::sources::{self, Source};
use crate::work::{DeviceChoice, Event, Sink};
use crate::workspace::Workspace;
use axum::http::StatusCode;
use engine::chat::Chat;
use engine::error::{Error, Result};
use engine::files::{self, Config};
use engine::generate::Sampling;
use std::path::PathBuf;
use std::sync::Arc;

/// One version that can be asked.
#[derive(Clone)]
pub struct Model {
    /// Its full name, or `base`.
    pub id: String,
    pub version: VersionRef,
    /// What the workspace calls its base.
    pub base: String,
    pub promoted: bool,
    /// Which base of the catalogue.
    group: usize,
    /// Which of the versions over that base.
    member: usize,
    chat: Arc<Chat>,
    pub context_tokens: usize,
    pub family: String,
}

/// One base and its versions.
struct Group {
    base: Base,
    config: Config,
    chat: Arc<Chat>,
    adapters: Vec<Option<PathBuf>>,
}

/// The models of one workspace, as they are at the start.
pub struct Catalogue {
    line: String,
    groups: Vec<Group>,
    models: Vec<Model>,
    auto: Option<Auto>,
}

impl Catalogue {
    /// Finds the versions and their bases, pulled if need be. Nothing large is loaded. A version that cannot be served is
    /// left out, which `sink` is told.
    ///
    /// # Errors
    /// Nothing can be served.
    pub fn open(workspace: &Workspace, sink: &dyn Sink) -> Result<Self> {
        let mut catalogue =
            Self { line: workspace.config.line.clone(), groups: Vec::new(), models: Vec::new(), auto: None };
        let primary = registry::primary(workspace)?;
        let names: Vec<(String, String)> =
            registry::list(workspace)?.into_iter().map(|manifest| (manifest.name, manifest.base.name)).collect();
        if let Some(gone) = primary.as_ref().filter(|primary| names.iter().all(|(name, _)| name != *primary)) {
            sink.tell(Event::Warning(format!("{gone} is primary and is not here, so nothing is served as `primary`")));
        }
        let mut last = None;
        for (name, base) in names.into_iter().chain([("base".to_string(), workspace.config.base.clone())]) {
            let promoted = primary.as_deref() == Some(name.as_str());
            match catalogue.add(workspace, &name, base, promoted, sink) {
                Ok(()) => warn_of_name(&name, sink),
                Err(error) => {
                    sink.tell(Event::Warning(format!("{name} is not served: {error}")));
                    last = Some(error);
                }
            }
        }
        if let (true, Some(error)) = (catalogue.models.is_empty(), last) {
            return Err(error);
        }
        catalogue.auto = Auto::open(workspace, sink);
        Ok(catalogue)
    }

    fn add(&mut self, workspace: &Workspace, name: &str, base: String, promoted: bool, sink: &dyn Sink) -> Result<()> {
        let version = registry::resolve(workspace, name)?;
        let (mut versions, mut found) = sources::open(workspace, vec![version], sink)?;
        let (Some(version), Some(Source::Local { base: files, adapter })) = (versions.pop(), found.pop()) else {
            return Err(Error::usage(format!("{name} is not on this computer")));
        };
        let group = match self.groups.iter().position(|group| group.base == files) {
            Some(at) => at,
            None => {
                self.groups.push(Group::open(files)?);
                self.groups.len() - 1
            }
        };
        let Group { chat, config, adapters, .. } = &mut self.groups[group];
        // One adapter that cannot be used must not keep the others from being served.
        adapter.iter().try_for_each(|folder| files::check_adapter(folder, config))?;
        adapters.push(adapter);
        self.models.push(Model {
            id: name.to_string(),
            version,
            base,
            promoted,
            group,
            member: adapters.len() - 1,
            chat: chat.clone(),
            context_tokens: config.context_length,
            family: format!("{:?}", config.family).to_lowercase(),
        });
        Ok(())
    }

    /// A thread for each base, in order. The base of the model that is asked first of all is loaded now, the others when
    /// they are asked.
    ///
    /// # Errors
    /// That base cannot be loaded.
    pub(super) fn start(&self, device: DeviceChoice, queue: usize) -> Result<Vec<Worker>> {
        let first = self.usual().map(|model| model.group);
        let load = |(at, group): (usize, &Group)| {
            let (base, adapters) = (group.base.clone(), group.adapters.clone());
            Worker::start(Load { base, adapters, device, at_once: first == Some(at) }, queue)
        };
        self.groups.iter().enumerate().map(load).collect()
    }

    /// The model that people mean who name none: primary, else the newest version, else the base.
    pub fn usual(&self) -> Option<&Model> {
        let newest = || self.models.iter().rev().find(|model| model.id != "base");
        self.models.iter().find(|model| model.promoted).or_else(newest).or_else(|| self.models.last())
    }

    /// The id under which settings name the usual model.
    pub fn usual_id(&self) -> &str {
        match self.usual() {
            Some(model) if !model.promoted => &model.id,
            _ => "primary",
        }
    }

    /// Every id with its model, as lists show them. Short names such as `v3` are understood too. With `auto` stands the
    /// model that answers what no other is chosen for.
    pub fn listed(&self) -> Vec<(&str, &Model)> {
        let primary = self.models.iter().find(|model| model.promoted).map(|model| ("primary", model));
        let auto = self.otherwise().map(|model| (AUTO, model));
        let own = self.models.iter().map(|model| (model.id.as_str(), model));
        primary.into_iter().chain(own).chain(auto).collect()
    }

    /// The routes, where `id` is `auto`.
    pub(super) fn auto(&self, id: &str) -> Option<&Auto> {
        self.auto.as_ref().filter(|_| id == AUTO)
    }

    /// Who answers where `auto` chooses no other.
    fn otherwise(&self) -> Option<&Model> {
        let auto = self.auto.as_ref()?;
        self.models.iter().find(|model| model.id == auto.routes().otherwise)
    }

    /// The model called `id`.
    pub(super) fn find(&self, id: &str) -> Result<&Model, Refusal> {
        let full = Name::typed(id, &self.line).map(|name| name.to_string());
        let named = |model: &&Model| model.id == id || full.as_deref() == Some(&model.id);
        let found = match id {
            AUTO => self.otherwise(),
            "primary" => self.models.iter().find(|model| model.promoted),
            _ => self.models.iter().find(named),
        };
        found.ok_or_else(|| {
            let ids: Vec<&str> = self.listed().into_iter().map(|(id, _)| id).collect();
            let message =
                format!("there is no model `{}`; this server has {}", words::clip(id, 100), words::list(&ids));
            Refusal::new(StatusCode::NOT_FOUND, "model_not_found", message)
        })
    }
}

impl Group {
    fn open(base: Base) -> Result<Self> {
        let files::Source { config, chat, .. } = base.open()?;
        Ok(Self { base, config, chat: Arc::new(chat), adapters: Vec::new() })
    }
}

impl Model {
    pub(super) fn chat(&self) -> &Chat {
        &self.chat
    }

    /// Which of the catalogue's bases it stands on.
    pub(super) fn group(&self) -> usize {
        self.group
    }

    /// The question that `prompt` is to this version, if there is room for an answer.
    pub(super) fn question(&self, prompt: Vec<u32>, sampling: Sampling) -> Result<Question, Refusal> {
        let (context, tokens) = (self.context_tokens, prompt.len());
        let Some(room) = context.checked_sub(tokens).filter(|room| *room > 0) else {
            // Begins in OpenAI's words, for LiteLLM and others know this refusal by them and not by its code.
            let message = format!(
                "This model's maximum context length is {context} tokens, its answer included, and the prompt is {tokens} \
                 tokens long: shorten the conversation, or use a version on a base with a longer context"
            );
            return Err(Refusal::new(StatusCode::BAD_REQUEST, "context_length_exceeded", message));
        };
        Ok(Question { member: self.member, prompt, sampling, room })
    }
}

/// Continue takes models whose names begin like OpenAI's own for those.
fn warn_of_name(name: &str, sink: &dyn Sink) {
    let lower = name.to_lowercase();
    let digit = |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit());
    let theirs = lower.strip_prefix('o').is_some_and(digit) || lower.strip_prefix("gpt-").is_some_and(digit);
    if theirs {
        sink.tell(Event::Warning(format!(
            "{name} is named like a model of OpenAI, so Continue asks it in another way; set `useResponsesApi: false` there"
        )));
    }
}
