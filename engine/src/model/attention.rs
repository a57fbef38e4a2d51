//! Causal attention of ragged spans over their caches.
//!
//! Each query row is on its own: scores, softmax and weighted sum run over keys in order of position, whatever page they
//! lie in, so a row's result depends on neither batch, chunking nor page borders. A few rows and the query heads that
//! share a key-value head go together, so that each page of keys and values is read once for all of them.

use super::simd;
use pulp::{Simd, WithSimd};
use rayon::prelude::*;
use std::ops::Range;

use super::cache::{BLOCK, Cache, View};
use super::forward::Rows;
use super::kernel::prefetch;
use super::ops;
use super::rope::Rope;
use crate::files::Config;

/// Query rows per task, so that the queries of any number of heads are a multiple of [`QUERIES`].
const ROWS: usize = QUERIES;
/// How far ahead of the weighted sum to ask memory for values.
const AHEAD: usize = 1024;
/// Queries handled at once: with two vectors of keys or values each they are twelve sums, which keep the multipliers busy and
/// fit the registers of every set of instructions beside what is multiplied.
const QUERIES: usize = 6;

/// Stores the new keys and values of one layer. `qkv` is (tokens, (heads + 2 · kv_heads) · head_dim).
pub(crate) fn store(config: &Config, layer: usize, qkv: &[f32], rope: &Rope, spans: &mut [(Rows, &mut Cache)]) {
    let (dim, kv_heads, stride) = (config.head_dim, config.kv_heads, config.qkv_width());
    spans.par_iter_mut().with_min_len(4).for_each(|(rows, cache)| {
        let mut key = vec![0.0; dim];
        for head in 0..kv_heads {
            cache.write(layer, head, rows.len, |i, keys, values| {
                let row = &qkv[(rows.start + i) * stride + config.heads * dim..][..2 * kv_heads * dim];
                key.copy_from_slice(&row[head * dim..][..dim]);
                rope.rotate(rows.start + i, &mut key);
                keys.iter_mut().step_by(BLOCK).zip(&key).for_each(|(to, from)| *to = *from);
                values.copy_from_slice(&row[(kv_heads + head) * dim..][..dim]);
            });
        }
    });
}

/// With fewer tasks than this each is handed out by itself.
const FEW: usize = 32;

/// Attends over caches that [`store`] has filled; gives (tokens, heads · head_dim).
pub(crate) fn attend(config: &Config, layer: usize, qkv: &[f32], rope: &Rope, spans: &[(Rows, &Cache)]) -> Vec<f32> {
    let group = config.heads / config.kv_heads;
    let tokens = qkv.len() / config.qkv_width();
    let width = config.heads * config.head_dim;
    let tasks: Vec<Task<'_>> = spans
        .iter()
        .flat_map(|&(rows, cache)| {
            (0..rows.len).step_by(ROWS).flat_map(move |first| {
                let (start, len) = (rows.start + first, ROWS.min(rows.len - first));
                let position = cache.len() - rows.len + first;
                (0..config.kv_heads).map(move |head| Task { cache, start, len, position, head })
            })
        })
        .collect();
    let parts: Vec<Vec<f32>> = tasks
        .par_iter()
        // One row of one sequence is a task for each head: shared out, lest other threads fall asleep meanwhile.
        .with_min_len(if tasks.len() < FEW { 1 } else { 4 })
        .with_max_len(8)
        .map_init(Vec::new, |scores, task| simd::arch().dispatch(Attend { config, layer, qkv, rope, task, scores }))
        .collect();
    let mut out = vec![0.0; tokens * width];
    for (task, part) in tasks.iter().zip(&parts) {
        for (i, row) in part.chunks_exact(group * config.head_dim).enumerate() {
            out[(task.start + i) * width + task.head * group * config.head_dim..][..row.len()].copy_from_slice(row);
        }
    }
    out
}

/// A few rows of one span, for one key-value head.
struct Task<'a> {
    cache: &'a Cache,
    /// First row in the batch.
    start: usize,
    len: usize,
    /// Position of that row in its sequence.
    position: usize,
    head: usize,
}

struct Attend<'a> {
    config: &'a Config,
    layer: usize,
    qkv: &'a [f32],
    rope: &'a Rope,
    task: &'a Task<'a>,
    scores: &'a mut Vec<f32>,
}

