//! The numbers that fix every shape of a model.

use std::path::Path;

use crate::error::{Error, Result};

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
    /// How many positions the model was made for. With longrope, the range the short factors serve.
    pub context_length: usize,
    /// A query sees itself and the `sliding_window - 1` positions before it.
    pub sliding_window: Option<usize>,
    /// No `lm_head.weight`: the output head is `model.embed_tokens.weight`.
    pub tie_embeddings: bool,
    /// q, k and v carry biases (and o, where the weights hold `self_attn.o_proj.bias`).
    pub attention_bias: bool,
}

/// Far above any model that fits a computer, and far below what could overflow a product of two of them.
const MOST: usize = 1 << 24;

impl Config {
    /// Refuses numbers that no decoder can be built from, all of them at once. `origin` is the file they come from.
    pub(super) fn checked(self, origin: &Path) -> Result<Self> {
        let mut faults = Vec::new();
        let mut check = |fine: bool, what: String| {
            if !fine {
                faults.push(Error::model(format!("{}: {what}", origin.display())));
            }
        };
        let sizes = [
            ("hidden size", self.hidden),
            ("layer count", self.layers),
            ("attention head count", self.heads),
            ("key-value head count", self.kv_heads),
            ("head dimension", self.head_dim),
            ("feed-forward size", self.intermediate),
            ("vocabulary size", self.vocab),
            ("context length", self.context_length),
        ];
        for (name, size) in sizes {
            check((1..=MOST).contains(&size), format!("the {name} is {size}, which cannot be"));
        }
        check(
            self.layers <= 4096 && self.heads <= 4096,
            format!("{} layers of {} heads are too many", self.layers, self.heads),
        );
        let (heads, kv_heads) = (self.heads, self.kv_heads);
        check(
            kv_heads > 0 && kv_heads <= heads && heads % kv_heads == 0,
            format!("{heads} attention heads cannot share {kv_heads} key-value heads"),
        );
        check(
            self.rope_dims > 0 && self.rope_dims <= self.head_dim && self.rope_dims.is_multiple_of(2),
            format!("{} of {} head dimensions cannot be rotated", self.rope_dims, self.head_dim),
        );
        check(self.head_dim.is_multiple_of(2), format!("the head dimension {} is odd", self.head_dim));
        if let Some(factors) = &self.rope_factors {
            let fine = factors.len() == self.rope_dims / 2 && factors.iter().all(|f| f.is_finite() && *f > 0.0);
            check(fine, format!("the {} RoPE factors do not fit {} rotated dimensions", factors.len(), self.rope_dims));
        }
        check(self.rope_theta.is_finite() && self.rope_theta > 0.0, format!("the RoPE base is {}", self.rope_theta));
        let factor = self.rope_attn_factor;
        check(factor.is_finite() && factor > 0.0, format!("the RoPE attention factor is {factor}"));
        check((0.0..1.0).contains(&self.norm_eps), format!("the norm's epsilon is {}", self.norm_eps));
        check(self.sliding_window != Some(0), "the sliding window is 0".to_string());
        match Error::gather(faults) {
            Some(error) => Err(error.hint("the file is damaged or not a model of this kind; download it again")),
            None => Ok(self),
        }
    }

    /// Names and shapes of every weight the decoder reads; rows are outputs.
    pub(super) fn expected(&self) -> Vec<(String, Vec<usize>)> {
        let (hidden, ff) = (self.hidden, self.intermediate);
        let (q, kv) = (self.heads * self.head_dim, self.kv_heads * self.head_dim);
        let mut all = vec![
            ("model.embed_tokens.weight".to_string(), vec![self.vocab, hidden]),
            ("model.norm.weight".to_string(), vec![hidden]),
        ];
        if !self.tie_embeddings {
            all.push(("lm_head.weight".to_string(), vec![self.vocab, hidden]));
        }
        for layer in 0..self.layers {
            let mut add = |part: &str, shape: &[usize]| {
                all.push((format!("model.layers.{layer}.{part}"), shape.to_vec()));
            };
            add("input_layernorm.weight", &[hidden]);
            add("post_attention_layernorm.weight", &[hidden]);
            add("self_attn.o_proj.weight", &[hidden, q]);
            add("mlp.down_proj.weight", &[hidden, ff]);
            if self.family == Family::Phi3 {
                add("self_attn.qkv_proj.weight", &[q + 2 * kv, hidden]);
                add("mlp.gate_up_proj.weight", &[2 * ff, hidden]);
                continue;
            }
            add("mlp.gate_proj.weight", &[ff, hidden]);
            add("mlp.up_proj.weight", &[ff, hidden]);
            for (part, rows) in [("q", q), ("k", kv), ("v", kv)] {
                add(&format!("self_attn.{part}_proj.weight"), &[rows, hidden]);
                if self.attention_bias {
                    add(&format!("self_attn.{part}_proj.bias"), &[rows]);
                }
            }
        }
        all
    }
}

impl Family {
    /// The family of an architecture as files name it (`general.architecture`, `model_type`).
    pub(super) fn of(architecture: &str, origin: &Path) -> Result<Self> {
        match architecture {
            // Mistral is llama with a sliding window.
            "llama" | "mistral" => Ok(Family::Llama),
            "qwen2" => Ok(Family::Qwen2),
            "phi3" => Ok(Family::Phi3),
            other => {
                let shown: String = other.chars().take(60).collect();
                let message = format!(
                    "{} holds a model of the architecture {shown:?}, which pmtune does not run",
                    origin.display()
                );
                Err(Error::model(message).hint("use a model of the llama (also SmolLM2, Mistral), qwen2 (also Qwen2.5) or phi3 family, or serve it elsewhere and name it as `openai:URL#model`"))
            }
        }
    }
}
