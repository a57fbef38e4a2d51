//! A base with an adapter that is being trained.

use super::super::decoder::Decoder;
use super::super::dropout::Dropout;
use super::super::passage::{Flat, Passage};
use super::super::rope::Ropes;
use super::super::{Composite, head, ops};
use super::layer::{self, Shared, Sites, Tape};
use crate::error::Result;
use crate::files::LoraWeights;

/// A frozen base and the shape of an adapter over it. The adapter's numbers come with every call.
pub struct Trainee<'a>(Way<'a>);

enum Way<'a> {
    Here(Here<'a>),
    /// On a device that candle serves, with the adapter's shape; the numbers come with every call.
    There(&'a Composite, LoraWeights),
}

/// On this processor.
struct Here<'a> {
    decoder: &'a Decoder,
    sites: Vec<Sites>,
    /// Layers keep their input only and are run again on the way back.
    checkpointing: bool,
}

impl<'a> Trainee<'a> {
    /// On this processor. With `checkpointing` layers keep their input only and are run again on the way back.
    pub fn new(decoder: &'a Decoder, lora: &LoraWeights, checkpointing: bool) -> Self {
        let sites = decoder.layers.iter().map(|layer| layer::sites(layer, lora)).collect();
        Self(Way::Here(Here { decoder, sites, checkpointing }))
    }

    /// The same on another device. Layers are always checkpointed.
    pub fn on(base: &'a Composite, lora: &LoraWeights) -> Self {
        Self(Way::There(base, LoraWeights { values: Vec::new(), ..lora.clone() }))
    }

    /// The loss (natural log) of `passages`, summed over the tokens that are taught.
    pub fn loss(&self, values: &[f32], passages: &[Passage<'_>]) -> Result<f64> {
        match &self.0 {
            // On a thread of the pool, so that handing out work wakes nobody.
            Way::Here(here) => rayon::scope(|_| here.loss(values, passages)),
            Way::There(base, lora) => base.loss(lora, values, passages),
        }
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
        match &self.0 {
            Way::Here(here) => rayon::scope(|_| here.gradients(values, passages, scale, dropout, gradients)),
            Way::There(base, lora) => base.gradients(lora, values, passages, scale, dropout, gradients),
        }
    }
}

impl Here<'_> {
    fn loss(&self, values: &[f32], passages: &[Passage<'_>]) -> Result<f64> {
        let flat = Flat::new(passages);
        let ropes = Ropes::new(&self.decoder.config, &flat.positions);
        let shared = self.shared(&flat, &ropes, values, None);
        let mut x = self.decoder.embedded(&flat.tokens)?;
        for (index, (layer, sites)) in self.decoder.layers.iter().zip(&self.sites).enumerate() {
            x = layer::forward(&shared, index, layer, sites, x).0;
        }
        let (hidden, targets) = self.taught(&flat, &x)?;
        let hidden = self.decoder.normalised(&hidden);
        Ok(head::loss(&self.decoder.head, &hidden, &targets, self.decoder.config.scales.logit_cap))
    }

    fn gradients(
        &self,
        values: &[f32],
        passages: &[Passage<'_>],
        scale: f32,
        dropout: Option<Dropout>,
        gradients: &mut [f32],
    ) -> Result<f64> {
        let flat = Flat::new(passages);
        let ropes = Ropes::new(&self.decoder.config, &flat.positions);
        let shared = self.shared(&flat, &ropes, values, dropout);
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

    fn shared<'s>(
        &'s self,
        flat: &'s Flat,
        ropes: &'s Ropes<'s>,
        values: &'s [f32],
        dropout: Option<Dropout>,
    ) -> Shared<'s> {
        Shared { config: &self.decoder.config, ropes, spans: &flat.spans, values, dropout }
    }

    /// The loss above the last layer's output, and the gradient of that output.
    fn top(&self, flat: &Flat, x: &[f32], scale: f32) -> Result<(f64, Vec<f32>)> {
        let (rows, targets) = self.taught(flat, x)?;
        let hidden = self.decoder.normalised(&rows);
        let cap = self.decoder.config.scales.logit_cap;
        let (loss, dhidden) = head::loss_and_gradient(&self.decoder.head, &hidden, &targets, cap, scale);
        let mut drows = vec![0.0; rows.len()];
        ops::rms_norm_back(&rows, &self.decoder.norm, self.decoder.config.norm_eps as f32, &dhidden, &mut drows);
        let width = self.decoder.config.hidden;
        let mut dx = vec![0.0; x.len()];
        for ((row, _), drow) in flat.taught.iter().zip(drows.chunks_exact(width)) {
            dx[row * width..(row + 1) * width].copy_from_slice(drow);
        }
        Ok((loss, dx))
    }

    /// The rows of x that are followed by a taught token, and those tokens.
    fn taught(&self, flat: &Flat, x: &[f32]) -> Result<(Vec<f32>, Vec<u32>)> {
        let targets = flat.targets(&self.decoder.config)?;
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
