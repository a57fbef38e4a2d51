//! Reading and scoring on a device.

use candle_core::{Result, Tensor};
use std::path::Path;

use super::super::forward::{Forward, Span, adapter_runs, rows_of};
use super::attention::Places;
use super::base::{Composite, OnDevice, Pass};
use super::operations;
use crate::files::{Config, Peft};

/// Rows whose logits exist at once.
const ROWS: usize = 256;

/// A sequence's keys and values, (kv_heads, positions, dim) each, for every layer that has seen any.
#[derive(Clone, Default)]
pub struct Kept {
    layers: Vec<(Tensor, Tensor)>,
    len: usize,
}

impl Kept {
    /// Adds the keys and values of new positions of one layer; gives all there are.
    fn append(&mut self, layer: usize, keys: Tensor, values: Tensor) -> Result<(Tensor, Tensor)> {
        let all = match self.layers.get(layer) {
            Some((past_keys, past_values)) => {
                (Tensor::cat(&[past_keys, &keys], 1)?, Tensor::cat(&[past_values, &values], 1)?)
            }
            None => (keys, values),
        };
        match self.layers.get_mut(layer) {
            Some(place) => *place = all.clone(),
            None => self.layers.push(all.clone()),
        }
        Ok(all)
    }
}

impl Composite {
    /// (n, hidden).
    fn rows(&self, hidden: &[f32]) -> Result<Tensor> {
        Tensor::from_slice(hidden, (hidden.len() / self.config.hidden, self.config.hidden), &self.device)
    }
}

/// For each row of logits, (n, vocab), 0 where all are finite, and no number where one is not.
fn not_finite(logits: &Tensor) -> Result<Vec<f32>> {
    (logits * 0.0)?.sum(1)?.to_vec1()
}

impl Forward for Composite {
    type Cache = Kept;
    type Adapter = OnDevice;

    fn config(&self) -> &Config {
        &self.config
    }

    fn adapter(&self, folder: &Path) -> crate::error::Result<OnDevice> {
        let peft = Peft::load(folder, &self.config)?;
        let here = |t: &Tensor| t.to_dtype(candle_core::DType::F32)?.to_device(&self.device);
        Ok(self.on_device(peft.config.scale(), |module| {
            peft.pairs.get(module).map(|(a, b)| Ok((here(a)?, here(b)?))).transpose()
        })?)
    }

    fn cache(&self) -> Kept {
        Kept::default()
    }

    fn truncate(&self, cache: &mut Kept, len: usize) -> crate::error::Result<()> {
        if len == 0 {
            *cache = Kept::default();
        } else if len < cache.len {
            for (keys, values) in &mut cache.layers {
                (*keys, *values) = (keys.narrow(1, 0, len)?, values.narrow(1, 0, len)?);
            }
            cache.len = len;
        }
        Ok(())
    }

    fn cache_bytes(&self, positions: usize) -> usize {
        let Config { layers, kv_heads, head_dim, .. } = self.config;
        positions * layers * 2 * kv_heads * head_dim * size_of::<f32>()
    }

    fn forward(&self, tokens: &[u32], spans: &mut [Span<'_, Kept, OnDevice>]) -> crate::error::Result<Vec<f32>> {
        let rows = rows_of(spans, tokens.len());
        let places: Vec<_> = rows.iter().zip(spans.iter()).map(|(rows, span)| (*rows, span.cache.len)).collect();
        let adapters = adapter_runs(spans, &rows);
        let mut x = self.embedded(tokens)?; // (tokens, hidden)
        let places = Places::new(&self.config, &places, &self.device)?;
        let pass = Pass { config: &self.config, places, adapters, dropout: None };
        for (index, block) in self.blocks.iter().enumerate() {
            x = block
                .forward(&pass, index, &x, &mut |span, keys, values| spans[span].cache.append(index, keys, values))?;
        }
        spans.iter_mut().for_each(|span| span.cache.len += span.rows);
        Ok(self.normalised(&x)?.flatten_all()?.to_vec1()?)
    }

    fn logits(&self, hidden: &[f32]) -> crate::error::Result<Vec<f32>> {
        Ok(self.head(&self.rows(hidden)?)?.flatten_all()?.to_vec1()?)
    }

    fn likeliest(&self, hidden: &[f32]) -> crate::error::Result<Vec<Option<u32>>> {
        let logits = self.head(&self.rows(hidden)?)?;
        let (tokens, wrong) = (logits.argmax(1)?.to_vec1()?, not_finite(&logits)?);
        Ok(tokens.into_iter().zip(wrong).map(|(token, wrong)| (wrong == 0.0).then_some(token)).collect())
    }

    fn log_probs(&self, hidden: &[f32], targets: &[u32]) -> crate::error::Result<Vec<f32>> {
        let mut out = Vec::with_capacity(targets.len());
        for (hidden, targets) in hidden.chunks(ROWS * self.config.hidden).zip(targets.chunks(ROWS)) {
            let logits = self.head(&self.rows(hidden)?)?;
            let losses = operations::losses(&logits, targets)?.flatten_all()?.to_vec1::<f32>()?;
            // A sum of what is wrong with a row is 0 or no number.
            out.extend(losses.into_iter().zip(not_finite(&logits)?).map(|(loss, wrong)| wrong - loss));
        }
        Ok(out)
    }
}