/// The query heads of a task's rows, (rows · group, dim) with those of a row side by side, and what comes of them.
struct Queries<'s> {
    dim: usize,
    /// Multiplies scores.
    scale: f32,
    values: Vec<f32>,
    /// Keys that each attends to.
    seen: Vec<Range<usize>>,
    /// Keys that any attends to.
    any: Range<usize>,
    /// (queries, `stride`): scores, then weights; of all keys.
    scores: &'s mut [f32],
    stride: usize,
    /// (queries, `padded`).
    sums: Vec<f32>,
    padded: usize,
}

impl WithSimd for Attend<'_> {
    /// (rows, group · head_dim).
    type Output = Vec<f32>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Vec<f32> {
        let Task { cache, head, .. } = *self.task;
        let layer = self.layer;
        let mut queries = self.queries();
        let mut start = 0;
        for view in cache.views(layer, head) {
            queries.score(simd, &view, start);
            start += view.len;
        }
        let totals = queries.weights();
        let mut start = 0;
        for view in cache.views(layer, head) {
            queries.weigh(simd, &view, start);
            start += view.len;
        }
        let Queries { sums, padded, dim, .. } = queries;
        let heads = sums.chunks_exact(padded).zip(totals);
        heads.flat_map(|(sums, total)| sums[..dim].iter().map(move |sum| sum / total)).collect()
    }
}

impl<'a> Attend<'a> {
    fn queries(self) -> Queries<'a> {
        let Attend { config, layer, qkv, rope, task, scores } = self;
        let (window, scale) = (config.window(layer), config.score_scale());
        let (dim, group) = (config.head_dim, config.heads / config.kv_heads);
        let mut values = Vec::with_capacity(task.len * group * dim);
        let mut seen = Vec::with_capacity(task.len * group);
        for row in task.start..task.start + task.len {
            let first = values.len();
            values.extend_from_slice(&qkv[row * config.qkv_width() + task.head * group * dim..][..group * dim]);
            values[first..].chunks_exact_mut(dim).for_each(|head| rope.rotate(row, head));
            let end = task.position + row - task.start + 1;
            let from = window.map_or(0, |window| end.saturating_sub(window));
            seen.extend(std::iter::repeat_n(from..end, group));
        }
        let any = seen[0].start..task.position + task.len;
        let stride = any.end.next_multiple_of(BLOCK) + BLOCK; // whole blocks are scored
        if scores.len() < seen.len() * stride {
            scores.resize(seen.len() * stride, 0.0);
        }
        let padded = dim.next_multiple_of(BLOCK);
        let sums = vec![0.0; seen.len() * padded];
        Queries { dim, scale, values, seen, any, scores, stride, sums, padded }
    }
}

/// Calls a function with the number of queries as a constant, for as many at a time as [`QUERIES`] allows.
macro_rules! some_queries {
    ($count:expr, |$first:ident, $n:ident| $call:expr) => {
        some_queries!(1 2 3 4 5 6; $count, |$first, $n| $call)
    };
    ($($size:literal)*; $count:expr, |$first:ident, $n:ident| $call:expr) => {
        let mut $first = 0;
        while $first < $count {
            let some = QUERIES.min($count - $first);
            $(if some == $size {
                const $n: usize = $size;
                $call
            })*
            $first += some;
        }
    };
}

