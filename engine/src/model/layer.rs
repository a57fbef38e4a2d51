//! One layer: its packed weights, and the order of its steps, the same for reading and for training.

use super::linear::{Linear, vector};
use super::ops;
use crate::error::Result;
use crate::files::{Config, Weights, path};

pub(super) struct Layer {
    pub attention_norm: Vec<f32>,
    /// The four joined linear layers in the order they are computed.
    pub linears: [Linear; 4],
    pub mlp_norm: Vec<f32>,
}

/// Places in [`Layer::linears`].
pub(super) const QKV: usize = 0;
pub(super) const OUTPUT: usize = 1;
pub(super) const GATE_UP: usize = 2;
pub(super) const DOWN: usize = 3;

/// What reading and training do each in their own way.
pub(super) trait Way {
    /// x Wᵀ + b and what an adapter adds, (tokens, n), for the linear layer at place `site`; added to `residual`.
    fn linear(&mut self, site: usize, linear: &Linear, x: &[f32], residual: Option<&[f32]>) -> Vec<f32>;

    /// (tokens, (heads + 2 · kv_heads) · dim), not rotated yet → (tokens, heads · dim).
    fn attend(&mut self, qkv: &mut [f32]) -> Vec<f32>;
}

/// What a layer computes, step by step.
pub(super) struct Steps {
    /// As `attend` left it.
    pub qkv: Vec<f32>,
    /// What attention gives, (tokens, heads · dim).
    pub mixed: Vec<f32>,
    /// The input of the second half, (tokens, hidden).
    pub middle: Vec<f32>,
    /// (tokens, 2 · intermediate).
    pub gate_up: Vec<f32>,
    /// (tokens, hidden).
    pub y: Vec<f32>,
}

impl Layer {
    pub fn load(config: &Config, weights: &dyn Weights, index: usize) -> Result<Self> {
        let anatomy = config.family.anatomy();
        let norm = |name: &str| vector(weights, &format!("{}.weight", path(index, name)), config.hidden);
        let linear = |joined| Linear::load(weights, &config.parts(index, joined), config.size(joined.input));
        Ok(Self {
            attention_norm: norm(anatomy.attention_norm.name)?,
            linears: [
                linear(&anatomy.qkv)?,
                linear(&anatomy.output)?,
                linear(&anatomy.gate_up)?,
                linear(&anatomy.down)?,
            ],
            mlp_norm: norm(anatomy.mlp_norm.name)?,
        })
    }

    /// x is (tokens, hidden).
    pub fn forward(&self, config: &Config, x: &[f32], way: &mut impl Way) -> Steps {
        let eps = config.norm_eps as f32;
        let [qkv, output, gate_up, down] = &self.linears;
        let h = ops::rms_norm(x, &self.attention_norm, eps);
        let mut qkv = way.linear(QKV, qkv, &h, None);
        let mixed = way.attend(&mut qkv);
        let middle = way.linear(OUTPUT, output, &mixed, Some(x));
        let h = ops::rms_norm(&middle, &self.mlp_norm, eps);
        let gate_up = way.linear(GATE_UP, gate_up, &h, None);
        let active = ops::swiglu(&gate_up, config.intermediate);
        let y = way.linear(DOWN, down, &active, Some(&middle));
        Steps { qkv, mixed, middle, gate_up, y }
    }
}
