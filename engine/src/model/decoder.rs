//! The forward pass: tokens of many sequences, flat, through one stack of layers.

use candle_core::{CpuStorage, Storage, Tensor};
use rayon::prelude::*;
use std::sync::Arc;

use super::adapter::Adapter;
use super::attention::{self, Rope, Rows};
use super::cache::{self, Cache};
use super::linear::{Delta, Linear, vector};
use super::{Config, Family, Weights, ops};
use crate::error::{Error, Result};

/// Rows whose logits exist at once while scoring.
const SCORED_ROWS: usize = 64;

/// A model's weights, packed, and the way through them. Shared freely between threads; sequences own their caches.
pub struct Decoder {
    pub(super) config: Config,
    /// (vocab, hidden); also the head when embeddings are tied.
    pub(super) embeddings: Arc<Linear>,
    pub(super) layers: Vec<Layer>,
    pub(super) norm: Vec<f32>,
    pub(super) head: Arc<Linear>,
}

pub(super) struct Layer {
    pub attention_norm: Vec<f32>,
    pub qkv: Linear,
    pub output: Linear,
    pub mlp_norm: Vec<f32>,
    pub gate_up: Linear,
    pub down: Linear,
}

/// The next rows of one sequence: `rows` tokens that follow what `cache` holds.
pub struct Span<'a> {
    pub rows: usize,
    pub cache: &'a mut Cache,
    pub adapter: Option<&'a Adapter>,
}

impl Decoder {
    /// Loads and packs all weights, layers in parallel.
    pub fn load(config: Config, weights: &dyn Weights) -> Result<Self> {
        let table =
            |name: &str| Linear::load(weights, &[(name.to_string(), config.vocab)], config.hidden).map(Arc::new);
        let embeddings = table("model.embed_tokens")?;
        let head = if config.tie_embeddings { embeddings.clone() } else { table("lm_head")? };
        let layers =
            (0..config.layers).into_par_iter().map(|i| Layer::load(&config, weights, i)).collect::<Result<_>>()?;
        let norm = vector(weights, "model.norm.weight", config.hidden)?;
        Ok(Self { config, embeddings, layers, norm, head })
    }

    pub fn config(&self) -> &Config {
        &self.config
    }

    /// An empty cache for a new sequence.
    pub fn cache(&self) -> Cache {
        Cache::new(cache::Shape::of(&self.config))
    }

    /// Memory that a cache of `positions` takes.
    pub fn cache_bytes(&self, positions: usize) -> usize {
        positions.div_ceil(cache::PAGE) * cache::Shape::of(&self.config).page_bytes()
    }

    /// Every linear layer an adapter may add to, by module path, with its (out, in).
    pub(crate) fn modules(&self) -> impl Iterator<Item = (&str, (usize, usize))> {
        let linears = self.layers.iter().flat_map(|l| [&l.qkv, &l.output, &l.gate_up, &l.down]);
        linears.flat_map(|linear| linear.parts()).map(|p| (p.name.as_str(), (p.panels.n, p.panels.k)))
    }

