use super::order::{batches, micro_batches};
use super::{Basis, Budget, Ended, Learner, Pass, Recipe, Sequence, State, clip, learning_rate};
use crate::error::Result;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

/// A training ready to run: what it learns from, and where it keeps its place.
pub struct Training<'a> {
    /// Gives losses and gradients.
    pub learner: &'a dyn Learner,
    /// What it is.
    pub basis: &'a Basis,
    /// What is taught.
    pub training: &'a [Sequence],
    /// What is only measured; may be empty.
    pub held_out: &'a [Sequence],
    /// How it is computed.
    pub budget: Budget,
    /// The checkpoint's file.
    pub checkpoint: &'a Path,
    /// When a checkpoint is written.
    pub saves: Saves,
}

/// How often a checkpoint is written besides each epoch's end: after so many steps or so much time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Saves {
    /// After so many steps, or
    pub steps: usize,
    /// after so much time, whichever comes first.
    pub time: Duration,
}

impl Default for Saves {
    /// A killed training repeats two minutes at most.
    fn default() -> Self {
        Self { steps: 100, time: Duration::from_secs(120) }
    }
}

/// One step, made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// From 1, over all epochs.
    pub step: usize,
    /// From 1.
    pub epoch: usize,
    /// Mean over the step's taught tokens, natural log.
    pub loss: f64,
    /// The learning rate.
    pub rate: f64,
    /// Of the gradient before clipping.
    pub norm: f64,
    /// How many went through.
    pub examples: usize,
    /// All tokens of the step's examples, and those of them that were taught.
    pub tokens: usize,
    /// How many of their tokens are taught.
    pub taught: usize,
    /// How long it took.
    pub seconds: f64,
}

/// What [`Training::run`] tells while it works. A step is told before the checkpoint that counts it is written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Event<'a> {
    /// Sent once, first. `step` and `epochs_done` are where an earlier run got to.
    Started {
        /// Steps done.
        step: usize,
        /// Steps of the whole training.
        steps: usize,
        /// Whole epochs.
        epochs_done: usize,
        /// Epochs of the whole training.
        epochs: usize,
    },
    /// A step was taken.
    Step(Step),
    /// The held-out loss after `epoch` (0: before training), of so many tokens, and how long it took.
    Validated {
        /// Steps done.
        step: usize,
        /// Epochs done.
        epoch: usize,
        /// Mean over the taught tokens.
        loss: f64,
        /// Whether no earlier one was lower.
        best: bool,
        /// Tokens read.
        tokens: usize,
        /// How long it took.
        seconds: f64,
    },
    /// An epoch is through, its validation included; `losses` are those of its steps.
    EpochEnded {
        /// From 1.
        epoch: usize,
        /// One a step.
        losses: &'a [f64],
    },
    /// A checkpoint is written next; what tells of earlier steps should be on disk by then.
    Saving {
        /// Steps done.
        step: usize,
    },
}

/// Takes events. `Break` ends the training with a checkpoint; an error ends it at once.
pub type Sink<'a> = dyn FnMut(Event<'_>) -> Result<ControlFlow<()>> + 'a;

