//! One step of a training as `pmtune train` takes it, without all that surrounds it.

use engine::files::LoraWeights;
use engine::model::{Decoder, Passage, Trainee};
use engine::train::{AdamW, clip};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use std::time::Instant;

/// The longest gradient, as in `pmtune train` and in the peers.
const CLIP: f64 = 1.0;

/// A sequence to train on.
pub struct Example {
    pub tokens: Vec<u32>,
    pub supervised: Vec<bool>,
}

impl Example {
    /// Random tokens, the second half of them taught.
    pub fn random(random: &mut ChaCha8Rng, length: usize, vocab: usize) -> Self {
        let tokens = (0..length).map(|_| random.random_range(0..vocab as u32)).collect();
        Self { tokens, supervised: (0..length).map(|i| i >= length - length / 2).collect() }
    }

    /// Tokens that are predicted; the first follows nothing.
    pub fn taught(&self) -> usize {
        self.supervised.iter().skip(1).filter(|s| **s).count()
    }
}

/// A training between two steps.
pub struct Training<'a> {
    trainee: Trainee<'a>,
    pub lora: LoraWeights,
    optimizer: AdamW,
    gradients: Vec<f32>,
    steps: usize,
}

pub struct Step {
    /// The mean over the taught tokens of the batch, before the step.
    pub loss: f64,
    pub seconds: f64,
}

impl<'a> Training<'a> {
    pub fn new(decoder: &'a Decoder, lora: LoraWeights, checkpointing: bool) -> Self {
        let count = lora.values.len();
        let trainee = Trainee::new(decoder, &lora, checkpointing);
        Self { trainee, lora, optimizer: AdamW::new(count), gradients: vec![0.0; count], steps: 0 }
    }

    /// All of `batch` goes through the model at once.
    pub fn step(&mut self, batch: &[Example], rate: f64) -> Step {
        self.step_in_parts(batch, batch.len(), rate)
    }

    /// So many sequences of `batch` at a time; their gradients are added up.
    pub fn step_in_parts(&mut self, batch: &[Example], sequences: usize, rate: f64) -> Step {
        let start = Instant::now();
        let taught: usize = batch.iter().map(Example::taught).sum();
        let passages: Vec<Passage<'_>> =
            batch.iter().map(|e| Passage { tokens: &e.tokens, supervised: &e.supervised }).collect();
        let (values, gradients) = (&mut self.lora.values, &mut self.gradients);
        gradients.fill(0.0);
        let scale = (1.0 / taught as f64) as f32;
        let part = |part: &[Passage<'_>]| self.trainee.gradients(values, part, scale, None, gradients);
        let loss: f64 = passages.chunks(sequences).map(part).map(|loss| loss.expect("a gradient")).sum();
        clip(gradients, CLIP);
        self.steps += 1;
        self.optimizer.update(values, gradients, self.steps, rate, 0.0);
        Step { loss: loss / taught as f64, seconds: start.elapsed().as_secs_f64() }
    }
}