    /// Runs `tokens`, which are the rows of `spans` one after another, and appends them to the spans' caches. Gives the
    /// normalised last hidden states, (tokens, hidden). A row's result depends only on its own sequence.
    pub fn forward(&self, tokens: &[u32], spans: &mut [Span<'_>]) -> Result<Tensor> {
        let (config, eps) = (&self.config, self.config.norm_eps as f32);
        let rows = rows_of(spans);
        assert_eq!(rows.last().map_or(0, |r| r.start + r.len), tokens.len(), "spans cover all tokens");
        let positions: Vec<usize> = spans.iter().flat_map(|s| s.cache.len()..s.cache.len() + s.rows).collect();
        let rope = Rope::new(config, &positions);
        spans.iter_mut().for_each(|span| span.cache.extend(span.rows));
        let adapters = adapter_runs(spans, &rows);
        let mut x = self.embed(tokens)?; // (tokens, hidden)
        for (i, layer) in self.layers.iter().enumerate() {
            let h = ops::rms_norm(&x, &layer.attention_norm, eps)?;
            let qkv = layer.qkv.forward(&h, &deltas(&layer.qkv, &adapters))?; // (tokens, (heads + 2 kv_heads) · dim)
            let mixed = self.attend(i, &qkv, &rope, &rows, spans)?; // (tokens, heads · dim)
            x = layer.output.forward_onto(&x, &mixed, &deltas(&layer.output, &adapters))?;
            let h = ops::rms_norm(&x, &layer.mlp_norm, eps)?;
            let h = ops::swiglu(&layer.gate_up.forward(&h, &deltas(&layer.gate_up, &adapters))?)?; // (tokens, intermediate)
            x = layer.down.forward_onto(&x, &h, &deltas(&layer.down, &adapters))?;
        }
        ops::rms_norm(&x, &self.norm, eps)
    }

    /// Logits for rows of hidden states: (n, hidden) → (n, vocab).
    pub fn logits(&self, hidden: &Tensor) -> Result<Tensor> {
        self.head.forward(hidden, &[])
    }

    /// The likeliest next token after each row of hidden states, (n, hidden): the first of the largest logits.
    pub fn likeliest(&self, hidden: &Tensor) -> Result<Vec<u32>> {
        self.head.argmax(hidden)
    }

    /// The log-probability (natural log) of `targets[i]` after row i of `hidden`, without ever holding the logits of
    /// more than a few rows.
    pub fn log_probs(&self, hidden: &Tensor, targets: &[u32]) -> Result<Vec<f32>> {
        let mut out = Vec::with_capacity(targets.len());
        for (chunk, targets) in targets.chunks(SCORED_ROWS).enumerate() {
            let logits = self.logits(&hidden.narrow(0, chunk * SCORED_ROWS, targets.len())?)?;
            let scored = with_slice(&logits, |logits| {
                let rows = logits.par_chunks_exact(self.config.vocab).zip(targets);
                Ok(rows.map(|(row, &target)| row[target as usize] - ops::log_sum_exp(row)).collect::<Vec<f32>>())
            })?;
            out.extend(scored);
        }
        Ok(out)
    }

    fn embed(&self, tokens: &[u32]) -> Result<Tensor> {
        let x = self.embedded(tokens)?;
        Ok(Tensor::from_vec(x, (tokens.len(), self.config.hidden), &candle_core::Device::Cpu)?)
    }

    /// Rows of the embedding, (tokens, hidden).
    pub(super) fn embedded(&self, tokens: &[u32]) -> Result<Vec<f32>> {
        let (hidden, vocab) = (self.config.hidden, self.config.vocab);
        if let Some(token) = tokens.iter().find(|&&t| t as usize >= vocab) {
            return Err(Error::model(format!("token {token} is outside the model's vocabulary of {vocab}"))
                .hint("tokenizer and weights belong to different models; get both from one place"));
        }
        let mut x = vec![0.0; tokens.len() * hidden];
        let panels = &self.embeddings.parts()[0].panels;
        x.chunks_exact_mut(hidden).zip(tokens).for_each(|(row, &token)| panels.row(token as usize, row));
        Ok(x)
    }

    fn attend(&self, layer: usize, qkv: &Tensor, rope: &Rope, rows: &[Rows], spans: &mut [Span<'_>]) -> Result<Tensor> {
        let config = &self.config;
        let mixed = with_slice(qkv, |qkv| {
            let mut writing: Vec<_> = rows.iter().copied().zip(spans.iter_mut().map(|s| &mut *s.cache)).collect();
            attention::store(config, layer, qkv, rope, &mut writing);
            let reading: Vec<_> = rows.iter().copied().zip(spans.iter().map(|s| &*s.cache)).collect();
            Ok(attention::attend(config, layer, qkv, rope, &reading))
        })?;
        Ok(Tensor::from_vec(mixed, (qkv.dim(0)?, config.heads * config.head_dim), qkv.device())?)
    }
}

impl Layer {
    fn load(config: &Config, weights: &dyn Weights, index: usize) -> Result<Self> {
        let name = |module: &str| format!("model.layers.{index}.{module}");
        let (q, kv) = (config.heads * config.head_dim, config.kv_heads * config.head_dim);
        let (qkv, gate_up) = match config.family {
            Family::Phi3 => {
                let (qkv, gate_up) = (name("self_attn.qkv_proj"), name("mlp.gate_up_proj"));
                (vec![(qkv, q + 2 * kv)], vec![(gate_up, 2 * config.intermediate)])
            }
            Family::Llama | Family::Qwen2 => (
                vec![(name("self_attn.q_proj"), q), (name("self_attn.k_proj"), kv), (name("self_attn.v_proj"), kv)],
                vec![(name("mlp.gate_proj"), config.intermediate), (name("mlp.up_proj"), config.intermediate)],
            ),
        };
        let linear = |parts: &[(String, usize)], k| Linear::load(weights, parts, k);
        Ok(Self {
            attention_norm: vector(weights, &name("input_layernorm.weight"), config.hidden)?,
            qkv: linear(&qkv, config.hidden)?,
            output: linear(&[(name("self_attn.o_proj"), config.hidden)], q)?,
            mlp_norm: vector(weights, &name("post_attention_layernorm.weight"), config.hidden)?,
            gate_up: linear(&gate_up, config.hidden)?,
            down: linear(&[(name("mlp.down_proj"), config.hidden)], config.intermediate)?,
        })
    }
}

fn rows_of(spans: &[Span<'_>]) -> Vec<Rows> {
    let mut start = 0;
    let mut next = |len| {
        start += len;
        Rows { start: start - len, len }
    };
    spans.iter().map(|span| next(span.rows)).collect()
}

/// Neighbouring spans with the same adapter, as one range of rows.
fn adapter_runs<'a>(spans: &[Span<'a>], rows: &[Rows]) -> Vec<(std::ops::Range<usize>, &'a Adapter)> {
    let mut runs: Vec<(std::ops::Range<usize>, &'a Adapter)> = Vec::new();
    for (span, rows) in spans.iter().zip(rows) {
        let Some(adapter) = span.adapter else { continue };
        match runs.last_mut() {
            Some((range, last)) if range.end == rows.start && std::ptr::eq(*last, adapter) => range.end += rows.len,
            _ => runs.push((rows.start..rows.start + rows.len, adapter)),
        }
    }
    runs
}

fn deltas<'a>(linear: &'a Linear, adapters: &[(std::ops::Range<usize>, &'a Adapter)]) -> Vec<Delta<'a>> {
    let of_run = |(rows, adapter): &(std::ops::Range<usize>, &'a Adapter)| {
        let (rows, adapter) = (rows.clone(), *adapter);
        linear
            .parts()
            .iter()
            .filter_map(move |part| adapter.get(&part.name).map(|lora| Delta { rows: rows.clone(), part, lora }))
    };
    adapters.iter().flat_map(of_run).collect()
}

/// Lends the values of a contiguous f32 tensor.
pub(crate) fn with_slice<R>(tensor: &Tensor, f: impl FnOnce(&[f32]) -> Result<R>) -> Result<R> {
    let (storage, layout) = tensor.storage_and_layout();
    match &*storage {
        Storage::Cpu(storage @ CpuStorage::F32(_)) => f(ops::slice(storage, layout)?),
        _ => Err(Error::model("expected f32 values in main memory")),
    }
}
