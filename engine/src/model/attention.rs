//! Causal attention of ragged spans over their caches.
//!
//! Each query row is on its own: scores, softmax and weighted sum run over keys in order of position, whatever page they
//! lie in, so a row's result depends on neither batch, chunking nor page borders. The query heads that share a
//! key-value head go together, so that keys and values are read once for all of them.

use super::simd;
use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::cache::{BLOCK, Cache, View};
use super::forward::Rows;
use super::kernel::prefetch;
use super::ops;
use super::rope::Rope;
use crate::files::Config;

/// Query rows per task.
const ROWS: usize = 8;
/// How far ahead of the weighted sum to ask memory for values.
const AHEAD: usize = 1024;
/// Query heads handled at once.
const HEADS: usize = 4;

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

impl WithSimd for Attend<'_> {
    /// (rows, group · head_dim).
    type Output = Vec<f32>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Vec<f32> {
        let Attend { config, layer, qkv, rope, task, scores } = self;
        let (dim, group) = (config.head_dim, config.heads / config.kv_heads);
        let padded = dim.next_multiple_of(BLOCK);
        let (window, scale) = (config.window(layer), config.score_scale());
        let mut out = Vec::with_capacity(task.len * group * dim);
        let mut query = vec![0.0; group * dim];
        let mut sums = vec![0.0; group * padded];
        for row in task.start..task.start + task.len {
            query.copy_from_slice(&qkv[row * config.qkv_width() + task.head * group * dim..][..group * dim]);
            query.chunks_exact_mut(dim).for_each(|head| rope.rotate(row, head));
            let seen = task.position + row - task.start + 1;
            let from = window.map_or(0, |window| seen.saturating_sub(window));
            sums.fill(0.0);
            for first in (0..group).step_by(HEADS) {
                let heads = HEADS.min(group - first);
                let mut one = OneRow {
                    views: || task.cache.views(layer, task.head),
                    query: &query[first * dim..][..heads * dim],
                    from,
                    seen,
                    scale,
                    scores,
                    sums: &mut sums[first * padded..][..heads * padded],
                };
                match heads {
                    4 => one.run::<S, 4>(simd, dim),
                    3 => one.run::<S, 3>(simd, dim),
                    2 => one.run::<S, 2>(simd, dim),
                    _ => one.run::<S, 1>(simd, dim),
                }
            }
            sums.chunks_exact(padded).for_each(|head| out.extend_from_slice(&head[..dim]));
        }
        out
    }
}

/// One query row, for some heads over one key-value head.
struct OneRow<'a, F> {
    views: F,
    query: &'a [f32],
    /// Keys `from..seen` are attended to.
    from: usize,
    seen: usize,
    /// Multiplies scores.
    scale: f32,
    scores: &'a mut Vec<f32>,
    sums: &'a mut [f32],
}

impl<'a, F: Fn() -> I, I: Iterator<Item = View<'a>>> OneRow<'_, F> {
    #[inline(always)]
    fn run<S: Simd, const N: usize>(&mut self, simd: S, dim: usize) {
        let stride = self.seen + BLOCK; // room for the last block's unused lanes
        if self.scores.len() < N * stride {
            self.scores.resize(N * stride, 0.0);
        }
        let mut start = 0;
        for view in (self.views)() {
            let end = self.seen.min(start + view.len);
            let first_block = self.from.saturating_sub(start) / BLOCK;
            for block in first_block..end.saturating_sub(start).div_ceil(BLOCK) {
                let keys = &view.keys[block * BLOCK * dim..][..BLOCK * dim];
                let at = start + block * BLOCK;
                if at < self.seen {
                    score_block::<S, N>(simd, self.query, keys, &mut self.scores[at..], stride);
                }
            }
            start += view.len;
        }
        let scale = self.scale;
        let mut totals = [0.0; N];
        for (head, total) in totals.iter_mut().enumerate() {
            let scores = &mut self.scores[head * stride..][self.from..self.seen];
            let most = ops::max(scores);
            scores.iter_mut().for_each(|s| *s = ops::exp((*s - most) * scale));
            *total = ops::sum(scores, |s| s);
        }
        let padded = self.sums.len() / N;
        let mut start = 0;
        for view in (self.views)() {
            let end = self.seen.min(start + view.len);
            let first = self.from.max(start);
            if first < end {
                let values = &view.values[(first - start) * padded..(end - start) * padded];
                weigh::<S, N>(simd, &self.scores[first..], stride, values, self.sums);
            }
            start += view.len;
        }
        for (sums, total) in self.sums.chunks_exact_mut(padded).zip(totals) {
            sums.iter_mut().for_each(|s| *s /= total);
        }
    }
}

/// Scores of one block of keys, for N heads: `scores[head · stride + lane]`.
#[inline(always)]
fn score_block<S: Simd, const N: usize>(simd: S, query: &[f32], keys: &[f32], scores: &mut [f32], stride: usize) {
    let (vectors, dim) = (BLOCK / S::F32_LANES, keys.len() / BLOCK);
    let (keys, _) = S::as_simd_f32s(keys);
    for v in 0..vectors {
        let mut sums = [simd.splat_f32s(0.0); N];
        for d in 0..dim {
            let key = keys[d * vectors + v];
            prefetch(keys, keys.len() + d * vectors + v); // the next block
            for (head, sum) in sums.iter_mut().enumerate() {
                *sum = simd.mul_add_f32s(simd.splat_f32s(query[head * dim + d]), key, *sum);
            }
        }
        for (head, &sum) in sums.iter().enumerate() {
            simd.partial_store_f32s(&mut scores[head * stride + v * S::F32_LANES..][..S::F32_LANES], sum);
        }
    }
}

/// `sums[head] += Σ scores[head][i] · values[i]`, i in order.
#[inline(always)]
fn weigh<S: Simd, const N: usize>(simd: S, scores: &[f32], stride: usize, values: &[f32], sums: &mut [f32]) {
    let vectors = sums.len() / N / S::F32_LANES;
    let mut v = 0;
    while v + 4 <= vectors {
        weigh_vectors::<S, N, 4>(simd, scores, stride, values, sums, v);
        v += 4;
    }
    while v < vectors {
        weigh_vectors::<S, N, 1>(simd, scores, stride, values, sums, v);
        v += 1;
    }
}

#[inline(always)]
fn weigh_vectors<S: Simd, const N: usize, const V: usize>(
    simd: S,
    scores: &[f32],
    stride: usize,
    values: &[f32],
    sums: &mut [f32],
    first: usize,
) {
    let vectors = sums.len() / N / S::F32_LANES;
    let (values, _) = S::as_simd_f32s(values);
    let (sums, _) = S::as_mut_simd_f32s(sums);
    let mut acc = [[simd.splat_f32s(0.0); V]; N];
    for (head, acc) in acc.iter_mut().enumerate() {
        acc.copy_from_slice(&sums[head * vectors + first..][..V]);
    }
    for (i, row) in values.chunks_exact(vectors).enumerate() {
        (first..first + V).for_each(|v| prefetch(row, AHEAD / S::F32_LANES + v));
        let row = &row[first..first + V];
        for (head, acc) in acc.iter_mut().enumerate() {
            let weight = simd.splat_f32s(scores[head * stride + i]);
            for v in 0..V {
                acc[v] = simd.mul_add_f32s(weight, row[v], acc[v]);
            }
        }
    }
    for (head, acc) in acc.iter().enumerate() {
        sums[head * vectors + first..][..V].copy_from_slice(acc);
    }
}
