//! One layer, there and back.

use super::super::attention::{Rope, Rows};
use super::super::decoder::Layer;
use super::super::lora::LoraWeights;
use super::super::{Config, ops};
use super::attention::{self, Kept};
use super::dropout::Mask;
use super::site::{Saved, Site};
use super::trainee::Dropout;

/// The trained places of one layer.
pub(super) struct Sites {
    qkv: Site,
    output: Site,
    gate_up: Site,
    down: Site,
}

/// What all layers of one pass share.
pub(super) struct Shared<'a> {
    pub config: &'a Config,
    pub rope: &'a Rope,
    pub spans: &'a [Rows],
    pub values: &'a [f32],
    pub dropout: Option<Dropout>,
}

/// What a layer keeps of its forward pass.
pub(super) struct Tape {
    /// The layer's input, (tokens, hidden).
    pub x: Vec<f32>,
    /// Rotated, (tokens, (heads + 2 · kv_heads) · dim).
    qkv: Vec<f32>,
    attention: Kept,
    /// What attention gives, (tokens, heads · dim).
    mixed: Vec<f32>,
    /// The input of the second half, (tokens, hidden).
    middle: Vec<f32>,
    gate_up: Vec<f32>,
    /// Low-rank values of the four sites.
    low: [Vec<f32>; 4],
}

impl Sites {
    pub fn new(layer: &Layer, lora: &LoraWeights) -> Self {
        Self {
            qkv: Site::new(&layer.qkv, lora),
            output: Site::new(&layer.output, lora),
            gate_up: Site::new(&layer.gate_up, lora),
            down: Site::new(&layer.down, lora),
        }
    }
}

impl Shared<'_> {
    fn eps(&self) -> f32 {
        self.config.norm_eps as f32
    }

    fn mask(&self, layer: usize, site: u64) -> Option<Mask> {
        self.dropout.map(|dropout| Mask::of(dropout, layer, site))
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
    let values = shared.values;
    let h = ops::rms_norm_rows(&x, &layer.attention_norm, shared.eps());
    let (mut qkv, low_qkv) = sites.qkv.forward(&layer.qkv, values, &h, None, shared.mask(index, 0));
    let (mixed, attention) = attention::forward(shared.config, shared.rope, &mut qkv, shared.spans);
    let (middle, low_output) = sites.output.forward(&layer.output, values, &mixed, Some(&x), shared.mask(index, 1));
    let h = ops::rms_norm_rows(&middle, &layer.mlp_norm, shared.eps());
    let (gate_up, low_gate_up) = sites.gate_up.forward(&layer.gate_up, values, &h, None, shared.mask(index, 2));
    let active = ops::swiglu_rows(&gate_up, shared.config.intermediate);
    let (y, low_down) = sites.down.forward(&layer.down, values, &active, Some(&middle), shared.mask(index, 3));
    let low = [low_qkv, low_output, low_gate_up, low_down];
    (y, Tape { x, qkv, attention, mixed, middle, gate_up, low })
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
    let Tape { x, qkv, attention, mixed, middle, mut gate_up, low } = tape;
    let [low_qkv, low_output, low_gate_up, low_down] = &low;
    let values = shared.values;
    let saved = |x, low, site| Saved { x, low, mask: shared.mask(index, site) };

    let mut active = sites.down.input_gradient(&layer.down, values, low_down, &dy, shared.mask(index, 3), gradients);
    ops::swiglu_back(&mut gate_up, &mut active.dx, shared.config.intermediate);
    // `dx` now holds the activations themselves, and `gate_up` its own gradient.
    let saved_down = Saved { x: &active.dx, low: low_down, mask: shared.mask(index, 3) };
    sites.down.a_gradient(&layer.down, saved_down, &active.dlow, gradients);
    drop(active);
    let h = ops::rms_norm_rows(&middle, &layer.mlp_norm, shared.eps());
    let dh = sites.gate_up.backward(&layer.gate_up, values, saved(&h, low_gate_up, 2), &gate_up, gradients);
    drop(gate_up);
    let mut dmiddle = dy;
    ops::rms_norm_back(&middle, &layer.mlp_norm, shared.eps(), &dh, &mut dmiddle);

    let dmixed = sites.output.backward(&layer.output, values, saved(&mixed, low_output, 1), &dmiddle, gradients);
    let dqkv = attention::backward(shared.config, shared.rope, &qkv, &attention, &mixed, &dmixed, shared.spans);
    let h = ops::rms_norm_rows(&x, &layer.attention_norm, shared.eps());
    let dh = sites.qkv.backward(&layer.qkv, values, saved(&h, low_qkv, 0), &dqkv, gradients);
    let mut dx = dmiddle;
    ops::rms_norm_back(&x, &layer.attention_norm, shared.eps(), &dh, &mut dx);
    dx
}
