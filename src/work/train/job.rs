//! One training as it is about to run: what is asked for, what was read, and where an earlier run got to.

use super::explain::explain;
use super::prepare::{Prepared, prepare};
use super::request::{Request, TrainOptions};
use super::section::TrainSection;
use super::{memory, place};
use crate::words;
use crate::work::device::{self, DeviceChoice};
use crate::work::event::Sink;
use crate::work::short_path::short_path;
use crate::workspace::Workspace;
use candle_core::Device;
use engine::error::{Error, Result};
use engine::train::{self, Budget, Checkpoint, Estimate};
use std::fmt::Write;

pub struct Job {
    pub(super) request: Request,
    pub(super) prepared: Prepared,
    /// Where an earlier run got to.
    pub(super) checkpoint: Option<Checkpoint>,
    pub(super) budget: Budget,
    /// The processor where there is none.
    pub(super) device: Option<Device>,
    /// Of a training that begins.
    estimate: Option<Estimate>,
    free: u64,
}

impl Job {
    /// A training that begins: everything is read and checked, and nothing is written yet.
    ///
    /// # Errors
    /// Among many: the name is taken, the data is broken, nothing fits into memory.
    pub fn begin(workspace: &Workspace, options: &TrainOptions, sink: &dyn Sink) -> Result<Self> {
        let device = device::open(options.device)?;
        let request = Request::new(workspace, options, sink)?;
        place::free(workspace, &request.name)?;
        place::idle(workspace, &request.name)?;
        if let Ok((name, path)) = place::unfinished(workspace, &request.name) {
            let folder = short_path(path.parent().unwrap_or(&path));
            return Err(Error::input(format!("a training of {name} is unfinished"))
                .hint(format!("go on with `pmtune train --resume {name}`, or remove {folder} to begin anew")));
        }
        let prepared = prepare(workspace, &request, None, sink)?;
        let lengths: Vec<usize> = prepared.training.sequences.iter().map(|s| s.tokens.len()).collect();
        let free = memory::free();
        let threads = rayon::current_num_threads();
        let estimate = train::estimate(&prepared.sizes, &prepared.recipe, &lengths, free, threads)
            .map_err(|refused| memory::refusal(&refused))?;
        let budget = estimate.budget;
        Ok(Self { request, prepared, checkpoint: None, budget, device, estimate: Some(estimate), free })
    }

    /// An unfinished training as it was begun: the one of this name, or the only one there is when the name is empty.
    ///
    /// # Errors
    /// None is unfinished, or it is not clear which is meant; base, data or suites can no longer be read.
    pub fn resume(workspace: &Workspace, name: &str, device: DeviceChoice, sink: &dyn Sink) -> Result<Self> {
        let device = device::open(device)?;
        let (_, path) = place::unfinished(workspace, name)?;
        let checkpoint = Checkpoint::load(&path)?;
        let request: Request = serde_json::from_str(&checkpoint.basis.request).map_err(|e| {
            Error::input(format!("{} does not say what was asked for: {e}", short_path(&path)))
                .hint("it was written by another pmtune; remove its folder and train anew")
        })?;
        let prepared = prepare(workspace, &request, Some(&checkpoint.basis.recipe), sink)?;
        let (budget, free) = (checkpoint.budget, memory::free());
        Ok(Self { request, prepared, checkpoint: Some(checkpoint), budget, device, estimate: None, free })
    }

    /// The name of the version that will come of it.
    pub fn name(&self) -> &str {
        &self.request.name
    }

    /// What is going to happen, in a few lines.
    pub fn describe(&self) -> String {
        let (request, prepared) = (&self.request, &self.prepared);
        let (training, held_out) = (&prepared.training, &prepared.held_out);
        let recipe = &prepared.recipe;
        let from = request.from.as_ref().map(|from| format!(", going on from {from}")).unwrap_or_default();
        let tokens: usize = training.sequences.iter().map(|s| s.tokens.len()).sum();
        let taught: usize = training.sequences.iter().map(|s| s.taught()).sum();
        let steps = training.sequences.len().div_ceil(recipe.batch_size);
        let mut text = format!(
            "{} on {}{from}: {} of {}, {} of them taught; {} for validation\n\
             {} of {}; {} numbers are trained, rank {}\n",
            request.name,
            request.base,
            words::count(training.sequences.len(), "example"),
            words::count(tokens, "token"),
            words::thousands(taught),
            held_out.sequences.len(),
            words::count(recipe.epochs, "epoch"),
            words::count(steps, "step"),
            words::short_number(prepared.sizes.trained(recipe)),
            recipe.rank,
        );
        // Writing to a string cannot fail.
        if let Some(lent) = prepared.source.chat.lent_template() {
            let _ = writeln!(
                text,
                "The base brings no chat template of its own: `{}` is lent to it (--template)",
                lent.name()
            );
        }
        if let Some(estimate) = &self.estimate {
            let _ = writeln!(
                text,
                "About {} of memory ({} is free) and, very roughly, {} on {}",
                train::gigabytes(estimate.peak_bytes),
                train::gigabytes(self.free),
                words::rough_duration(estimate.seconds),
                words::count(rayon::current_num_threads(), "thread")
            );
            if estimate.parts {
                let _ = writeln!(
                    text,
                    "To fit into memory, at most {} tokens of a batch go through the model at once; the result is the same",
                    estimate.budget.micro_batch_tokens
                );
            }
            if estimate.budget.checkpointing {
                text += "To fit into memory, every layer is run twice, which takes about a third longer\n";
            }
        }
        if let Some(checkpoint) = &self.checkpoint {
            let _ = writeln!(text, "Goes on after step {}", checkpoint.state.progress.step);
        }
        text
    }

    /// Every parameter with its meaning and where it comes from.
    pub fn explain(&self, workspace: &Workspace) -> Result<String> {
        let settings = TrainSection::of(workspace)?.numbers;
        let mut text = String::new();
        for line in explain(&self.prepared.recipe, &self.request.flags, &settings) {
            let _ = writeln!(text, "{}: {} ({})\n    {}", line.key, line.value, line.origin, line.meaning);
        }
        Ok(text)
    }
}
