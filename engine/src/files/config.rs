//! The numbers that fix every shape of a model.

use std::path::Path;

use super::family::Family;
use crate::error::{Error, Result};

/// Every shape and constant of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Which layers there are.
    pub family: Family,
    /// Numbers of one token between layers.
    pub hidden: usize,
    /// Layers, one after another.
    pub layers: usize,
    /// Query heads.
    pub heads: usize,
    /// Key-value heads, each shared by `heads / kv_heads` query heads.
    pub kv_heads: usize,
    /// Dimensions of one head.
    pub head_dim: usize,
    /// Width of the feed-forward part.
    pub intermediate: usize,
    /// Tokens the model has embeddings for.
    pub vocab: usize,
    /// Base of the rotary frequencies.
    pub rope_theta: f64,
    /// How many of a head's dimensions are rotated; `head_dim` unless rotary embedding is partial.
    pub rope_dims: usize,
    /// Divisors of the `rope_dims / 2` inverse frequencies (llama3 scaling, longrope).
    pub rope_factors: Option<Vec<f32>>,
    /// Multiplies both sine and cosine (longrope); 1 otherwise.
    pub rope_attn_factor: f32,
    /// What RMSNorm adds to the mean square.
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

    /// Refuses tokens that the model has no embedding for.
    pub(crate) fn check_tokens<'a>(&self, tokens: impl IntoIterator<Item = &'a u32>) -> Result<()> {
        match tokens.into_iter().find(|&&token| token as usize >= self.vocab) {
            None => Ok(()),
            Some(token) => {
                let message = format!("token {token} is outside the model's vocabulary of {}", self.vocab);
                Err(Error::model(message)
                    .hint("tokenizer and weights belong to different models; get both from one place"))
            }
        }
    }
}
