//! The pieces of a layer and of the loss in plain candle operations, which candle differentiates.
//!
//! None of them is one of candle's fused operations: those cut the graph without a word.

use candle_core::{D, Device, Result, Tensor, Var};

use super::super::Config;
use super::super::attention::{Rope, Rows, qkv_width};
use super::super::linear::Linear;
use super::super::lora::{LoraPair, LoraWeights};
use super::dropout::Mask;
use super::frozen::Frozen;

/// A joined frozen layer with the pairs that are trained over it, on a device.
pub(super) struct Joined {
    frozen: Frozen,
    /// (n).
    bias: Option<Tensor>,
    /// For each part, its number of outputs and what is trained over it.
    parts: Vec<(usize, Option<Trained>)>,
    scale: f64,
}

/// A pair as variables.
struct Trained {
    /// (rank, in).
    a: Var,
    /// (out, rank).
    b: Var,
    pair: LoraPair,
}

impl Joined {
    /// `lora` says which parts are trained, `values` their numbers.
    pub fn new(linear: &Linear, lora: &LoraWeights, values: &[f32], device: &Device) -> Result<Self> {
        let (rank, (_, n)) = (lora.config.rank, linear.shape());
        let variables = |pair: &LoraPair| -> Result<Trained> {
            let a = Var::from_slice(&values[pair.a.clone()], (rank, pair.input), device)?;
            let b = Var::from_slice(&values[pair.b.clone()], (pair.out, rank), device)?;
            Ok(Trained { a, b, pair: pair.clone() })
        };
        let trained = |name: &str| lora.pairs.iter().find(|pair| pair.module == name).map(variables).transpose();
        let parts =
            linear.parts().iter().map(|part| Ok((part.panels.n, trained(&part.name)?))).collect::<Result<_>>()?;
        let bias = linear.bias().map(|bias| Tensor::from_slice(bias, n, device)).transpose()?;
        Ok(Self { frozen: Frozen::new(linear, device)?, bias, parts, scale: f64::from(lora.config.scale()) })
    }

    /// x (tokens, k) → (tokens, n).
    pub fn forward(&self, x: &Tensor, mask: Option<Mask>) -> Result<Tensor> {
        let mut y = self.frozen.product(x)?;
        if let Some(bias) = &self.bias {
            y = y.broadcast_add(bias)?;
        }
        if self.parts.iter().all(|(_, trained)| trained.is_none()) {
            return Ok(y);
        }
        let seen = match mask {
            Some(mask) => x.mul(&Tensor::from_vec(mask.applied(&vec![1.0; x.elem_count()]), x.shape(), x.device())?)?,
            None => x.clone(),
        };
        let added = self.parts.iter().map(|(out, trained)| match trained {
            Some(Trained { a, b, .. }) => (seen.matmul(&a.t()?)? * self.scale)?.matmul(&b.t()?),
            None => Tensor::zeros((x.dim(0)?, *out), x.dtype(), x.device()),
        });
        y + Tensor::cat(&added.collect::<Result<Vec<_>>>()?, 1)?
    }

    /// Every variable, with where its gradient lies among all.
    pub fn variables(&self) -> impl Iterator<Item = (&Tensor, std::ops::Range<usize>)> {
        let trained = self.parts.iter().filter_map(|(_, trained)| trained.as_ref());
        trained.flat_map(|t| [(t.a.as_tensor(), t.pair.a.clone()), (t.b.as_tensor(), t.pair.b.clone())])
    }
}

/// x / √(mean(x²) + eps) · weight, row by row.
pub(super) fn rms_norm(x: &Tensor, weight: &Tensor, eps: f64) -> Result<Tensor> {
    let root = (x.sqr()?.mean_keepdim(D::Minus1)? + eps)?.sqrt()?;
    x.broadcast_div(&root)?.broadcast_mul(weight)
}

/// silu(gate) · up, with gate and up side by side in each row: (tokens, 2n) → (tokens, n).
pub(super) fn swiglu(gate_up: &Tensor) -> Result<Tensor> {
    let width = gate_up.dim(1)? / 2;
    gate_up.narrow(1, 0, width)?.silu()?.mul(&gate_up.narrow(1, width, width)?)
}

/// Rotary positions and causal masks of one batch, on a device.
pub(super) struct Places {
    /// (tokens, 1, rope_dims / 2).
    cos: Tensor,
    sin: Tensor,
    /// For each sequence its rows, and (len, len): zero where a query, downwards, sees a key, else minus infinity.
    spans: Vec<(Rows, Tensor)>,
}

