//! One training as it is about to run: what is asked for, what was read, and where an earlier run got to.

use super::args::TrainArgs;
use super::prepare::{Prepared, prepare};
use super::request::Request;
use super::{memory, place};
use crate::cli::out;
use crate::settings::TrainSection;
use crate::workspace::Workspace;
use engine::error::{Error, Result};
use engine::train::{self, Budget, Checkpoint, Estimate};
use std::fmt::Write;

pub struct Job {
    pub request: Request,
    pub prepared: Prepared,
    /// Where an earlier run got to.
    pub checkpoint: Option<Checkpoint>,
    pub budget: Budget,
    /// Of a training that begins.
    estimate: Option<Estimate>,
    free: u64,
}

impl Job {
    /// What the flags ask for, or what the checkpoint of an unfinished training says.
    ///
    /// # Errors
    /// Among many: the name is taken, the data is broken, nothing fits into memory.
    pub fn new(workspace: &Workspace, args: &TrainArgs) -> Result<Self> {
        match &args.resume {
            Some(text) => Self::resumed(workspace, text),
            None => Self::begun(workspace, args),
        }
    }

    fn begun(workspace: &Workspace, args: &TrainArgs) -> Result<Self> {
        let request = Request::new(workspace, args)?;
        place::free(workspace, &request.name)?;
        place::idle(workspace, &request.name)?;
        if let Ok((name, path)) = place::unfinished(workspace, &request.name) {
            let folder = out::path(path.parent().unwrap_or(&path));
            return Err(Error::input(format!("a training of {name} is unfinished"))
                .hint(format!("go on with `pmtune train --resume {name}`, or remove {folder} to begin anew")));
        }
        let prepared = prepare(workspace, &request, None)?;
        let lengths: Vec<usize> = prepared.training.sequences.iter().map(|s| s.tokens.len()).collect();
        let free = memory::free();
        let threads = rayon::current_num_threads();
        let estimate = train::estimate(&prepared.sizes, &prepared.recipe, &lengths, free, threads)?;
        Ok(Self { request, prepared, checkpoint: None, budget: estimate.budget, estimate: Some(estimate), free })
    }

    fn resumed(workspace: &Workspace, text: &str) -> Result<Self> {
        let (_, path) = place::unfinished(workspace, text)?;
        let checkpoint = Checkpoint::load(&path)?;
        let request: Request = serde_json::from_str(&checkpoint.basis.request).map_err(|e| {
            Error::input(format!("{} does not say what was asked for: {e}", out::path(&path)))
                .hint("it was written by another pmtune; remove its folder and train anew")
        })?;
        let prepared = prepare(workspace, &request, Some(&checkpoint.basis.recipe))?;
        let budget = checkpoint.budget;
        Ok(Self { request, prepared, checkpoint: Some(checkpoint), budget, estimate: None, free: memory::free() })
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
            "{} on {}{from}: {} examples of {tokens} tokens, {taught} of them taught; {} held out\n\
             {} epochs of {steps} steps; {} numbers are trained, rank {}\n",
            request.name,
            request.base,
            training.sequences.len(),
            held_out.sequences.len(),
            recipe.epochs,
            count(prepared.sizes.trained(recipe)),
            recipe.rank,
        );
        // Writing to a string cannot fail.
        if let Some(estimate) = &self.estimate {
            let _ = writeln!(
                text,
                "About {} of memory ({} is free) and, very roughly, {} on {} threads",
                train::gigabytes(estimate.peak_bytes),
                train::gigabytes(self.free),
                duration(estimate.seconds),
                rayon::current_num_threads()
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
        for line in train::explain(&self.prepared.recipe, &self.request.flags, &settings) {
            let _ = writeln!(text, "{}: {} ({})\n    {}", line.key, line.value, line.origin, line.meaning);
        }
        Ok(text)
    }
}

/// `4.9 million`.
fn count(number: u64) -> String {
    if number < 1_000_000 { number.to_string() } else { format!("{:.1} million", number as f64 / 1e6) }
}

/// An estimate this rough has no seconds above a minute.
fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 60.0 => format!("{:.0} s", s.max(1.0)),
        s if s < 5400.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}
