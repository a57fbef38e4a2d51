//! A learner with real gradients that fits in a page: which token follows which.

use super::{Learner, Pass, Place, Recipe, Schedule, Sequence, TooLong};
use crate::error::Result;

pub(crate) const VOCAB: usize = 11;

/// Multinomial logistic regression over pairs of tokens: the weights of row `before` give the logits of the next token.
/// With `dropout`, half of the taught tokens, drawn from the pass's seed, give no gradient.
pub(crate) struct Bigrams {
    pub dropout: bool,
}

impl Bigrams {
    fn run(&self, values: &[f32], batch: &[&Sequence], mut each: impl FnMut(usize, &[f64], usize)) -> f64 {
        let mut loss = 0.0;
        for sequence in batch {
            for at in 1..sequence.tokens.len() {
                if sequence.supervised[at] {
                    let (before, next) = (sequence.tokens[at - 1] as usize, sequence.tokens[at] as usize);
                    let row = &values[before * VOCAB..(before + 1) * VOCAB];
                    let sum: f64 = row.iter().map(|x| f64::from(*x).exp()).sum();
                    let shares: Vec<f64> = row.iter().map(|x| f64::from(*x).exp() / sum).collect();
                    loss -= shares[next].ln();
                    each(before, &shares, next);
                }
            }
        }
        loss
    }
}

impl Learner for Bigrams {
    fn loss(&self, values: &[f32], batch: &[&Sequence]) -> Result<f64> {
        Ok(self.run(values, batch, |_, _, _| ()))
    }

    fn gradients(&self, values: &[f32], batch: &[&Sequence], pass: &Pass, gradients: &mut [f32]) -> Result<f64> {
        let mut draw = pass.dropout_seed;
        Ok(self.run(values, batch, |before, shares, next| {
            draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            if self.dropout && draw >> 63 == 0 {
                return;
            }
            for (token, share) in shares.iter().enumerate() {
                let slope = share - f64::from(u8::from(token == next));
                gradients[before * VOCAB + token] += slope as f32 * pass.scale;
            }
        }))
    }
}

pub(crate) fn recipe() -> Recipe {
    Recipe {
        rank: 8,
        alpha: 16.0,
        dropout: 0.05,
        targets: Vec::new(),
        rslora: false,
        learning_rate: 1e-2,
        schedule: Schedule::Cosine,
        warmup: 0.1,
        epochs: 3,
        batch_size: 4,
        context_length: 64,
        too_long: TooLong::Skip,
        weight_decay: 0.01,
        clip: 1.0,
        patience: 2,
        seed: 7,
    }
}

/// `count` sequences of different lengths in which most tokens decide the next.
pub(crate) fn sequences(count: usize) -> Vec<Sequence> {
    let one = |number: usize| {
        let length = 3 + (number * 5) % 9;
        let token = |at: usize| ((number + at * at * 3 + at * (number % 3)) % VOCAB) as u32;
        let supervised = (0..length).map(|at| at > number % 2).collect();
        Sequence { tokens: (0..length).map(token).collect(), supervised, place: Place::default() }
    };
    (0..count).map(one).collect()
}
