//! A training that another program runs: all that a [`Job`](super::Job) would train with, and nothing of it loaded.

use super::place;
use super::prepare::{Side, prepare};
use super::request::{Request, TrainOptions};
use crate::registry::{DataFile, FewShot};
use crate::work::event::Sink;
use crate::workspace::Workspace;
use engine::chat::LentTemplate;
use engine::error::Result;
use engine::files::{LoraConfig, LoraWeights};
use engine::generate::SamplingOptions;
use engine::train::{Basis, Lesson, Recipe, Sequence};

/// What the version is made of.
#[derive(Debug, Clone)]
pub struct Elsewhere {
    pub name: String,
    /// As a manifest names it, and the hash of its weights here.
    pub base: String,
    pub base_sha256: String,
    /// The chat template with which it reads.
    pub template: Option<String>,
    /// Which one it is, if the base brings none.
    pub lent: Option<LentTemplate>,
    pub system: Option<String>,
    pub examples: Vec<FewShot>,
    pub sampling: SamplingOptions,
    pub recipe: Recipe,
    /// The last parts of the names of the layers that get an adapter.
    pub targets: Vec<String>,
    /// Hash of every token that would be trained on or held out.
    pub data: String,
    pub training: Lessons,
    pub held_out: Lessons,
}

/// One side of the data.
#[derive(Debug, Clone)]
pub struct Lessons {
    pub lessons: Vec<Lesson>,
    pub files: Vec<DataFile>,
    /// As a training here counts them.
    pub examples: usize,
    /// Examples that are too long.
    pub left_out: usize,
    pub tokens: usize,
}

/// Reads everything as `pmtune train` does: names, data, its split, the recipe.
///
/// # Errors
/// As [`Job::begin`](super::Job::begin), but that memory is no matter.
pub fn elsewhere(workspace: &Workspace, options: &TrainOptions, sink: &dyn Sink) -> Result<Elsewhere> {
    let request = Request::new(workspace, options, sink)?;
    place::free(workspace, &request.name)?;
    let prepared = prepare(workspace, &request, None, sink)?;
    let (training, held_out) = (&prepared.training.sequences, &prepared.held_out.sequences);
    let basis = Basis::new(&prepared.recipe, &prepared.base.sha256, &[], training, held_out);
    let recipe = &prepared.recipe;
    // The shape alone is wanted, so the smallest adapter will do.
    let shape = LoraConfig { rank: 1, alpha: 1.0, rslora: false, targets: recipe.targets.clone() };
    let mut targets: Vec<String> = Vec::new();
    for pair in LoraWeights::new(&prepared.source.config, shape, 0)?.pairs {
        let last = pair.module.rsplit('.').next().unwrap_or_default().to_string();
        if !targets.contains(&last) {
            targets.push(last);
        }
    }
    Ok(Elsewhere {
        template: prepared.source.chat.template().map(str::to_string),
        lent: prepared.source.chat.lent_template(),
        base_sha256: prepared.base.sha256.clone(),
        data: basis.data,
        targets,
        recipe: prepared.recipe,
        training: lessons(prepared.training),
        held_out: lessons(prepared.held_out),
        name: request.name,
        base: request.base,
        system: request.system,
        examples: request.examples,
        sampling: request.sampling,
    })
}

fn lessons(side: Side) -> Lessons {
    let tokens = side.sequences.iter().map(|sequence: &Sequence| sequence.tokens.len()).sum();
    Lessons { lessons: side.lessons, files: side.files, examples: side.examples, left_out: side.left_out, tokens }
}
