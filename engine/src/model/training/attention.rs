//! Causal attention of whole sequences, forward and backward, without ever holding a sequence's square of scores.
//!
//! Query rows go in blocks, each against the keys up to its last row. Forward keeps the logarithm of every row's sum of
//! exponentials; backward computes the scores of a block again from it (Dao et al. 2022, arXiv:2205.14135).

use gemm::Parallelism;
use rayon::prelude::*;

use super::super::forward::Rows;
use super::super::ops;
use super::super::rope::Rope;
use crate::files::Config;

/// Query rows per block.
const BLOCK: usize = 64;

/// What attention needs to know of its layer.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub config: &'a Config,
    pub rope: &'a Rope,
    pub window: Option<usize>,
}

/// What the forward pass leaves for the way back, beside `qkv` (rotated in place) and its own result.
#[derive(Default)]
pub(super) struct Kept {
    /// (tokens, heads): log Σ exp(score) of each row.
    log_sums: Vec<f32>,
}

/// One sequence and one key-value head.
#[derive(Clone, Copy)]
struct Task {
    rows: Rows,
    head: usize,
}

/// Rotates the queries and keys of `qkv`, (tokens, (heads + 2 · kv_heads) · dim), in place and attends within each
/// sequence: (tokens, heads · dim).
pub(super) fn forward(place: Place<'_>, qkv: &mut [f32], spans: &[Rows]) -> (Vec<f32>, Kept) {
    let Place { config, rope, .. } = place;
    let (dim, stride, turned) = (config.head_dim, config.qkv_width(), config.heads + config.kv_heads);
    qkv.par_chunks_mut(stride).enumerate().for_each(|(row, qkv)| {
        qkv[..turned * dim].chunks_exact_mut(dim).for_each(|head| rope.rotate(row, head));
    });
    let (qkv, tasks) = (&*qkv, tasks(config, spans));
    let parts: Vec<(Vec<f32>, Vec<f32>)> =
        tasks.par_iter().with_max_len(1).map(|task| attend(place, qkv, *task)).collect();
    let (group, tokens) = (config.heads / config.kv_heads, qkv.len() / stride);
    let mut out = vec![0.0; tokens * config.heads * dim];
    let mut log_sums = vec![0.0; tokens * config.heads];
    for (task, (part, sums)) in tasks.iter().zip(&parts) {
        scatter(part, group * dim, &mut out, config.heads * dim, task.head * group * dim, task.rows.start);
        scatter(sums, group, &mut log_sums, config.heads, task.head * group, task.rows.start);
    }
    (out, Kept { log_sums })
}

/// The gradient of `qkv` before rotation, given its rotated values, the result of [`forward`] and that result's gradient.
pub(super) fn backward(
    place: Place<'_>,
    qkv: &[f32],
    kept: &Kept,
    mixed: &[f32],
    dmixed: &[f32],
    spans: &[Rows],
) -> Vec<f32> {
    let Place { config, rope, .. } = place;
    let (dim, stride, group) = (config.head_dim, config.qkv_width(), config.heads / config.kv_heads);
    let tasks = tasks(config, spans);
    let way_back = WayBack { place, qkv, kept, mixed, dmixed };
    let parts: Vec<Parts> = tasks.par_iter().with_max_len(1).map(|task| way_back.attend(*task)).collect();
    let mut dqkv = vec![0.0; qkv.len()];
    for (task, Parts { dq, dk, dv }) in tasks.iter().zip(&parts) {
        let (head, start) = (task.head, task.rows.start);
        scatter(dq, group * dim, &mut dqkv, stride, head * group * dim, start);
        scatter(dk, dim, &mut dqkv, stride, (config.heads + head) * dim, start);
        scatter(dv, dim, &mut dqkv, stride, (config.heads + config.kv_heads + head) * dim, start);
    }
    let turned = config.heads + config.kv_heads;
    dqkv.par_chunks_mut(stride).enumerate().for_each(|(row, dqkv)| {
        dqkv[..turned * dim].chunks_exact_mut(dim).for_each(|head| rope.rotate_back(row, head));
    });
    dqkv
}

fn tasks(config: &Config, spans: &[Rows]) -> Vec<Task> {
    spans.iter().flat_map(|&rows| (0..config.kv_heads).map(move |head| Task { rows, head })).collect()
}

