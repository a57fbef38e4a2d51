//! One layer: its packed weights, and the order of its steps, the same for reading and for training.

use super::half::Half;
use super::heads::HeadNorms;
use super::linear::{Linear, vector};
use super::ops;
use crate::error::Result;
use crate::files::{Config, Weights, path};

pub(super) struct Layer {
    pub attention: Half,
    /// The four joined linear layers in the order they are computed.
    pub linears: [Linear; 4],
    pub head_norms: Option<HeadNorms>,
    pub mlp: Half,
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
    /// Queries, keys and values before the norms of heads, where there are any.
    pub plain_qkv: Vec<f32>,
    /// As `attend` left it.
    pub qkv: Vec<f32>,
    /// What attention gives, (tokens, heads · dim).
    pub mixed: Vec<f32>,
    /// What the first half adds, before its norm, where that has one: (tokens, hidden).
    pub attended: Vec<f32>,
    /// The input of the second half, (tokens, hidden).
    pub middle: Vec<f32>,
    /// (tokens, 2 · intermediate).
    pub gate_up: Vec<f32>,
    /// What the second half adds, before its norm, where that has one: (tokens, hidden).
    pub fed: Vec<f32>,
    /// (tokens, hidden).
    pub y: Vec<f32>,
}

impl Layer {
    pub fn load(config: &Config, weights: &dyn Weights, index: usize) -> Result<Self> {
        let anatomy = config.family.anatomy();
        let norm = |name: &str, width| vector(weights, &format!("{}.weight", path(index, name)), width);
        let linear = |joined| Linear::load(weights, &config.parts(index, joined), config.size(joined.input));
        Ok(Self {
            attention: Half::load(config, &anatomy.attention, norm)?,
            linears: [
                linear(&anatomy.qkv)?,
                linear(&anatomy.output)?,
                linear(&anatomy.gate_up)?,
                linear(&anatomy.down)?,
            ],
            head_norms: HeadNorms::load(config, norm)?,
            mlp: Half::load(config, &anatomy.mlp, norm)?,
        })
    }

    /// x is (tokens, hidden).
    pub fn forward(&self, config: &Config, x: &[f32], way: &mut impl Way) -> Steps {
        let [qkv, output, gate_up, down] = &self.linears;
        let h = self.attention.enter(x);
        let mut qkv = way.linear(QKV, qkv, &h, None);
        let mut plain_qkv = Vec::new();
        if let Some(norms) = &self.head_norms {
            let normed = norms.forward(&qkv);
            plain_qkv = std::mem::replace(&mut qkv, normed);
        }
        let mixed = way.attend(&mut qkv);
        let (middle, attended) = self.attention.leave(x, |residual| way.linear(OUTPUT, output, &mixed, residual));
        let h = self.mlp.enter(&middle);
        let gate_up = way.linear(GATE_UP, gate_up, &h, None);
        let active = ops::gated(config.family.anatomy().activation, &gate_up, config.intermediate);
        let (y, fed) = self.mlp.leave(&middle, |residual| way.linear(DOWN, down, &active, residual));
        Steps { plain_qkv, qkv, mixed, attended, middle, gate_up, fed, y }
    }
}
