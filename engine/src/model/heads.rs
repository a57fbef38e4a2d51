//! Norms of queries and keys before they are rotated: of each head by itself, or of all heads together.

use rayon::prelude::*;

use super::ops;
use crate::error::Result;
use crate::files::Config;

/// Rows handed to a thread at once.
const ROWS: usize = 8;

pub(super) struct HeadNorms {
    /// As wide as one head, or as all query heads.
    query: Vec<f32>,
    /// As wide as one head, or as all key heads.
    key: Vec<f32>,
    eps: f32,
    /// Columns of all queries, of all keys, and of queries, keys and values.
    columns: [usize; 3],
}

impl HeadNorms {
    /// `None` for a family without; `norm` gives a norm's weights by its name in the layer and its width.
    pub fn load(config: &Config, norm: impl Fn(&str, usize) -> Result<Vec<f32>>) -> Result<Option<Self>> {
        let Some([query, key]) = &config.family.anatomy().head_norms else { return Ok(None) };
        let load = |(name, size): &(crate::files::Name, _)| norm(name.name, config.size(*size));
        let dim = config.head_dim;
        Ok(Some(Self {
            query: load(query)?,
            key: load(key)?,
            eps: config.norm_eps as f32,
            columns: [config.heads * dim, config.kv_heads * dim, config.qkv_width()],
        }))
    }

    /// The stretches of a row of queries, keys and values that are normed, each with its weights.
    fn stretches(&self) -> impl Iterator<Item = (usize, &[f32])> {
        let [queries, keys, _] = self.columns;
        let of_queries = (0..queries).step_by(self.query.len()).map(|at| (at, self.query.as_slice()));
        of_queries.chain((queries..queries + keys).step_by(self.key.len()).map(|at| (at, self.key.as_slice())))
    }

    /// (tokens, (heads + 2 · kv_heads) · dim) → the same, values as they are.
    pub fn forward(&self, qkv: &[f32]) -> Vec<f32> {
        let [.., width] = self.columns;
        let mut normed = qkv.to_vec();
        let rows = normed.par_chunks_mut(width).zip(qkv.par_chunks(width)).with_min_len(ROWS);
        rows.for_each(|(normed, plain)| {
            for (at, weight) in self.stretches() {
                let here = at..at + weight.len();
                ops::normalise(&plain[here.clone()], weight, self.eps, &mut normed[here]);
            }
        });
        normed
    }

    /// The gradient of [`HeadNorms::forward`]'s input `qkv`, given that of its result.
    pub fn backward(&self, qkv: &[f32], dnormed: &[f32]) -> Vec<f32> {
        let [queries, keys, width] = self.columns;
        let mut dqkv = dnormed.to_vec();
        let rows = dqkv.par_chunks_mut(width).zip(qkv.par_chunks(width).zip(dnormed.par_chunks(width)));
        rows.with_min_len(ROWS).for_each(|(dqkv, (plain, dnormed))| {
            dqkv[..queries + keys].fill(0.0);
            for (at, weight) in self.stretches() {
                let here = at..at + weight.len();
                let dy = &dnormed[here.clone()];
                ops::normalise_back(&plain[here.clone()], weight, self.eps, dy, &mut dqkv[here]);
            }
        });
        dqkv
    }
}
