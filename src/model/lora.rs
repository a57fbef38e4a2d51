//! The weights of an adapter under training.

use std::ops::Range;

/// What an adapter adds, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct LoraConfig {
    pub rank: usize,
    pub alpha: f64,
    /// Scale by alpha / √rank rather than alpha / rank (Kalajdzievski 2023, arXiv:2312.03732).
    pub rslora: bool,
    /// Last parts of module names, such as `q_proj`; empty for every linear layer.
    pub targets: Vec<String>,
}

/// One low-rank pair: y += scale · (x Aᵀ) Bᵀ.
#[derive(Debug, Clone, PartialEq)]
pub struct LoraPair {
    /// Such as `model.layers.0.self_attn.q_proj`.
    pub module: String,
    pub out: usize,
    pub input: usize,
    /// Where A (rank, in), row-major, lies in [`LoraWeights::values`].
    pub a: Range<usize>,
    /// Where B (out, rank) lies.
    pub b: Range<usize>,
}

/// All trained numbers in one run, so that an optimizer needs to know nothing of layers.
#[derive(Debug, Clone, PartialEq)]
pub struct LoraWeights {
    pub config: LoraConfig,
    pub pairs: Vec<LoraPair>,
    pub values: Vec<f32>,
}
