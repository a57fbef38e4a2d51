//! A training as a job for TRL: one folder for one version, or for several specialists over one base.

use crate::job::{BaseThere, Draft, Pupil, Sheet, Steps, Task, Weights, trl};
use crate::registry::{self, FewShot};
use crate::run::Engine;
use crate::work::event::Sink;
use crate::work::train::{Elsewhere, TrainOptions, elsewhere};
use crate::workspace::Workspace;
use engine::chat::Message;
use engine::error::{Error, Result};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// A training for elsewhere, resolved.
#[derive(Debug, Clone, Default)]
pub struct TrainingOptions {
    /// As for a training here. Name and data are those of a version of which nothing else is said.
    pub train: TrainOptions,
    /// The versions; the next one of the workspace's line where none is named.
    pub versions: Vec<Specialist>,
    /// Cards that share a step.
    pub processes: usize,
    /// Examples that a card takes at once; as many as there are for it where nothing is said.
    pub per_device: Option<usize>,
    /// Where the engine finds the base's full-precision weights, if not where this program knows them.
    pub hub_base: Option<String>,
    pub output: PathBuf,
}

/// A version with the data it is to be trained on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Specialist {
    pub name: String,
    /// Empty for what the others are trained on too.
    pub data: Vec<PathBuf>,
}

/// What lies in the folder.
#[derive(Debug, Clone)]
pub struct WrittenTraining {
    pub folder: PathBuf,
    pub engine: String,
    pub weights: Weights,
    pub versions: Vec<Pupil>,
}

/// Writes the job. Nothing is loaded and nothing trained.
///
/// # Errors
/// As `pmtune train` before it begins; the batch does not come out even among the cards; nobody knows the base's
/// full-precision weights; two versions of the same name or the same data; the folder is there already.
pub fn write_training(workspace: &Workspace, options: &TrainingOptions, sink: &dyn Sink) -> Result<WrittenTraining> {
    let mut draft = Draft::begin(&options.output)?;
    let trainings = trainings(workspace, options, sink)?;
    let Some(first) = trainings.first() else {
        return Err(Error::usage("there is no version to train").hint("name one"));
    };
    let base = registry::base_name(workspace, &first.base, false)?;
    let weights = Weights::of(&base, options.hub_base.as_deref())?;
    let template = first.template.clone().ok_or_else(|| {
        Error::model(format!("{} has no chat template to train with", first.base))
            .hint("choose a base that was made for conversations")
    })?;
    let pupils: Vec<Pupil> = trainings.iter().map(|training| pupil(training, options)).collect::<Result<_>>()?;
    for training in &trainings {
        let examples: Vec<Message> = training.examples.iter().flat_map(FewShot::messages).collect();
        let sides = [&training.training.lessons, &training.held_out.lessons];
        for (path, lessons) in trl::data_files(&training.name).iter().zip(sides) {
            draft.write(path, &trl::lines(training.system.as_deref(), &examples, lessons)?)?;
        }
    }
    trl::write(&mut draft, &weights, &pupils, &template)?;
    let engine = Engine { name: trl::name(), dtype: Some(trl::DTYPE.to_string()) };
    let base = BaseThere {
        name: first.base.clone(),
        sha256: first.base_sha256.clone(),
        template: first.lent,
        weights: weights.clone(),
    };
    let name = engine.name.clone();
    draft.finish(Sheet::new(engine, base, Task::Train { versions: pupils.clone() }))?;
    Ok(WrittenTraining { folder: options.output.clone(), engine: name, weights, versions: pupils })
}

fn trainings(workspace: &Workspace, options: &TrainingOptions, sink: &dyn Sink) -> Result<Vec<Elsewhere>> {
    if options.versions.is_empty() {
        return Ok(vec![elsewhere(workspace, &options.train, sink)?]);
    }
    let mut trainings: Vec<Elsewhere> = Vec::new();
    let (mut names, mut data) = (BTreeSet::new(), BTreeSet::new());
    for version in &options.versions {
        let own = if version.data.is_empty() { options.train.data.clone() } else { version.data.clone() };
        let asked = TrainOptions { name: Some(version.name.clone()), data: own, ..options.train.clone() };
        let training = elsewhere(workspace, &asked, sink)?;
        if !names.insert(training.name.clone()) {
            return Err(Error::usage(format!("{} would be trained twice", training.name)).hint("name each once"));
        }
        if !data.insert(training.data.clone()) {
            return Err(Error::usage(format!("{} would be trained on the same data as another", training.name))
                .hint("give each its own, as in prds-v1=training-data/prds stories-v1=training-data/stories"));
        }
        trainings.push(training);
    }
    Ok(trainings)
}

fn pupil(training: &Elsewhere, options: &TrainingOptions) -> Result<Pupil> {
    let recipe = &training.recipe;
    let steps = Steps::divide(recipe.batch_size, options.processes, options.per_device)?;
    let lines: usize = training.training.lessons.iter().map(|lesson| lesson.turns.len()).sum();
    Ok(Pupil {
        name: training.name.clone(),
        system: training.system.clone(),
        examples: training.examples.clone(),
        sampling: training.sampling.clone(),
        recipe: recipe.clone(),
        steps,
        targets: training.targets.clone(),
        data: training.data.clone(),
        files: training.training.files.clone(),
        validation_files: training.held_out.files.clone(),
        training: training.training.examples,
        validation: training.held_out.examples,
        left_out: training.training.left_out + training.held_out.left_out,
        lines,
        tokens: training.training.tokens,
        total_steps: recipe.epochs * lines.div_ceil(recipe.batch_size),
    })
}