impl Queries<'_> {
    /// Scores of the keys in `view`, which begin at position `start`.
    #[inline(always)]
    fn score<S: Simd>(&mut self, simd: S, view: &View<'_>, start: usize) {
        let vectors = BLOCK / S::F32_LANES;
        let end = self.any.end.min(start + view.len).saturating_sub(start).div_ceil(BLOCK) * vectors;
        let first = self.any.start.saturating_sub(start) / BLOCK * vectors;
        if first >= end {
            return;
        }
        some_queries!(self.seen.len(), |query, N| {
            // Few queries take several vectors of keys at once.
            let together = if N <= 3 { 4 } else { 2 };
            let mut column = first;
            while column < end {
                let some = if column + together <= end { together } else { 1 };
                match some {
                    4 => self.score_columns::<S, N, 4>(simd, view.keys, query, start, column),
                    2 => self.score_columns::<S, N, 2>(simd, view.keys, query, start, column),
                    _ => self.score_columns::<S, N, 1>(simd, view.keys, query, start, column),
                }
                column += some;
            }
        });
    }

    /// N queries from `first` on against the C vectors of keys from `column` on; position `start` is the first of `keys`.
    #[inline(always)]
    fn score_columns<S: Simd, const N: usize, const C: usize>(
        &mut self,
        simd: S,
        keys: &[f32],
        first: usize,
        start: usize,
        column: usize,
    ) {
        let (vectors, dim) = (BLOCK / S::F32_LANES, self.dim);
        let (keys, _) = S::as_simd_f32s(keys);
        // Where each vector's keys begin: `[block][dimension][vector]`.
        let columns: [&[S::f32s]; C] = std::array::from_fn(|c| {
            let at = column + c;
            &keys[at / vectors * dim * vectors + at % vectors..][..(dim - 1) * vectors + 1]
        });
        let queries: [&[f32]; N] = std::array::from_fn(|n| &self.values[(first + n) * dim..][..dim]);
        let mut sums = [[simd.splat_f32s(0.0); C]; N];
        for d in 0..dim {
            prefetch(keys, (column + C) / vectors * dim * vectors + d * vectors); // the next block
            let keys: [S::f32s; C] = std::array::from_fn(|c| columns[c][d * vectors]);
            for (sums, query) in sums.iter_mut().zip(queries) {
                let value = simd.splat_f32s(query[d]);
                for c in 0..C {
                    sums[c] = simd.mul_add_f32s(value, keys[c], sums[c]);
                }
            }
        }
        for (n, sums) in sums.iter().enumerate() {
            let at = (first + n) * self.stride + start + column * S::F32_LANES;
            let (scores, _) = S::as_mut_simd_f32s(&mut self.scores[at..at + C * S::F32_LANES]);
            scores.copy_from_slice(sums);
        }
    }

    /// Turns the scores that each query sees into weights and those that only others see into zeros; gives the weights'
    /// sums.
    #[inline(always)]
    fn weights(&mut self) -> Vec<f32> {
        let rows = self.scores.chunks_exact_mut(self.stride).zip(&self.seen);
        rows.map(|(scores, seen)| {
            scores[self.any.start..seen.start].fill(0.0);
            scores[seen.end..self.any.end].fill(0.0);
            let scores = &mut scores[seen.clone()];
            let most = ops::max(scores);
            scores.iter_mut().for_each(|s| *s = ops::exp((*s - most) * self.scale));
            ops::sum(scores, |s| s)
        })
        .collect()
    }

    /// Adds the values in `view`, which begin at position `start`, by weight.
    #[inline(always)]
    fn weigh<S: Simd>(&mut self, simd: S, view: &View<'_>, start: usize) {
        let (first, end) = (self.any.start.max(start), self.any.end.min(start + view.len));
        if first >= end {
            return;
        }
        let values = &view.values[(first - start) * self.padded..(end - start) * self.padded];
        let vectors = self.padded / S::F32_LANES;
        some_queries!(self.seen.len(), |query, N| {
            let together = if N <= 3 { 4 } else { 2 };
            let mut vector = 0;
            while vector < vectors {
                let some = if vector + together <= vectors { together } else { 1 };
                match some {
                    4 => self.weigh_vectors::<S, N, 4>(simd, values, query, first, vector),
                    2 => self.weigh_vectors::<S, N, 2>(simd, values, query, first, vector),
                    _ => self.weigh_vectors::<S, N, 1>(simd, values, query, first, vector),
                }
                vector += some;
            }
        });
    }

    /// For N queries from `query` on and the V vectors from `vector` on: `sums[query] += Σ weights[query][i] · values[i]`, i
    /// in order from position `first` on.
    #[inline(always)]
    fn weigh_vectors<S: Simd, const N: usize, const V: usize>(
        &mut self,
        simd: S,
        values: &[f32],
        query: usize,
        first: usize,
        vector: usize,
    ) {
        let vectors = self.padded / S::F32_LANES;
        let (values, _) = S::as_simd_f32s(values);
        let (sums, _) = S::as_mut_simd_f32s(&mut self.sums);
        let rows = values.len() / vectors;
        let weights: [&[f32]; N] = std::array::from_fn(|n| &self.scores[(query + n) * self.stride + first..][..rows]);
        let mut acc = [[simd.splat_f32s(0.0); V]; N];
        for (n, acc) in acc.iter_mut().enumerate() {
            acc.copy_from_slice(&sums[(query + n) * vectors + vector..][..V]);
        }
        for (i, row) in values.chunks_exact(vectors).enumerate() {
            (vector..vector + V).for_each(|v| prefetch(row, AHEAD / S::F32_LANES + v));
            let row = &row[vector..vector + V];
            for (acc, weights) in acc.iter_mut().zip(weights) {
                let weight = simd.splat_f32s(weights[i]);
                for v in 0..V {
                    acc[v] = simd.mul_add_f32s(weight, row[v], acc[v]);
                }
            }
        }
        for (n, acc) in acc.iter().enumerate() {
            sums[(query + n) * vectors + vector..][..V].copy_from_slice(acc);
        }
    }
}