impl Places {
    pub fn new(config: &Config, rope: &Rope, spans: &[Rows], device: &Device) -> Result<Self> {
        let half = config.rope_dims / 2;
        let table = |values: &[f32]| Tensor::from_slice(values, (values.len() / half, 1, half), device);
        let (cos, sin) = rope.tables();
        let spans = spans.iter().map(|&rows| Ok((rows, visible(config, rows.len, device)?))).collect::<Result<_>>()?;
        Ok(Self { cos: table(cos)?, sin: table(sin)?, spans })
    }

    /// (tokens, any, dim); dimension i pairs with i + half, and those behind both stay.
    fn rotate(&self, x: &Tensor) -> Result<Tensor> {
        let (half, dim) = (self.cos.dim(2)?, x.dim(2)?);
        let (first, second) = (x.narrow(2, 0, half)?, x.narrow(2, half, half)?);
        let turned = |a: &Tensor, b: &Tensor| a.broadcast_mul(&self.cos)? + b.broadcast_mul(&self.sin)?;
        let mut parts = vec![turned(&first, &second.neg()?)?, turned(&second, &first)?];
        if dim > 2 * half {
            parts.push(x.narrow(2, 2 * half, dim - 2 * half)?);
        }
        Tensor::cat(&parts, 2)
    }

    /// Rotates queries and keys of `qkv`, (tokens, (heads + 2 · kv_heads) · dim), and attends within each sequence:
    /// (tokens, heads · dim).
    pub fn attend(&self, config: &Config, qkv: &Tensor) -> Result<Tensor> {
        let (heads, kv_heads, dim) = (config.heads, config.kv_heads, config.head_dim);
        let tokens = qkv.dim(0)?;
        let qkv = qkv.reshape((tokens, qkv_width(config) / dim, dim))?;
        let turned = self.rotate(&qkv.narrow(1, 0, heads + kv_heads)?)?;
        let (queries, keys) = (turned.narrow(1, 0, heads)?, turned.narrow(1, heads, kv_heads)?);
        let values = qkv.narrow(1, heads + kv_heads, kv_heads)?;
        let of_span = |(Rows { start, len }, mask): &(Rows, Tensor)| {
            let by_head = |x: &Tensor| x.narrow(0, *start, *len)?.transpose(0, 1)?.contiguous();
            // The query heads that share a key-value head stand one below the other.
            let queries = by_head(&queries)?.reshape((kv_heads, heads / kv_heads * len, dim))?;
            let (keys, values) = (by_head(&keys)?, by_head(&values)?); // (kv_heads, len, dim)
            let scores = (queries.matmul(&keys.t()?.contiguous()?)? / (dim as f64).sqrt())?;
            let weights = softmax(&scores.reshape((heads, *len, *len))?.broadcast_add(mask)?)?;
            let mixed = weights.reshape((kv_heads, heads / kv_heads * len, *len))?.matmul(&values)?;
            mixed.reshape((heads, *len, dim))?.transpose(0, 1)?.contiguous()?.reshape((*len, heads * dim))
        };
        Tensor::cat(&self.spans.iter().map(of_span).collect::<Result<Vec<_>>>()?, 0)
    }
}

fn visible(config: &Config, len: usize, device: &Device) -> Result<Tensor> {
    let window = config.sliding_window.unwrap_or(len);
    let seen = |query: usize, key: usize| key <= query && query < key + window;
    let mask = (0..len * len).map(|i| if seen(i / len, i % len) { 0.0 } else { f32::NEG_INFINITY }).collect();
    Tensor::from_vec(mask, (len, len), device)
}

fn softmax(scores: &Tensor) -> Result<Tensor> {
    let most = scores.max_keepdim(D::Minus1)?.detach();
    let weights = scores.broadcast_sub(&most)?.exp()?;
    weights.broadcast_div(&weights.sum_keepdim(D::Minus1)?)
}

/// The loss (natural log) of each row of logits, (n, vocab), against the token that follows: (n, 1).
pub(super) fn losses(logits: &Tensor, targets: &[u32]) -> Result<Tensor> {
    let most = logits.max_keepdim(1)?.detach();
    let log_sum = (logits.broadcast_sub(&most)?.exp()?.sum_keepdim(1)?.log()? + most)?;
    log_sum - logits.gather(&Tensor::from_slice(targets, (targets.len(), 1), logits.device())?, 1)?
}
