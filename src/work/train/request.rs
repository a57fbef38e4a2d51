//! What is asked for, in full: names resolved, paths absolute. A checkpoint carries it, so that `--resume` needs no flag.

use super::section::TrainSection;
use crate::base::BaseName;
use crate::registry::{self, FewShot, Manifest};
use crate::words;
use crate::work::device::DeviceChoice;
use crate::work::event::{Event, Sink};
use crate::workspace::Workspace;
use engine::chat::LentTemplate;
use engine::error::{Error, Result};
use engine::files::LoraConfig;
use engine::generate::SamplingOptions;
use engine::train::TrainSettings;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What a training is asked for. What is left open is the workspace's to say, else chosen by what suits base and data.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TrainOptions {
    /// Files and folders to train on; the workspace's where none is named.
    pub data: Vec<PathBuf>,
    /// Files and folders to validate on, rather than on a tenth of the data.
    pub held_out: Vec<PathBuf>,
    /// Go on from this version's adapter, with its base and prompt settings.
    pub from: Option<String>,
    pub base: Option<String>,
    /// The new version's name; the next number of the workspace's line where none is given.
    pub name: Option<String>,
    pub system: Option<String>,
    /// The chat template that is lent to a base which brings none.
    pub template: Option<LentTemplate>,
    /// Leave the prompt settings of the version before away.
    pub no_inherit: bool,
    /// Numbers of the recipe.
    pub recipe: TrainSettings,
    pub device: DeviceChoice,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Of the new version.
    pub name: String,
    /// As a manifest names it.
    pub base: String,
    /// The version whose adapter is gone on with.
    pub from: Option<String>,
    pub system: Option<String>,
    /// The chat template that is asked for; else that which is evident.
    #[serde(default)]
    pub template: Option<LentTemplate>,
    /// Worked examples, read before every prompt in training and in use.
    #[serde(default)]
    pub examples: Vec<FewShot>,
    /// Where no suite, case or flag says otherwise.
    #[serde(default)]
    pub sampling: SamplingOptions,
    pub data: Vec<PathBuf>,
    pub held_out: Option<Vec<PathBuf>>,
    pub flags: TrainSettings,
}

impl Request {
    pub fn new(workspace: &Workspace, options: &TrainOptions, sink: &dyn Sink) -> Result<Self> {
        let parent = options.from.as_deref().map(|text| registry::find(workspace, text)).transpose()?;
        let typed = options.base.as_deref().map(|text| recorded(workspace, text)).transpose()?;
        let base = parent.as_ref().map(|p| p.base.name.clone()).or(typed);
        let mut flags = options.recipe.clone();
        if let Some(parent) = &parent {
            continues(workspace, parent, &mut flags)?;
        }
        let name = match &options.name {
            Some(name) => named(workspace, name)?,
            None => registry::next(workspace)?.1,
        };
        let written = TrainSection::of(workspace)?;
        let inherited = match options.no_inherit {
            true => None,
            false => parent.clone().or(registry::next(workspace)?.0),
        };
        let of_workspace = || written.material.system.clone();
        // A training that goes on keeps what its version was trained with, whatever the workspace says of new ones.
        let said = options.system.clone().or_else(|| if parent.is_none() { of_workspace() } else { None });
        let prompt = Prompt::new(said, inherited.as_ref(), sink);
        let base = base.unwrap_or_else(|| workspace.config.base.clone());
        let template = template(options, parent.as_ref(), &written, inherited.as_ref(), &base)?;
        let held_out = (!options.held_out.is_empty()).then(|| options.held_out.iter().map(|p| absolute(p)).collect());
        Ok(Self {
            name,
            base,
            template,
            from: parent.map(|p| p.name),
            system: prompt.system.or_else(of_workspace),
            examples: prompt.examples,
            sampling: prompt.sampling,
            data: match options.data.as_slice() {
                [] => written.data(workspace),
                paths => paths.iter().map(|p| absolute(p)).collect(),
            },
            held_out: held_out.or_else(|| written.validation(workspace)),
            flags,
        })
    }
}

