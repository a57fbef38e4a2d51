//! The training itself: the model under training, its record, and what comes of it.

use super::diagnose::Told;
use super::job::Job;
use super::place::Place;
use super::record::Record;
use super::register::Outcome;
use crate::work::event::{self, Sink};
use crate::workspace::Workspace;
use engine::error::{Error, Kind, Result};
use engine::files::{Config, LoraConfig, LoraWeights};
use engine::model::{Composite, Decoder};
use engine::train::{Basis, Ended, Learner, ModelLearner, Progress, Saves, State, Training};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// A new version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewVersion {
    pub name: String,
    /// Its folder's adapter, manifest, log and plot.
    pub written: Vec<PathBuf>,
}

/// A training that is over.
#[derive(Debug)]
pub struct Trained {
    /// How it went and what to do next.
    pub told: Told,
    /// The error of a training that broke down and made no version.
    pub version: Result<NewVersion>,
}

/// A model under training, as the use case sees it.
pub(super) struct Student<'a> {
    pub learner: &'a dyn Learner,
    /// The adapter's numbers before the first step.
    pub initial: Vec<f32>,
    /// Puts an adapter of these numbers into a folder.
    pub write: &'a dyn Fn(&[f32], &Path) -> Result<()>,
}

impl Job {
    /// Trains to the end and writes the version.
    ///
    /// # Errors
    /// `Interrupted` when the sink stops it, and everything so far is kept; another training holds the name; the disk
    /// refuses.
    pub fn run(self, workspace: &Workspace, sink: &dyn Sink) -> Result<Trained> {
        let place = Place::claim(workspace, &self.request.name)?;
        let (source, recipe) = (&self.prepared.source, &self.prepared.recipe);
        let (config, weights) = (source.config.clone(), source.weights.as_ref());
        let lora = self.adapter(workspace, &config)?;
        let (decoder, composite);
        let learner = match &self.device {
            Some(device) => {
                composite = Composite::load(config, weights, device.clone())?;
                ModelLearner::on(&composite, &lora, recipe.dropout)
            }
            None => {
                decoder = Decoder::load(config, weights)?;
                ModelLearner::new(&decoder, &lora, recipe.dropout, self.budget.checkpointing)
            }
        };
        let write = |values: &[f32], folder: &Path| {
            LoraWeights { values: values.to_vec(), ..lora.clone() }.save(folder, &self.request.base)
        };
        let student = Student { learner: &learner, initial: lora.values.clone(), write: &write };
        train(workspace, &self, place, &student, sink)
    }

    /// The adapter to begin with: the parent's, or a new one.
    fn adapter(&self, workspace: &Workspace, base: &Config) -> Result<LoraWeights> {
        let parent = self.prepared.parent.as_ref().and_then(|p| Some((&p.name, p.adapter.as_ref()?)));
        if let Some((name, folder)) = parent {
            return LoraWeights::load(&workspace.models().join(name).join(folder), base);
        }
        let recipe = &self.prepared.recipe;
        let config = LoraConfig {
            rank: recipe.rank,
            alpha: recipe.alpha,
            rslora: recipe.rslora,
            targets: recipe.targets.clone(),
        };
        LoraWeights::new(base, config, recipe.seed)
    }
}

pub(super) fn train(
    workspace: &Workspace,
    job: &Job,
    place: Place,
    student: &Student<'_>,
    sink: &dyn Sink,
) -> Result<Trained> {
    let basis = basis(job, &student.initial)?;
    let mut state = begin(job, &place, &basis, student)?;
    let mut record = Record::resume(&place.log(), &place.plot(), state.progress.step)?;
    let training = Training {
        learner: student.learner,
        basis: &basis,
        training: &job.prepared.training.sequences,
        held_out: &job.prepared.held_out.sequences,
        budget: job.budget,
        checkpoint: &place.checkpoint(),
        saves: Saves::default(),
    };
    let ended = training.run(&mut state, &mut |event| {
        record.take(&event)?;
        sink.tell(event::Event::Train(event));
        Ok(if sink.stopped() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    let entries = record.finish()?;
    let Some(ended) = ended else {
        let message = format!("stopped after step {}; everything so far is kept", state.progress.step);
        return Err(Error::new(Kind::Interrupted, message)
            .hint(format!("go on with: pmtune train --resume {}", job.request.name)));
    };
    let outcome = Outcome { job, basis: &basis, state: &state, ended, entries: &entries };
    let told = outcome.told(workspace)?;
    if ended == Ended::NotFinite && state.best.is_empty() {
        place.finish()?;
        return Ok(Trained { told, version: Err(broken_down(&state.progress)) });
    }
    let written = outcome.register(place, &told.to_string(), student.write)?;
    Ok(Trained { told, version: Ok(NewVersion { name: job.request.name.clone(), written }) })
}

fn broken_down(progress: &Progress) -> Error {
    let step = progress.step;
    // Neither what is held out nor the first batch has a loss.
    if step == 0 && progress.validations.is_empty() {
        let message = "the loss is not finite (NaN or infinite) before anything was learnt, so no version was made";
        return Error::model(message)
            .hint("a weight of the base is damaged or far too large: download the base again, or use another one");
    }
    Error::model(format!("the training broke down after step {step} and made no version"))
        .hint("train again at a lower --learning-rate")
}

fn basis(job: &Job, initial: &[f32]) -> Result<Basis> {
    let prepared = &job.prepared;
    let request = serde_json::to_string(&job.request)
        .map_err(|e| Error::input(format!("cannot write down what was asked for: {e}")))?;
    let (training, held_out) = (&prepared.training.sequences, &prepared.held_out.sequences);
    Ok(Basis { request, ..Basis::new(&prepared.recipe, &prepared.base.sha256, initial, training, held_out) })
}

/// Where an earlier run got to, or the start. A training that begins leaves a checkpoint at once, so that one that is
/// killed early can be resumed too.
fn begin(job: &Job, place: &Place, basis: &Basis, student: &Student<'_>) -> Result<State> {
    if let Some(checkpoint) = &job.checkpoint {
        checkpoint.check(basis)?;
        return Ok(checkpoint.state.clone());
    }
    let log = place.log();
    if log.exists() {
        // Of a training that broke down.
        std::fs::remove_file(&log).map_err(|e| Error::io("remove", &log, e))?;
    }
    let state = State::new(student.initial.clone());
    state.save(&place.checkpoint(), basis, job.budget)?;
    Ok(state)
}
