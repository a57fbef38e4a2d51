//! The forward pass on this processor: tokens of many sequences, flat, through one stack of layers.

use rayon::prelude::*;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::adapter::Adapter;
use super::attention;
use super::cache::{self, Cache};
use super::forward::{Forward, Rows, Span, adapter_runs, rows_of};
use super::layer::{Layer, Way};
use super::linear::{Linear, vector};
use super::rope::Ropes;
use super::{head, ops};
use crate::error::Result;
use crate::files::{Config, EMBEDDINGS, HEAD, NORM, Peft, Weights};

/// A model's weights, packed, and the way through them. Shared freely between threads; sequences own their caches.
pub struct Decoder {
    pub(super) config: Config,
    /// (vocab, hidden); also the head when embeddings are tied.
    embeddings: Arc<Linear>,
    pub(super) layers: Vec<Layer>,
    /// Over what divides the logits.
    pub(super) norm: Vec<f32>,
    pub(super) head: Arc<Linear>,
}

impl Decoder {
    /// Loads and packs all weights, layers in parallel.
    pub fn load(config: Config, weights: &dyn Weights) -> Result<Self> {
        let table =
            |name: &str| Linear::load(weights, &[(name.to_string(), config.vocab)], config.hidden).map(Arc::new);
        let embeddings = table(EMBEDDINGS.name)?;
        let head = if config.tie_embeddings { embeddings.clone() } else { table(HEAD.name)? };
        let layers =
            (0..config.layers).into_par_iter().map(|i| Layer::load(&config, weights, i)).collect::<Result<_>>()?;
        let mut norm = vector(weights, &format!("{}.weight", NORM.name), config.hidden)?;
        norm.iter_mut().for_each(|weight| *weight /= config.scales.logits);
        Ok(Self { config, embeddings, layers, norm, head })
    }

    /// Rows of the embedding, (tokens, hidden).
    pub(super) fn embedded(&self, tokens: &[u32]) -> Result<Vec<f32>> {
        self.config.check_tokens(tokens)?;
        let hidden = self.config.hidden;
        let mut x = vec![0.0; tokens.len() * hidden];
        let panels = &self.embeddings.parts()[0].panels;
        let scale = self.config.scales.embeddings;
        x.chunks_exact_mut(hidden).zip(tokens).for_each(|(row, &token)| {
            panels.row(token as usize, row);
            row.iter_mut().for_each(|value| *value *= scale);
        });
        Ok(x)
    }

    /// (rows, hidden) as the head takes it.
    pub(super) fn normalised(&self, x: &[f32]) -> Vec<f32> {
        ops::rms_norm(x, &self.norm, self.config.norm_eps as f32)
    }
}

impl Forward for Decoder {
    type Cache = Cache;
    type Adapter = Adapter;

    fn config(&self) -> &Config {
        &self.config
    }

    fn adapter(&self, folder: &Path) -> Result<Adapter> {
        Adapter::pack(Peft::load(folder, &self.config)?)
    }

    fn cache(&self) -> Cache {
        Cache::new(cache::Shape::of(&self.config))
    }

    fn truncate(&self, cache: &mut Cache, len: usize) -> Result<()> {
        cache.truncate(len);
        Ok(())
    }

    fn cache_bytes(&self, positions: usize) -> usize {
        positions.div_ceil(cache::PAGE) * cache::Shape::of(&self.config).page_bytes()
    }

    fn forward(&self, tokens: &[u32], spans: &mut [Span<'_, Cache, Adapter>]) -> Result<Vec<f32>> {
        let rows = rows_of(spans, tokens.len());
        let positions: Vec<usize> = spans.iter().flat_map(|s| s.cache.len()..s.cache.len() + s.rows).collect();
        let mut x = self.embedded(tokens)?; // (tokens, hidden)
        let adapters = adapter_runs(spans, &rows);
        spans.iter_mut().for_each(|span| span.cache.extend(span.rows));
        let mut way = Reading {
            config: &self.config,
            layer: 0,
            ropes: &Ropes::new(&self.config, &positions),
            spans: rows.into_iter().zip(spans.iter_mut().map(|span| &mut *span.cache)).collect(),
            adapters: &adapters,
        };
        for (index, layer) in self.layers.iter().enumerate() {
            way.layer = index;
            x = layer.forward(&self.config, &x, &mut way).y;
        }
        Ok(self.normalised(&x))
    }

    fn logits(&self, hidden: &[f32]) -> Result<Vec<f32>> {
        Ok(head::logits(&self.head, hidden, self.config.scales.logit_cap))
    }

    fn likeliest(&self, hidden: &[f32]) -> Result<Vec<Option<u32>>> {
        Ok(match self.config.scales.logit_cap {
            None => self.head.argmax(hidden),
            // Where caps make logits equal the first counts, as it would of the logits.
            cap => head::likeliest(&self.head, hidden, cap),
        })
    }

    fn log_probs(&self, hidden: &[f32], targets: &[u32]) -> Result<Vec<f32>> {
        Ok(head::log_probs(&self.head, hidden, targets, self.config.scales.logit_cap))
    }
}

/// Through the layers with caches: each sequence attends to what it has seen, and some rows have an adapter.
struct Reading<'a> {
    config: &'a Config,
    /// The layer's number.
    layer: usize,
    ropes: &'a Ropes<'a>,
    spans: Vec<(Rows, &'a mut Cache)>,
    adapters: &'a [(Range<usize>, &'a Adapter)],
}

impl Way for Reading<'_> {
    fn linear(&mut self, _: usize, linear: &Linear, x: &[f32], residual: Option<&[f32]>) -> Vec<f32> {
        let mut y = linear.product(x, residual, None);
        self.adapters.iter().for_each(|(rows, adapter)| adapter.add(linear, rows.clone(), x, &mut y));
        y
    }

    fn attend(&mut self, qkv: &mut [f32]) -> Vec<f32> {
        let rope = self.ropes.of(self.layer);
        attention::store(self.config, self.layer, qkv, rope, &mut self.spans);
        let spans: Vec<(Rows, &Cache)> = self.spans.iter().map(|(rows, cache)| (*rows, &**cache)).collect();
        attention::attend(self.config, self.layer, qkv, rope, &spans)
    }
}
