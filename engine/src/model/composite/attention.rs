//! Attention in plain candle operations: whole sequences, or new rows behind what was kept.

use candle_core::{Device, Result, Tensor};

use super::super::forward::Rows;
use super::super::rope::{Rope, Ropes};
use super::operations::softmax;
use crate::files::Config;

/// See [`Places::attend`].
pub(crate) type Seen<'s> = dyn FnMut(usize, Tensor, Tensor) -> Result<(Tensor, Tensor)> + 's;

/// Rotary positions and causal masks of one batch, on a device.
pub(crate) struct Places {
    /// One for each layer; layers that rotate alike share theirs.
    tables: Vec<Option<Table>>,
    spans: Vec<Span>,
}

/// Cosines and sines, (tokens, 1, rope_dims / 2).
#[derive(Clone)]
struct Table {
    cos: Tensor,
    sin: Tensor,
}

/// One sequence.
struct Span {
    rows: Rows,
    /// (len, past + len): zero where a query, downwards, sees a key, else minus infinity.
    whole: Tensor,
    /// The same within the window.
    windowed: Tensor,
}

impl Places {
    /// `spans` are the rows of each sequence and how many positions it has behind it.
    pub fn new(config: &Config, spans: &[(Rows, usize)], device: &Device) -> Result<Self> {
        let positions: Vec<usize> = spans.iter().flat_map(|(rows, past)| *past..past + rows.len).collect();
        let ropes = Ropes::new(config, &positions);
        let mut tables: Vec<Option<Table>> = Vec::with_capacity(config.layers);
        for layer in 0..config.layers {
            let rope = ropes.of(layer);
            let alike = (0..layer).find(|other| std::ptr::eq(rope, ropes.of(*other)));
            let table = match alike {
                Some(other) => tables[other].clone(),
                None => Table::of(rope, device)?,
            };
            tables.push(table);
        }
        let masked = |&(rows, past): &(Rows, usize)| {
            let whole = visible(None, past, rows.len, device)?;
            let windowed = match config.sliding_window {
                Some(window) => visible(Some(window), past, rows.len, device)?,
                None => whole.clone(),
            };
            Ok(Span { rows, whole, windowed })
        };
        Ok(Self { tables, spans: spans.iter().map(masked).collect::<Result<_>>()? })
    }

    /// Rotates queries and keys of `qkv`, (tokens, (heads + 2 · kv_heads) · dim), and attends within each sequence:
    /// (tokens, heads · dim). `seen` is given the number of a span and its new keys and values, (kv_heads, len, dim), and
    /// gives all that the span attends to, (kv_heads, past + len, dim).
    pub fn attend(&self, config: &Config, layer: usize, qkv: &Tensor, seen: &mut Seen<'_>) -> Result<Tensor> {
        let (heads, kv_heads, dim) = (config.heads, config.kv_heads, config.head_dim);
        let qkv = qkv.reshape((qkv.dim(0)?, heads + 2 * kv_heads, dim))?;
        let turned = qkv.narrow(1, 0, heads + kv_heads)?;
        let turned = match &self.tables[layer] {
            Some(table) => table.rotate(&turned)?,
            None => turned,
        };
        let (queries, keys) = (turned.narrow(1, 0, heads)?, turned.narrow(1, heads, kv_heads)?);
        let values = qkv.narrow(1, heads + kv_heads, kv_heads)?;
        let mut mixed = Vec::with_capacity(self.spans.len());
        for (index, Span { rows: Rows { start, len }, whole, windowed }) in self.spans.iter().enumerate() {
            let mask = if config.window(layer).is_some() { windowed } else { whole };
            let by_head = |x: &Tensor| x.narrow(0, *start, *len)?.transpose(0, 1)?.contiguous();
            let (keys, values) = seen(index, by_head(&keys)?, by_head(&values)?)?;
            // The query heads that share a key-value head stand one below the other.
            let queries = by_head(&queries)?.reshape((kv_heads, heads / kv_heads * len, dim))?;
            let scores = (queries.matmul(&keys.t()?.contiguous()?)? * f64::from(config.score_scale()))?;
            let weights = softmax(&scores.reshape((heads, *len, keys.dim(1)?))?.broadcast_add(mask)?)?;
            let of_span = weights.reshape((kv_heads, heads / kv_heads * len, keys.dim(1)?))?.matmul(&values)?;
            let of_span = of_span.reshape((heads, *len, dim))?.transpose(0, 1)?.contiguous()?;
            mixed.push(of_span.reshape((*len, heads * dim))?);
        }
        Tensor::cat(&mixed, 0)
    }
}

impl Table {
    /// `None` where nothing is rotated.
    fn of(rope: &Rope, device: &Device) -> Result<Option<Self>> {
        let (cos, sin, half) = rope.tables();
        if half == 0 {
            return Ok(None);
        }
        let table = |values: &[f32]| Tensor::from_slice(values, (values.len() / half, 1, half), device);
        Ok(Some(Self { cos: table(cos)?, sin: table(sin)? }))
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
}

fn visible(window: Option<usize>, past: usize, len: usize, device: &Device) -> Result<Tensor> {
    let all = past + len;
    let window = window.unwrap_or(all);
    let seen = |query: usize, key: usize| key <= query && query < key + window;
    let mask = (0..len * all).map(|i| if seen(past + i / all, i % all) { 0.0 } else { f32::NEG_INFINITY }).collect();
    Tensor::from_vec(mask, (len, all), device)
}
