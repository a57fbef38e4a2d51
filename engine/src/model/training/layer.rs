//! One layer on the way up, keeping what the way back needs, and the way back.

use super::super::dropout::{Dropout, Mask};
use super::super::forward::Rows;
use super::super::layer::{DOWN, GATE_UP, Layer, OUTPUT, QKV, Steps, Way};
use super::super::linear::Linear;
use super::super::ops;
use super::super::rope::Ropes;
use super::attention::{self, Kept, Place};
use super::site::{Saved, Site};
use crate::files::{Config, LoraWeights};

/// The trained places of one layer, one for each of its linear layers.
pub(super) type Sites = [Site; 4];

pub(super) fn sites(layer: &Layer, lora: &LoraWeights) -> Sites {
    layer.linears.each_ref().map(|linear| Site::new(linear, lora))
}

/// What all layers of one pass share.
pub(super) struct Shared<'a> {
    pub config: &'a Config,
    pub ropes: &'a Ropes<'a>,
    pub spans: &'a [Rows],
    pub values: &'a [f32],
    pub dropout: Option<Dropout>,
}

/// What a layer keeps of its forward pass.
pub(super) struct Tape {
    /// The layer's input, (tokens, hidden).
    pub x: Vec<f32>,
    /// As in [`Steps`], where the family norms heads.
    plain_qkv: Vec<f32>,
    /// Rotated, (tokens, (heads + 2 · kv_heads) · dim).
    qkv: Vec<f32>,
    attention: Kept,
    mixed: Vec<f32>,
    /// This and `fed` as in [`Steps`], where the family norms what halves add.
    attended: Vec<f32>,
    middle: Vec<f32>,
    gate_up: Vec<f32>,
    fed: Vec<f32>,
    /// Low-rank values of the four sites.
    low: [Vec<f32>; 4],
}

impl Shared<'_> {
    fn place(&self, layer: usize) -> Place<'_> {
        Place { config: self.config, rope: self.ropes.of(layer), window: self.config.window(layer) }
    }

    fn mask(&self, layer: usize, site: usize) -> Option<Mask> {
        self.dropout.map(|dropout| Mask::of(dropout, layer, site))
    }

    fn saved<'x>(&self, layer: usize, site: usize, x: &'x [f32], low: &'x [Vec<f32>; 4]) -> Saved<'x> {
        Saved { x, low: &low[site], mask: self.mask(layer, site) }
    }
}

/// The way up: sequences are whole, and an adapter is trained on all rows.
struct Up<'a> {
    shared: &'a Shared<'a>,
    index: usize,
    sites: &'a Sites,
    low: [Vec<f32>; 4],
    attention: Kept,
}

impl Way for Up<'_> {
    fn linear(&mut self, site: usize, linear: &Linear, x: &[f32], residual: Option<&[f32]>) -> Vec<f32> {
        let mask = self.shared.mask(self.index, site);
        let (y, low) = self.sites[site].forward(linear, self.shared.values, x, residual, mask);
        self.low[site] = low;
        y
    }

    fn attend(&mut self, qkv: &mut [f32]) -> Vec<f32> {
        let (mixed, kept) = attention::forward(self.shared.place(self.index), qkv, self.shared.spans);
        self.attention = kept;
        mixed
    }
}

/// x (tokens, hidden) → (tokens, hidden), and what the way back needs.
pub(super) fn forward(
    shared: &Shared<'_>,
    index: usize,
    layer: &Layer,
    sites: &Sites,
    x: Vec<f32>,
) -> (Vec<f32>, Tape) {
    let mut up = Up { shared, index, sites, low: Default::default(), attention: Kept::default() };
    let Steps { plain_qkv, qkv, mixed, attended, middle, gate_up, fed, y } = layer.forward(shared.config, &x, &mut up);
    (y, Tape { x, plain_qkv, qkv, attention: up.attention, mixed, attended, middle, gate_up, fed, low: up.low })
}

/// The gradient of the layer's input, given that of its output; adds those of its adapter to `gradients`.
pub(super) fn backward(
    shared: &Shared<'_>,
    index: usize,
    layer: &Layer,
    sites: &Sites,
    tape: Tape,
    dy: Vec<f32>,
    gradients: &mut [f32],
) -> Vec<f32> {
    let Tape { x, plain_qkv, qkv, attention, mixed, attended, middle, mut gate_up, fed, low } = tape;
    let (values, config) = (shared.values, shared.config);

    let (site, linear) = (&sites[DOWN], &layer.linears[DOWN]);
    let dfed = layer.mlp.leave_back(&fed, &dy);
    let mut active = site.input_gradient(linear, values, &low[DOWN], &dfed, shared.mask(index, DOWN), gradients);
    drop((dfed, fed));
    ops::gated_back(config.family.anatomy().activation, &mut gate_up, &mut active.dx, config.intermediate);
    // `dx` now holds the activations themselves, and `gate_up` its own gradient.
    site.a_gradient(linear, shared.saved(index, DOWN, &active.dx, &low), &active.dlow, gradients);
    drop(active);
    let mut back = |site: usize, x: &[f32], dy: &[f32]| {
        sites[site].backward(&layer.linears[site], values, shared.saved(index, site, x, &low), dy, gradients)
    };
    let dh = back(GATE_UP, &layer.mlp.enter(&middle), &gate_up);
    drop(gate_up);
    let mut dmiddle = dy;
    layer.mlp.enter_back(&middle, &dh, &mut dmiddle);

    let dmixed = back(OUTPUT, &mixed, &layer.attention.leave_back(&attended, &dmiddle));
    let mut dqkv = attention::backward(shared.place(index), &qkv, &attention, &mixed, &dmixed, shared.spans);
    if let Some(norms) = &layer.head_norms {
        dqkv = norms.backward(&plain_qkv, &dqkv);
    }
    let dh = back(QKV, &layer.attention.enter(&x), &dqkv);
    let mut dx = dmiddle;
    layer.attention.enter_back(&x, &dh, &mut dx);
    dx
}