/// Copies `part`, (rows, width), to the columns from `column` on of `to`, (any, stride), from row `start` on.
fn scatter(part: &[f32], width: usize, to: &mut [f32], stride: usize, column: usize, start: usize) {
    let rows = to[start * stride..].par_chunks_mut(stride).zip(part.par_chunks(width)).with_min_len(BLOCK);
    rows.for_each(|(to, part)| to[column..column + width].copy_from_slice(part));
}

/// Keys that the rows `block` of a sequence see, the first of them seen by the first row only.
fn seen(window: Option<usize>, block: &std::ops::Range<usize>) -> std::ops::Range<usize> {
    first_seen(window, block.start)..block.end
}

/// First key that row `row` sees.
fn first_seen(window: Option<usize>, row: usize) -> usize {
    window.map_or(0, |window| (row + 1).saturating_sub(window))
}

/// (rows, group · dim) and (rows, group).
fn attend(place: Place<'_>, qkv: &[f32], task: Task) -> (Vec<f32>, Vec<f32>) {
    let Place { config, window, .. } = place;
    let (dim, group, stride) = (config.head_dim, config.heads / config.kv_heads, config.qkv_width());
    let Task { rows: Rows { start, len }, head } = task;
    let scale = config.score_scale();
    let (k, v) = ((config.heads + head) * dim, (config.heads + config.kv_heads + head) * dim);
    let (mut out, mut log_sums) = (vec![0.0; len * group * dim], vec![0.0; len * group]);
    let mut scores = vec![0.0; BLOCK.min(len) * len];
    for query in 0..group {
        let q = (head * group + query) * dim;
        for first in (0..len).step_by(BLOCK) {
            let block = first..len.min(first + BLOCK);
            let keys = seen(window, &block);
            let (rows, width) = (block.len(), keys.len());
            let scores = &mut scores[..rows * width];
            let queries = Matrix { values: &qkv[(start + first) * stride + q..], row: stride, column: 1 };
            let key_rows = Matrix { values: &qkv[(start + keys.start) * stride + k..], row: stride, column: 1 };
            product(queries, key_rows.transposed(), (rows, width, dim), scores, width, false);
            for (i, scores) in scores.chunks_exact_mut(width).enumerate() {
                let from = first_seen(window, first + i) - keys.start;
                let log_sum = softmax(scores, from, first + i + 1 - keys.start, scale);
                log_sums[(first + i) * group + query] = log_sum;
            }
            let values = Matrix { values: &qkv[(start + keys.start) * stride + v..], row: stride, column: 1 };
            let weights = Matrix { values: scores, row: width, column: 1 };
            let out = &mut out[first * group * dim + query * dim..];
            product(weights, values, (rows, dim, width), out, group * dim, false);
        }
    }
    (out, log_sums)
}

ops::vectorised! {
    /// Turns the scores `from..end` into weights that sum to one, and all others into zero; gives log Σ exp(scale · score).
    fn softmax<'a>(scores: &'a mut [f32], from: usize, end: usize, scale: f32) -> f32 {
        let seen = &mut scores[from..end];
        let most = ops::max(seen);
        seen.iter_mut().for_each(|s| *s = ops::exp((*s - most) * scale));
        let total = ops::sum(seen, |s| s);
        let share = 1.0 / total;
        seen.iter_mut().for_each(|s| *s *= share);
        scores[..from].fill(0.0);
        scores[end..].fill(0.0);
        most * scale + total.ln()
    }

    /// Turns scores into weights w, and the gradients g of the weights into those of the scores, scale · w · (g − along).
    fn slope<'a>(scores: &'a mut [f32], slopes: &'a mut [f32], log_sum: f32, along: f32, scale: f32) -> () {
        for (w, g) in scores.iter_mut().zip(slopes) {
            *w = ops::exp(*w * scale - log_sum);
            *g = *w * (*g - along) * scale;
        }
    }
}

struct WayBack<'a> {
    place: Place<'a>,
    qkv: &'a [f32],
    kept: &'a Kept,
    mixed: &'a [f32],
    dmixed: &'a [f32],
}

/// (rows, group · dim), (rows, dim) and (rows, dim), for one task.
struct Parts {
    dq: Vec<f32>,
    dk: Vec<f32>,
    dv: Vec<f32>,
}

