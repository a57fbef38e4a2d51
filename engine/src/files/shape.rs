//! A model by its widths alone, before there is a file of it.

use super::config::{Config, Scales};
use super::family::Family;

/// What a model's size follows from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Which layers there are.
    pub family: Family,
    /// Numbers of one token between layers.
    pub hidden: usize,
    /// Layers, one after another.
    pub layers: usize,
    /// Query heads.
    pub heads: usize,
    /// Key-value heads.
    pub kv_heads: usize,
    /// Dimensions of one head.
    pub head_dim: usize,
    /// Width of the feed-forward part.
    pub intermediate: usize,
    /// Tokens that have embeddings.
    pub vocab: usize,
    /// How many positions the model was made for.
    pub context_length: usize,
    /// The output head is the embeddings.
    pub tied: bool,
}

impl Shape {
    /// A config of this shape; its constants are those of no model in particular.
    pub fn config(&self) -> Config {
        Config {
            family: self.family,
            hidden: self.hidden,
            layers: self.layers,
            heads: self.heads,
            kv_heads: self.kv_heads,
            head_dim: self.head_dim,
            intermediate: self.intermediate,
            vocab: self.vocab,
            rope_theta: 10_000.0,
            rope_dims: self.head_dim,
            rope_factors: None,
            rope_attn_factor: 1.0,
            norm_eps: 1e-5,
            context_length: self.context_length,
            sliding_window: None,
            global_layers: Vec::new(),
            tie_embeddings: self.tied,
            attention_bias: false,
            local_rope_theta: None,
            unrotated_layers: Vec::new(),
            scales: Scales::default(),
        }
    }

    /// Numbers that a token leaves in the cache of keys and values.
    pub fn cached(&self) -> usize {
        2 * self.layers * self.kv_heads * self.head_dim
    }
}
