//! Attention in plain candle operations: whole sequences, or new rows behind what was kept.

use candle_core::{Device, Result, Tensor};

use super::super::forward::Rows;
use super::super::rope::Rope;
use super::operations::softmax;
use crate::files::Config;

/// See [`Places::attend`].
pub(crate) type Seen<'s> = dyn FnMut(usize, Tensor, Tensor) -> Result<(Tensor, Tensor)> + 's;

/// Rotary positions and causal masks of one batch, on a device.
pub(crate) struct Places {
    /// (tokens, 1, rope_dims / 2).
    cos: Tensor,
    sin: Tensor,
    /// For each sequence its rows, and (len, past + len): zero where a query, downwards, sees a key, else minus infinity.
    spans: Vec<(Rows, Tensor)>,
}

impl Places {
    /// `spans` are the rows of each sequence and how many positions it has behind it.
    pub fn new(config: &Config, spans: &[(Rows, usize)], device: &Device) -> Result<Self> {
        let positions: Vec<usize> = spans.iter().flat_map(|(rows, past)| *past..past + rows.len).collect();
        let rope = Rope::new(config, &positions);
        let half = config.rope_dims / 2;
        let table = |values: &[f32]| Tensor::from_slice(values, (values.len() / half, 1, half), device);
        let (cos, sin) = rope.tables();
        let masked = |&(rows, past): &(Rows, usize)| Ok((rows, visible(config, past, rows.len, device)?));
        let spans = spans.iter().map(masked).collect::<Result<_>>()?;
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
    /// (tokens, heads · dim). `seen` is given the number of a span and its new keys and values, (kv_heads, len, dim), and
    /// gives all that the span attends to, (kv_heads, past + len, dim).
    pub fn attend(&self, config: &Config, qkv: &Tensor, seen: &mut Seen<'_>) -> Result<Tensor> {
        let (heads, kv_heads, dim) = (config.heads, config.kv_heads, config.head_dim);
        let qkv = qkv.reshape((qkv.dim(0)?, heads + 2 * kv_heads, dim))?;
        let turned = self.rotate(&qkv.narrow(1, 0, heads + kv_heads)?)?;
        let (queries, keys) = (turned.narrow(1, 0, heads)?, turned.narrow(1, heads, kv_heads)?);
        let values = qkv.narrow(1, heads + kv_heads, kv_heads)?;
        let mut mixed = Vec::with_capacity(self.spans.len());
        for (index, (Rows { start, len }, mask)) in self.spans.iter().enumerate() {
            let by_head = |x: &Tensor| x.narrow(0, *start, *len)?.transpose(0, 1)?.contiguous();
            let (keys, values) = seen(index, by_head(&keys)?, by_head(&values)?)?;
            // The query heads that share a key-value head stand one below the other.
            let queries = by_head(&queries)?.reshape((kv_heads, heads / kv_heads * len, dim))?;
            let scores = (queries.matmul(&keys.t()?.contiguous()?)? / (dim as f64).sqrt())?;
            let weights = softmax(&scores.reshape((heads, *len, keys.dim(1)?))?.broadcast_add(mask)?)?;
            let of_span = weights.reshape((kv_heads, heads / kv_heads * len, keys.dim(1)?))?.matmul(&values)?;
            let of_span = of_span.reshape((heads, *len, dim))?.transpose(0, 1)?.contiguous()?;
            mixed.push(of_span.reshape((*len, heads * dim))?);
        }
        Tensor::cat(&mixed, 0)
    }
}

fn visible(config: &Config, past: usize, len: usize, device: &Device) -> Result<Tensor> {
    let all = past + len;
    let window = config.sliding_window.unwrap_or(all);
    let seen = |query: usize, key: usize| key <= query && query < key + window;
    let mask = (0..len * all).map(|i| if seen(past + i / all, i % all) { 0.0 } else { f32::NEG_INFINITY }).collect();
    Tensor::from_vec(mask, (len, all), device)
}
