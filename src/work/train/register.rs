//! A finished training becomes a version: adapter, plot and notes first, the manifest last.

use super::diagnose::{Circumstances, Told, diagnose, told};
use super::job::Job;
use super::place::Place;
use crate::registry::{self, BaseRecord, Manifest, Stage, Trained};
use crate::workspace::Workspace;
use engine::error::Result;
use engine::train::{Basis, Curve, Ended, Entry, State};
use std::path::{Path, PathBuf};

/// The adapter's folder beside the manifest.
const ADAPTER: &str = "adapter";

/// Everything that is known when a training is over.
pub struct Outcome<'a> {
    pub job: &'a Job,
    pub basis: &'a Basis,
    pub state: &'a State,
    pub ended: Ended,
    pub entries: &'a [Entry],
}

impl Outcome<'_> {
    /// How it went and what to do next.
    pub fn told(&self, workspace: &Workspace) -> Result<Told> {
        let (job, progress) = (self.job, &self.state.progress);
        let prepared = &job.prepared;
        let minutes = (progress.seconds / 60.0).max(1e-9);
        let facts = Circumstances {
            examples: prepared.training.examples,
            held_out: prepared.held_out.examples,
            skipped: prepared.training.left_out + prepared.held_out.left_out,
            epochs: prepared.recipe.epochs,
            stopped_early: self.ended == Ended::NoBetter,
            learning_rate: prepared.recipe.learning_rate,
            seconds: progress.seconds,
            examples_per_minute: progress.examples as f64 / minutes,
            tokens_per_example: progress.tokens as f64 / progress.examples.max(1) as f64,
        };
        let curve = Curve::of(self.entries);
        let line = &workspace.config.line;
        let before = match &job.request.from {
            Some(parent) => Some(parent.clone()),
            None => registry::next(workspace)?.0.map(|newest| newest.name),
        };
        let before = before.map_or("base".to_string(), |name| registry::label(line, &name));
        let new = registry::label(line, &job.request.name);
        Ok(told(&diagnose(&curve, &facts), &curve, &facts, &before, &new))
    }

    /// Writes the version and gives its files. `write` puts an adapter of these numbers into a folder.
    pub fn register(
        &self,
        place: Place,
        notes: &str,
        write: &dyn Fn(&[f32], &Path) -> Result<()>,
    ) -> Result<Vec<PathBuf>> {
        write(self.state.result(), &place.folder.join(ADAPTER))?;
        let files = registry::written_hashes(&place.folder)?;
        Manifest { files, ..self.manifest(notes) }.write(&place.folder)?;
        let files = [ADAPTER, "manifest.yaml", "loss.csv", "loss.svg"];
        let written = files.map(|file| place.folder.join(file)).to_vec();
        place.finish()?;
        Ok(written)
    }

    fn manifest(&self, notes: &str) -> Manifest {
        let (job, request) = (self.job, &self.job.request);
        Manifest {
            format: Manifest::FORMAT,
            name: request.name.clone(),
            created: jiff::Zoned::now().date(),
            parent: request.from.clone(),
            base: BaseRecord { name: request.base.clone(), sha256: Some(job.prepared.base.sha256.clone()) },
            adapter: Some(ADAPTER.to_string()),
            files: Default::default(),
            template: job.prepared.source.chat.lent_template(),
            thinking: false,
            system: request.system.clone(),
            examples: request.examples.clone(),
            sampling: request.sampling.clone(),
            data: Some(self.basis.data.clone()),
            received: None,
            job: None,
            training: Some(self.trained()),
            notes: notes.to_string(),
            digest: None,
        }
    }

    fn trained(&self) -> Trained {
        let (job, progress) = (self.job, &self.state.progress);
        let prepared = &job.prepared;
        let earlier = prepared.parent.as_ref().and_then(|p| p.training.as_ref());
        let mut stages: Vec<Stage> = earlier.map(|t| t.stages.clone()).unwrap_or_default();
        let examples = prepared.training.examples;
        stages.push(Stage { version: job.request.name.clone(), data: self.basis.data.clone(), examples });
        let last: Vec<f64> = self
            .entries
            .iter()
            .filter(|entry| !entry.is_validation() && entry.epoch == progress.epochs)
            .map(|entry| entry.loss)
            .collect();
        Trained {
            pmtune: env!("CARGO_PKG_VERSION").to_string(),
            recipe: prepared.recipe.clone(),
            stages,
            initial: Some(self.basis.initial.clone()),
            files: prepared.training.files.clone(),
            validation_files: prepared.held_out.files.clone(),
            examples,
            validation: prepared.held_out.examples,
            left_out: prepared.training.left_out + prepared.held_out.left_out,
            steps: progress.step,
            epochs: progress.epochs,
            ended: self.ended,
            best_epoch: progress.best_epoch,
            training_loss: Some(last.iter().sum::<f64>() / last.len().max(1) as f64),
            validation_loss_before: progress.validations.first().copied(),
            validation_loss: progress.best_epoch.and_then(|epoch| progress.validations.get(epoch)).copied(),
            tokens: progress.tokens,
            seconds: Some(progress.seconds),
            tokens_per_second: Some(progress.tokens as f64 / progress.seconds.max(1e-9)),
            threads: Some(rayon::current_num_threads()),
            budget: Some(job.budget),
        }
    }
}
