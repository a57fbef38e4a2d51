//! `pmtune train`: data → tokens → training → the next version.

pub mod args;
mod job;
mod memory;
mod place;
mod prepare;
mod register;
mod request;
mod watch;

use super::{device, interrupt, out};
use crate::workspace::Workspace;
use args::TrainArgs;
use candle_core::Device;
use engine::error::{Error, Kind, Result};
use engine::files::{LoraConfig, LoraWeights};
use engine::model::{Composite, Decoder};
use engine::train::{Basis, Ended, Learner, ModelLearner, Saves, State, Training};
use job::Job;
use place::Place;
use register::Outcome;
use std::path::Path;
use watch::Watch;

/// A model under training, as the command sees it.
struct Student<'a> {
    learner: &'a dyn Learner,
    /// The adapter's numbers before the first step.
    initial: Vec<f32>,
    /// Puts an adapter of these numbers into a folder.
    write: &'a dyn Fn(&[f32], &Path) -> Result<()>,
}

pub fn run(workspace: &Workspace, args: &TrainArgs) -> Result<()> {
    interrupt::listen();
    let device = device::open(args.device)?;
    let job = Job::new(workspace, args)?;
    if args.explain {
        out::line(job.explain(workspace));
    }
    out::text(job.describe());
    if args.dry_run {
        return Ok(());
    }
    let place = Place::claim(workspace, &job.request.name)?;
    with_student(workspace, &job, device, |student| train(workspace, &job, place, student))
}

/// Trains on `device`, or on the processor if there is none.
fn with_student(
    workspace: &Workspace,
    job: &Job,
    device: Option<Device>,
    then: impl FnOnce(&Student<'_>) -> Result<()>,
) -> Result<()> {
    let (source, recipe) = (&job.prepared.source, &job.prepared.recipe);
    let (config, weights) = (&source.config, source.weights.as_ref());
    let parent = job.prepared.parent.as_ref().and_then(|p| Some((&p.name, p.adapter.as_ref()?)));
    let lora = match parent {
        Some((name, folder)) => LoraWeights::load(&workspace.models().join(name).join(folder), config)?,
        None => {
            let lora = LoraConfig {
                rank: recipe.rank,
                alpha: recipe.alpha,
                rslora: recipe.rslora,
                targets: recipe.targets.clone(),
            };
            LoraWeights::new(config, lora, recipe.seed)?
        }
    };
    let (decoder, composite);
    let learner = match device {
        Some(device) => {
            composite = Composite::load(config.clone(), weights, device)?;
            ModelLearner::on(&composite, &lora, recipe.dropout)
        }
        None => {
            decoder = Decoder::load(config.clone(), weights)?;
            ModelLearner::new(&decoder, &lora, recipe.dropout, job.budget.checkpointing)
        }
    };
    let write = |values: &[f32], folder: &Path| {
        LoraWeights { values: values.to_vec(), ..lora.clone() }.save(folder, &job.request.base)
    };
    then(&Student { learner: &learner, initial: lora.values.clone(), write: &write })
}

fn train(workspace: &Workspace, job: &Job, place: Place, student: &Student<'_>) -> Result<()> {
    let basis = basis(job, &student.initial)?;
    let mut state = begin(job, &place, &basis, student)?;
    let mut watch = Watch::new(&place.log(), &place.plot(), state.progress.step)?;
    let training = Training {
        learner: student.learner,
        basis: &basis,
        training: &job.prepared.training.sequences,
        held_out: &job.prepared.held_out.sequences,
        budget: job.budget,
        checkpoint: &place.checkpoint(),
        saves: Saves::default(),
    };
    let ended = training.run(&mut state, &mut |event| watch.take(&event))?;
    let entries = watch.finish()?;
    let Some(ended) = ended else {
        let message = format!("stopped after step {}; everything so far is kept", state.progress.step);
        return Err(Error::new(Kind::Interrupted, message)
            .hint(format!("go on with: pmtune train --resume {}", job.request.name)));
    };
    let outcome = Outcome { job, basis: &basis, state: &state, ended, entries: &entries };
    let words = outcome.words(workspace)?;
    if ended == Ended::NotFinite && state.best.is_empty() {
        out::paragraph(words);
        place.finish()?;
        return Err(Error::model(format!(
            "the training broke down after step {} and made no version",
            state.progress.step
        ))
        .hint("train again at a lower --learning-rate"));
    }
    let written = outcome.register(place, &words, student.write)?;
    out::line("");
    out::paragraph(words);
    out::line("");
    out::paragraph(format!("Written: {}", written.join(", ")));
    Ok(())
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

#[cfg(test)]
mod tests;