impl Training<'_> {
    /// Trains from where `state` is until the end, or until `sink` breaks off (`None`). Every checkpoint lies between
    /// two steps, and the last step of an epoch has its validation with it, so that a training that was killed and
    /// resumed from any checkpoint makes the same numbers as one that never stopped.
    pub fn run(&self, state: &mut State, sink: &mut Sink<'_>) -> Result<Option<Ended>> {
        let epochs = self.recipe().epochs;
        let lengths: Vec<usize> = self.training.iter().map(|s| s.tokens.len()).collect();
        let order = |epoch: usize| batches(&lengths, self.recipe().batch_size, self.recipe().seed, epoch);
        let steps = (0..epochs).map(|epoch| order(epoch).len()).sum();
        let (step, epochs_done) = (state.progress.step, state.progress.epochs);
        let mut go_on = sink(Event::Started { step, steps, epochs_done, epochs })?;
        if step == 0 && state.progress.validations.is_empty() && go_on.is_continue() {
            go_on = self.validate(state, sink)?;
        }
        let mut gradients = vec![0.0; state.values.len()];
        let mut saved = Instant::now();
        while state.progress.ended.is_none() {
            if go_on.is_break() {
                self.save(state, sink)?;
                return Ok(None);
            }
            let order = order(state.progress.epochs);
            if let Some(batch) = order.get(state.progress.batches) {
                go_on = self.step(state, batch, steps, &mut gradients, sink)?;
            }
            let epoch_over = state.progress.batches >= order.len() && state.progress.ended.is_none();
            if epoch_over && self.end_epoch(state, sink)?.is_break() {
                go_on = ControlFlow::Break(());
            }
            let due = state.progress.step.is_multiple_of(self.saves.steps) || saved.elapsed() >= self.saves.time;
            if due || epoch_over || state.progress.ended.is_some() {
                self.save(state, sink)?;
                saved = Instant::now();
            }
        }
        Ok(state.progress.ended)
    }

    fn recipe(&self) -> &Recipe {
        &self.basis.recipe
    }

    fn save(&self, state: &State, sink: &mut Sink<'_>) -> Result<()> {
        // Whoever asks for an end now is heard at the next step.
        let _ = sink(Event::Saving { step: state.progress.step })?;
        state.save(self.checkpoint, self.basis, self.budget)
    }

    /// One step on the examples `batch`. Where the loss or the gradient is no number, nothing changes but `ended`.
    fn step(
        &self,
        state: &mut State,
        batch: &[usize],
        steps: usize,
        gradients: &mut [f32],
        sink: &mut Sink<'_>,
    ) -> Result<ControlFlow<()>> {
        let begun = Instant::now();
        let State { values, optimizer, progress, .. } = state;
        let examples: Vec<&Sequence> = batch.iter().filter_map(|i| self.training.get(*i)).collect();
        let taught: usize = examples.iter().map(|e| e.taught()).sum();
        let tokens: usize = examples.iter().map(|e| e.tokens.len()).sum();
        gradients.fill(0.0);
        let mut loss = 0.0;
        for (index, micro) in self.micro(&examples).iter().enumerate() {
            let dropout_seed = mix(mix(self.recipe().seed, progress.step as u64), index as u64);
            let pass = Pass { scale: (1.0 / taught.max(1) as f64) as f32, dropout_seed };
            loss += self.learner.gradients(values, micro, &pass, gradients)?;
        }
        loss /= taught.max(1) as f64;
        let norm = clip(gradients, self.recipe().clip);
        let rate = learning_rate(self.recipe(), progress.step, steps);
        let fine = loss.is_finite() && norm.is_finite();
        if fine {
            optimizer.update(values, gradients, progress.step + 1, rate, self.recipe().weight_decay);
            progress.step += 1;
            progress.batches += 1;
            progress.losses.push(loss);
            progress.examples += examples.len() as u64;
            progress.tokens += tokens as u64;
        } else {
            progress.ended = Some(Ended::NotFinite);
        }
        let seconds = begun.elapsed().as_secs_f64();
        progress.seconds += seconds;
        let (step, epoch) = (progress.step + usize::from(!fine), progress.epochs + 1);
        let examples = examples.len();
        sink(Event::Step(Step { step, epoch, loss, rate, norm, examples, tokens, taught, seconds }))
    }

    /// Validates, and decides whether there is another epoch.
    fn end_epoch(&self, state: &mut State, sink: &mut Sink<'_>) -> Result<ControlFlow<()>> {
        state.progress.epochs += 1;
        let validated = self.validate(state, sink)?;
        let progress = &mut state.progress;
        let epoch = progress.epochs;
        let losses = std::mem::take(&mut progress.losses);
        progress.batches = 0;
        if progress.ended.is_none() {
            let without_better = epoch - progress.best_epoch.unwrap_or(0);
            progress.ended = match () {
                () if epoch >= self.recipe().epochs => Some(Ended::Completed),
                () if !self.held_out.is_empty() && without_better >= self.recipe().patience => Some(Ended::NoBetter),
                () => None,
            };
        }
        let ended = sink(Event::EpochEnded { epoch, losses: &losses })?;
        Ok(if validated.is_break() { validated } else { ended })
    }

    /// The mean held-out loss, if anything is held out; keeps the values when no epoch had a lower one. The loss before
    /// training is told and not counted: an adapter that has learnt nothing is not worth keeping.
    fn validate(&self, state: &mut State, sink: &mut Sink<'_>) -> Result<ControlFlow<()>> {
        if self.held_out.is_empty() {
            return Ok(ControlFlow::Continue(()));
        }
        let begun = Instant::now();
        let all: Vec<&Sequence> = self.held_out.iter().collect();
        let mut sum = 0.0;
        for micro in self.micro(&all) {
            sum += self.learner.loss(&state.values, &micro)?;
        }
        let loss = sum / all.iter().map(|s| s.taught()).sum::<usize>().max(1) as f64;
        let progress = &mut state.progress;
        let (step, epoch) = (progress.step, progress.epochs);
        let before = progress.best_epoch.and_then(|best| progress.validations.get(best)).copied();
        let best = epoch > 0 && loss.is_finite() && before.is_none_or(|before| loss < before);
        let seconds = begun.elapsed().as_secs_f64();
        progress.seconds += seconds;
        if loss.is_finite() {
            progress.validations.push(loss);
        } else {
            progress.ended = Some(Ended::NotFinite);
        }
        if best {
            progress.best_epoch = Some(epoch);
            state.best.clone_from(&state.values);
        }
        let tokens = all.iter().map(|s| s.tokens.len()).sum();
        sink(Event::Validated { step, epoch, loss, best, tokens, seconds })
    }

    /// `examples` in the portions that go through the model at once.
    fn micro<'b>(&self, examples: &[&'b Sequence]) -> Vec<Vec<&'b Sequence>> {
        let lengths: Vec<usize> = examples.iter().map(|e| e.tokens.len()).collect();
        let portions = micro_batches(&lengths, self.budget.micro_batch_tokens);
        portions.iter().map(|p| p.iter().filter_map(|i| examples.get(*i).copied()).collect()).collect()
    }
}

/// Two numbers to one that looks random (the finaliser of SplitMix64; Steele et al. 2014).
fn mix(a: u64, b: u64) -> u64 {
    let mut x = a.wrapping_add(b.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests;
