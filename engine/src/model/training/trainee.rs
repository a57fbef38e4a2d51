//! A base with an adapter that is being trained.

use candle_core::Device;

use super::super::attention::{Rope, Rows};
use super::super::lora::LoraWeights;
use super::super::{Decoder, ops};
use super::composite::Composite;
use super::head;
use super::layer::{self, Shared, Sites, Tape};
use crate::error::{Error, Result};

/// Tokens of one sequence, and which of them the model is taught to write.
#[derive(Debug, Clone, Copy)]
pub struct Passage<'a> {
    pub tokens: &'a [u32],
    /// As long as `tokens`. The first token follows nothing and cannot be taught.
    pub supervised: &'a [bool],
}

/// Dropout of the low-rank path's input.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dropout {
    /// Share of values left out.
    pub rate: f64,
    /// The same number leaves out the same values.
    pub seed: u64,
}

/// A frozen base and the shape of an adapter over it. The adapter's numbers come with every call.
pub struct Trainee<'a> {
    decoder: &'a Decoder,
    sites: Vec<Sites>,
    /// Layers keep their input only and are run again on the way back.
    checkpointing: bool,
    /// Does it all where the work is another device's.
    composite: Option<Composite<'a>>,
}

/// Passages laid flat.
pub(super) struct Flat {
    pub tokens: Vec<u32>,
    pub spans: Vec<Rows>,
    pub positions: Vec<usize>,
    /// Rows whose next token is taught, and that token.
    pub taught: Vec<(usize, u32)>,
}

impl<'a> Trainee<'a> {
    pub fn new(decoder: &'a Decoder, lora: &LoraWeights, checkpointing: bool) -> Self {
        let sites = decoder.layers.iter().map(|layer| Sites::new(layer, lora)).collect();
        Self { decoder, sites, checkpointing, composite: None }
    }

    /// The same in candle's own operations on `device`, where the processor's fused ones cannot run. Layers are always
    /// checkpointed. On [`Device::Cpu`] it is far slower than [`Trainee::new`], and good for checking that one.
    pub fn on(decoder: &'a Decoder, lora: &LoraWeights, device: Device) -> Self {
        let composite = Some(Composite::new(decoder, lora, device));
        Self { decoder, sites: Vec::new(), checkpointing: true, composite }
    }

