//! The numbers that fix every shape of a model.

use std::path::Path;

use super::family::{Family, Scores};
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
    /// Layers that see everything all the same, in order.
    pub global_layers: Vec<usize>,
    /// No `lm_head.weight`: the output head is `model.embed_tokens.weight`.
    pub tie_embeddings: bool,
    /// q, k and v carry biases (and o, where the weights hold `self_attn.o_proj.bias`).
    pub attention_bias: bool,
    /// Base of the rotary frequencies of layers with a window, which are not stretched then; `None` where all layers rotate
    /// alike.
    pub local_rope_theta: Option<f64>,
    /// Layers without rotary embedding, in order.
    pub unrotated_layers: Vec<usize>,
    /// What numbers are multiplied by on their way.
    pub scales: Scales,
}

/// What numbers are multiplied by on their way through a model; all of it nothing unless a family says otherwise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scales {
    /// Multiplies embeddings.
    pub embeddings: f32,
    /// Multiplies products of queries and keys; `None`: one over the root of `head_dim`.
    pub scores: Option<f32>,
    /// Multiplies what either half of a layer adds.
    pub residual: f32,
    /// Divides the logits.
    pub logits: f32,
    /// Logits are bent to stay between this and its negative: cap · tanh(logit / cap).
    pub logit_cap: Option<f32>,
}

impl Default for Scales {
    fn default() -> Self {
        Self { embeddings: 1.0, scores: None, residual: 1.0, logits: 1.0, logit_cap: None }
    }
}

/// More layers than any model that is run has.
pub(super) const MOST_LAYERS: usize = 4097;

/// Far above any model that fits a computer, and far below what could overflow a product of two of them.
const MOST: usize = 1 << 24;

impl Config {
    /// Refuses numbers that no decoder can be built from, all of them at once. `origin` is the file they come from. What a
    /// config may say in two ways is said in one.
    pub(super) fn checked(mut self, origin: &Path) -> Result<Self> {
        if self.sliding_window.is_none() || self.global_layers.len() == self.layers {
            (self.sliding_window, self.global_layers) = (None, Vec::new());
        }
        self.local_rope_theta = self.local_rope_theta.filter(|_| self.sliding_window.is_some());
        self.scales.scores = self.scales.scores.filter(|scale| *scale != per_head(self.head_dim));
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
        let Scales { embeddings, scores, residual, logits, logit_cap } = self.scales;
        let scales = [
            ("embeddings", Some(embeddings)),
            ("scores of attention", scores),
            ("residuals", Some(residual)),
            ("logits", Some(logits)),
            ("logits' cap", logit_cap),
        ];
        for (what, scale) in scales {
            let scale = scale.unwrap_or(1.0);
            check(scale.is_finite() && scale > 0.0, format!("the scale of the {what} is {scale}"));
        }
        let local = self.local_rope_theta.unwrap_or(1.0);
        check(local.is_finite() && local > 0.0, format!("the RoPE base of layers with a window is {local}"));
        match Error::gather(faults) {
            Some(error) => Err(error.hint("the file is damaged or not a model of this kind; download it again")),
            None => Ok(self),
        }
    }

    /// What multiplies products of queries and keys.
    pub(crate) fn score_scale(&self) -> f32 {
        self.scales.scores.unwrap_or(per_head(self.head_dim))
    }

    /// The window of one layer, if it has one.
    pub(crate) fn window(&self, layer: usize) -> Option<usize> {
        self.sliding_window.filter(|_| !self.global_layers.contains(&layer))
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

/// The scale of scores of Vaswani et al. 2017 (arXiv:1706.03762).
pub(super) fn per_head(head_dim: usize) -> f32 {
    1.0 / (head_dim as f32).sqrt()
}

/// What llama.cpp multiplies scores by where a GGUF file does not say: in the largest Gemma (62 layers) by the share of the
/// hidden size that a head has. `None`: [`per_head`].
pub(super) fn gguf_scores(family: Family, hidden: usize, layers: usize, heads: usize) -> Option<f32> {
    let largest = matches!(family.anatomy().scores, Scores::PerQuery(_)) && layers == 62;
    largest.then(|| per_head(hidden.checked_div(heads).unwrap_or(0)))
}

/// The layers whose number, counted from one, is a multiple of `every`.
pub(super) fn every_so_manieth(every: Option<usize>, layers: usize) -> Vec<usize> {
    let is = |layer: &usize| every.is_some_and(|every| (layer + 1).is_multiple_of(every));
    (0..layers.min(MOST_LAYERS)).filter(is).collect()
}
