//! The numbers that fix every shape of a model.

/// The families the decoder knows; they differ in biases and in fused projections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Separate q, k, v, gate and up projections, no biases unless `attention_bias`.
    Llama,
    /// As llama, with biases on q, k and v.
    Qwen2,
    /// Fused `self_attn.qkv_proj` and `mlp.gate_up_proj`.
    Phi3,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    pub family: Family,
    pub hidden: usize,
    pub layers: usize,
    pub heads: usize,
    pub kv_heads: usize,
    pub head_dim: usize,
    pub intermediate: usize,
    pub vocab: usize,
    pub rope_theta: f64,
    /// How many of a head's dimensions are rotated; `head_dim` unless rotary embedding is partial.
    pub rope_dims: usize,
    /// Divisors of the `rope_dims / 2` inverse frequencies (llama3 scaling, longrope).
    pub rope_factors: Option<Vec<f32>>,
    /// Multiplies both sine and cosine (longrope); 1 otherwise.
    pub rope_attn_factor: f32,
    pub norm_eps: f64,
    pub context_length: usize,
    /// A query sees itself and the `sliding_window - 1` positions before it.
    pub sliding_window: Option<usize>,
    pub tie_embeddings: bool,
    pub attention_bias: bool,
}