    /// The loss (natural log) of `passages`, summed over the tokens that are taught.
    pub fn loss(&self, values: &[f32], passages: &[Passage<'_>]) -> Result<f64> {
        if let Some(composite) = &self.composite {
            return composite.loss(values, passages);
        }
        // On a thread of the pool, so that handing out work wakes nobody.
        rayon::scope(|_| self.loss_here(values, passages))
    }

    fn loss_here(&self, values: &[f32], passages: &[Passage<'_>]) -> Result<f64> {
        let flat = Flat::new(passages);
        let rope = Rope::new(&self.decoder.config, &flat.positions);
        let shared = self.shared(&flat, &rope, values, None);
        let mut x = self.decoder.embedded(&flat.tokens)?;
        for (index, (layer, sites)) in self.decoder.layers.iter().zip(&self.sites).enumerate() {
            x = layer::forward(&shared, index, layer, sites, x).0;
        }
        let (hidden, targets) = self.taught(&flat, &x)?;
        let hidden = ops::rms_norm_rows(&hidden, &self.decoder.norm, self.decoder.config.norm_eps as f32);
        Ok(head::loss(&self.decoder.head, &hidden, &targets))
    }

    /// The same, and adds the gradient of `scale` times the loss to `gradients`, which is as long as `values`.
    pub fn gradients(
        &self,
        values: &[f32],
        passages: &[Passage<'_>],
        scale: f32,
        dropout: Option<Dropout>,
        gradients: &mut [f32],
    ) -> Result<f64> {
        if let Some(composite) = &self.composite {
            return composite.gradients(values, passages, scale, dropout, gradients);
        }
        rayon::scope(|_| self.gradients_here(values, passages, scale, dropout, gradients))
    }

    fn gradients_here(
        &self,
        values: &[f32],
        passages: &[Passage<'_>],
        scale: f32,
        dropout: Option<Dropout>,
        gradients: &mut [f32],
    ) -> Result<f64> {
        let flat = Flat::new(passages);
        let rope = Rope::new(&self.decoder.config, &flat.positions);
        let shared = self.shared(&flat, &rope, values, dropout);
        let mut x = self.decoder.embedded(&flat.tokens)?;
        let mut kept: Vec<Kept> = Vec::with_capacity(self.sites.len());
        for (index, (layer, sites)) in self.decoder.layers.iter().zip(&self.sites).enumerate() {
            let (y, tape) = layer::forward(&shared, index, layer, sites, x);
            kept.push(if self.checkpointing { Kept::Input(tape.x) } else { Kept::Tape(Box::new(tape)) });
            x = y;
        }
        let (loss, mut dx) = self.top(&flat, &x, scale)?;
        drop(x);
        for (index, (layer, sites)) in self.decoder.layers.iter().zip(&self.sites).enumerate().rev() {
            let tape = match kept.pop() {
                Some(Kept::Tape(tape)) => *tape,
                Some(Kept::Input(x)) => layer::forward(&shared, index, layer, sites, x).1,
                None => break,
            };
            dx = layer::backward(&shared, index, layer, sites, tape, dx, gradients);
        }
        Ok(loss)
    }

    fn shared<'s>(&'s self, flat: &'s Flat, rope: &'s Rope, values: &'s [f32], dropout: Option<Dropout>) -> Shared<'s> {
        Shared { config: &self.decoder.config, rope, spans: &flat.spans, values, dropout }
    }

    /// The loss above the last layer's output, and the gradient of that output.
    fn top(&self, flat: &Flat, x: &[f32], scale: f32) -> Result<(f64, Vec<f32>)> {
        let (norm, eps) = (&self.decoder.norm, self.decoder.config.norm_eps as f32);
        let (rows, targets) = self.taught(flat, x)?;
        let hidden = ops::rms_norm_rows(&rows, norm, eps);
        let (loss, dhidden) = head::loss_and_gradient(&self.decoder.head, &hidden, &targets, scale);
        let mut drows = vec![0.0; rows.len()];
        ops::rms_norm_back(&rows, norm, eps, &dhidden, &mut drows);
        let width = self.decoder.config.hidden;
        let mut dx = vec![0.0; x.len()];
        for ((row, _), drow) in flat.taught.iter().zip(drows.chunks_exact(width)) {
            dx[row * width..(row + 1) * width].copy_from_slice(drow);
        }
        Ok((loss, dx))
    }

    /// The rows of x that are followed by a taught token, and those tokens.
    fn taught(&self, flat: &Flat, x: &[f32]) -> Result<(Vec<f32>, Vec<u32>)> {
        let targets = flat.targets(self.decoder.config.vocab)?;
        let width = self.decoder.config.hidden;
        let rows = flat.taught.iter().flat_map(|(row, _)| &x[row * width..(row + 1) * width]).copied().collect();
        Ok((rows, targets))
    }
}

/// What is kept of a layer until the way back.
enum Kept {
    Tape(Box<Tape>),
    Input(Vec<f32>),
}

impl Flat {
    /// Nothing behind the last taught token of a passage bears on the loss, nor does that token as an input.
    pub fn new(passages: &[Passage<'_>]) -> Self {
        let (mut tokens, mut spans, mut positions, mut taught) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for Passage { tokens: all, supervised } in passages {
            let len = supervised.iter().rposition(|s| *s).unwrap_or(0);
            let start = tokens.len();
            if len > 0 {
                spans.push(Rows { start, len });
            }
            tokens.extend(&all[..len]);
            positions.extend(0..len);
            taught.extend((0..len).filter(|&i| supervised[i + 1]).map(|i| (start + i, all[i + 1])));
        }
        Self { tokens, spans, positions, taught }
    }

    /// The taught tokens, in order.
    pub fn targets(&self, vocab: usize) -> Result<Vec<u32>> {
        let targets: Vec<u32> = self.taught.iter().map(|(_, token)| *token).collect();
        match targets.iter().find(|token| **token as usize >= vocab) {
            Some(token) => Err(Error::model(format!("token {token} is outside the model's vocabulary of {vocab}"))
                .hint("tokenizer and weights belong to different models; get both from one place")),
            None => Ok(targets),
        }
    }
}