/// The template that is asked for: by flag, by the version whose adapter is gone on with, by the workspace, by the version
/// before on the same base.
///
/// # Errors
/// An adapter that was trained with one cannot go on with another.
fn template(
    options: &TrainOptions,
    parent: Option<&Manifest>,
    written: &TrainSection,
    before: Option<&Manifest>,
    base: &str,
) -> Result<Option<LentTemplate>> {
    if let Some(parent) = parent {
        return match options.template {
            Some(asked) if parent.template != Some(asked) => {
                Err(Error::usage(format!("--template cannot change in a training that goes on from {}", parent.name))
                    .hint("leave it out, or train a new adapter from the base, without --from"))
            }
            _ => Ok(parent.template),
        };
    }
    let before = before.filter(|before| before.base.name == base).and_then(|before| before.template);
    Ok(options.template.or(written.material.template).or(before))
}

/// What a version is used with besides its adapter.
struct Prompt {
    system: Option<String>,
    examples: Vec<FewShot>,
    sampling: SamplingOptions,
}

impl Prompt {
    /// That of the version before, which a new one is used in place of, unless `system` says otherwise; and says so.
    fn new(system: Option<String>, before: Option<&Manifest>, sink: &dyn Sink) -> Self {
        let Some(before) = before else {
            return Self { system, examples: Vec::new(), sampling: SamplingOptions::default() };
        };
        let taken = system.is_none() && before.system.is_some();
        let parts = [
            taken.then(|| "its system prompt".to_string()),
            (!before.examples.is_empty()).then(|| words::count(before.examples.len(), "worked example")),
            (before.sampling != SamplingOptions::default()).then(|| "its sampling".to_string()),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        if !parts.is_empty() {
            let (name, parts) = (&before.name, words::list(&parts));
            sink.tell(Event::Note(format!("taken over from {name}: {parts} (--no-inherit leaves them away)")));
        }
        Self {
            system: system.or_else(|| before.system.clone()),
            examples: before.examples.clone(),
            sampling: before.sampling.clone(),
        }
    }
}

fn absolute(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_path_buf())
}

/// A base as typed, in the words of a manifest: a path inside the workspace relative to it, any other absolute.
fn recorded(workspace: &Workspace, text: &str) -> Result<String> {
    let BaseName::Path(path) = BaseName::parse(text)? else { return Ok(text.to_string()) };
    let path = path.canonicalize().map_err(|e| Error::io("open", &path, e))?;
    let root = absolute(&workspace.root);
    Ok(path.strip_prefix(&root).unwrap_or(&path).display().to_string())
}

/// A name that a person chose.
fn named(workspace: &Workspace, text: &str) -> Result<String> {
    let name = registry::full_name(workspace, text);
    let plain = name.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c));
    if !plain || name.is_empty() || name.starts_with('.') {
        return Err(Error::usage(format!("`{name}` cannot be a version's name"))
            .hint("use letters, digits, `-`, `_` and `.`, such as PM-General-v3"));
    }
    Ok(name)
}

/// Takes over the shape of the adapter that is gone on with; a version of prompt settings only leaves it open.
fn continues(workspace: &Workspace, parent: &Manifest, flags: &mut TrainSettings) -> Result<()> {
    let Some(folder) = &parent.adapter else { return Ok(()) };
    let shape = LoraConfig::read(&workspace.models().join(&parent.name).join(folder))?;
    let sorted = |list: &[String]| {
        let mut list = list.to_vec();
        list.sort();
        list
    };
    let differs = [
        ("rank", flags.rank.is_some_and(|rank| rank != shape.rank)),
        ("alpha", flags.alpha.is_some_and(|alpha| alpha != shape.alpha)),
        ("rslora", flags.rslora == Some(true) && !shape.rslora),
        ("targets", flags.targets.as_ref().is_some_and(|targets| sorted(targets) != shape.targets)),
    ];
    if let Some((flag, _)) = differs.iter().find(|(_, differs)| *differs) {
        return Err(Error::usage(format!("--{flag} cannot change in a training that goes on from {}", parent.name))
            .hint("leave it out, or train a new adapter from the base, without --from"));
    }
    flags.rank = Some(shape.rank);
    flags.alpha = Some(shape.alpha);
    flags.rslora = Some(shape.rslora);
    flags.targets = Some(shape.targets);
    Ok(())
}