impl WayBack<'_> {
    fn attend(&self, task: Task) -> Parts {
        let Place { config, window, .. } = self.place;
        let (dim, group, stride) = (config.head_dim, config.heads / config.kv_heads, config.qkv_width());
        let out = config.heads * dim;
        let Task { rows: Rows { start, len }, head } = task;
        let (k, v) = ((config.heads + head) * dim, (config.heads + config.kv_heads + head) * dim);
        let (mut dq, mut dk, mut dv) = (vec![0.0; len * group * dim], vec![0.0; len * dim], vec![0.0; len * dim]);
        let mut weights = vec![0.0; BLOCK.min(len) * len];
        let mut slopes = weights.clone();
        for query in 0..group {
            let at = head * group + query;
            for first in (0..len).step_by(BLOCK) {
                let block = first..len.min(first + BLOCK);
                let keys = seen(window, &block);
                let (rows, width) = (block.len(), keys.len());
                let (weights, slopes) = (&mut weights[..rows * width], &mut slopes[..rows * width]);
                let of = |column: usize, row: usize| Matrix {
                    values: &self.qkv[row * stride + column..],
                    row: stride,
                    column: 1,
                };
                let (queries, key_rows) = (of(at * dim, start + first), of(k, start + keys.start));
                let dout = Matrix { values: &self.dmixed[(start + first) * out + at * dim..], row: out, column: 1 };
                product(queries, key_rows.transposed(), (rows, width, dim), weights, width, false);
                product(dout, of(v, start + keys.start).transposed(), (rows, width, dim), slopes, width, false);
                for i in 0..rows {
                    let seen = first_seen(window, first + i) - keys.start..first + i + 1 - keys.start;
                    self.slope(
                        start + first + i,
                        at,
                        &mut weights[i * width..][..width],
                        &mut slopes[i * width..][..width],
                        seen,
                    );
                }
                let (weights, slopes) = (&*weights, &*slopes);
                let (weights, slopes) = (
                    Matrix { values: weights, row: width, column: 1 },
                    Matrix { values: slopes, row: width, column: 1 },
                );
                product(weights.transposed(), dout, (width, dim, rows), &mut dv[keys.start * dim..], dim, true);
                product(slopes.transposed(), queries, (width, dim, rows), &mut dk[keys.start * dim..], dim, true);
                let dq = &mut dq[first * group * dim + query * dim..];
                product(slopes, key_rows, (rows, dim, width), dq, group * dim, false);
            }
        }
        Parts { dq, dk, dv }
    }

    /// For one row: turns scores into weights w, and the gradients g of the weights into those of the scores,
    /// scale · w · (g − Σ w g); that sum equals the row of the result times its gradient.
    fn slope(&self, row: usize, head: usize, weights: &mut [f32], slopes: &mut [f32], seen: std::ops::Range<usize>) {
        let config = self.place.config;
        let (dim, heads) = (config.head_dim, config.heads);
        let at = (row * heads + head) * dim;
        let (mixed, dmixed) = (&self.mixed[at..at + dim], &self.dmixed[at..at + dim]);
        let log_sum = self.kept.log_sums[row * heads + head];
        let scale = config.score_scale();
        let along: f32 = mixed.iter().zip(dmixed).map(|(a, b)| a * b).sum();
        for values in [&mut *weights, &mut *slopes] {
            values[..seen.start].fill(0.0);
            values[seen.end..].fill(0.0);
        }
        slope(&mut weights[seen.clone()], &mut slopes[seen], log_sum, along, scale);
    }
}

/// A matrix within `values`, by the steps from row to row and from column to column.
#[derive(Clone, Copy)]
struct Matrix<'a> {
    values: &'a [f32],
    row: usize,
    column: usize,
}

impl Matrix<'_> {
    fn transposed(self) -> Self {
        Self { row: self.column, column: self.row, ..self }
    }

    /// Values needed for (rows, columns).
    fn needs(&self, rows: usize, columns: usize) -> usize {
        (rows - 1) * self.row + (columns - 1) * self.column + 1
    }
}

/// out = a b, or out += a b, on this thread: a (m, k), b (k, n), out (m, n) in rows `stride` long.
fn product(a: Matrix<'_>, b: Matrix<'_>, (m, n, k): (usize, usize, usize), out: &mut [f32], stride: usize, add: bool) {
    assert!(m > 0 && n > 0 && k > 0 && a.needs(m, k) <= a.values.len() && b.needs(k, n) <= b.values.len());
    assert!((m - 1) * stride + n <= out.len());
    let step = |step: usize| step as isize;
    // SAFETY: all three matrices lie within their slices, as just checked, and `out` overlaps neither.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out.as_mut_ptr(),
            1,
            step(stride),
            add,
            a.values.as_ptr(),
            step(a.column),
            step(a.row),
            b.values.as_ptr(),
            step(b.column),
            step(b.row),
            1.0,
            1.0,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}
