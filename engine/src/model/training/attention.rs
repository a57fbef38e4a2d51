//! Causal attention of whole sequences, forward and backward, without ever holding a sequence's square of scores.
//!
//! Query rows go in blocks, each against the keys up to its last row. Forward keeps the logarithm of every row's sum of
//! exponentials; backward computes the scores of a block again from it (Dao et al. 2022, arXiv:2205.14135). Products run on
//! the same kernel as the linear layers do, so they too have the same bits with every set of instructions.

use rayon::prelude::*;
use std::ops::Range;

use super::super::forward::Rows;
use super::super::kernel::{self, Aligned, Left, Right, Sums};
use super::super::ops;
use super::super::panels::{Panels, Scratch};
use super::super::rope::Rope;
use crate::files::Config;

/// Query rows per block, at most and at least, and how many scores a block should have: they are gone over several
/// times, and so many fit a second-level cache.
const MOST_ROWS: usize = 64;
const LEAST_ROWS: usize = 16;
const SCORES: usize = 64 * 1024;

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

/// One sequence and one query head.
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
    let way = |task: &Task| Way::new(place, qkv, *task).up();
    let parts: Vec<(Vec<f32>, Vec<f32>)> = tasks.par_iter().with_max_len(1).map(way).collect();
    let tokens = qkv.len() / stride;
    let mut out = vec![0.0; tokens * config.heads * dim];
    let mut log_sums = vec![0.0; tokens * config.heads];
    for (task, (part, sums)) in tasks.iter().zip(&parts) {
        add(part, dim, &mut out, config.heads * dim, task.head * dim, task.rows);
        add(sums, 1, &mut log_sums, config.heads, task.head, task.rows);
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
    let way = |task: &Task| Way::new(place, qkv, *task).back(kept, mixed, dmixed);
    let parts: Vec<Parts> = tasks.par_iter().with_max_len(1).map(way).collect();
    let mut dqkv = vec![0.0; qkv.len()];
    for (task, Parts { dq, dk, dv }) in tasks.iter().zip(&parts) {
        let key = config.heads + task.head / group;
        for (part, head) in [(dq, task.head), (dk, key), (dv, key + config.kv_heads)] {
            add(part, dim, &mut dqkv, stride, head * dim, task.rows);
        }
    }
    let turned = config.heads + config.kv_heads;
    dqkv.par_chunks_mut(stride).enumerate().for_each(|(row, dqkv)| {
        dqkv[..turned * dim].chunks_exact_mut(dim).for_each(|head| rope.rotate_back(row, head));
    });
    dqkv
}

fn tasks(config: &Config, spans: &[Rows]) -> Vec<Task> {
    spans.iter().flat_map(|&rows| (0..config.heads).map(move |head| Task { rows, head })).collect()
}

/// Adds the first `width` columns of `part`, which has as many rows as `rows`, to the columns from `column` on of `to`,
/// (any, `stride`).
fn add(part: &[f32], width: usize, to: &mut [f32], stride: usize, column: usize, rows: Rows) {
    let to = to[rows.start * stride..].par_chunks_mut(stride);
    to.zip(part.par_chunks(part.len() / rows.len)).with_min_len(MOST_ROWS).for_each(|(to, part)| {
        to[column..column + width].iter_mut().zip(part).for_each(|(to, part)| *to += part);
    });
}

ops::vectorised! {
    /// Turns the scores `from..end` into weights that sum to one, and all others into zero; gives log Σ exp(scale · score).
    fn softmax<'a>(scores: &'a mut [f32], seen: Range<usize>, scale: f32) -> f32 {
        let (from, end) = (seen.start, seen.end);
        let seen = &mut scores[from..end];
        let most = ops::max(seen);
        seen.iter_mut().for_each(|s| *s = ops::exp((*s - most) * scale));
        let total = ops::sum(seen, |s| s);
        let share = 1.0 / total;
        seen.iter_mut().for_each(|s| *s *= share);
        scores[..from].fill(0.0);
        scores[end..].fill(0.0);
        most * scale + libm::logf(total)
    }

    /// Turns scores into weights w, and the gradients g of the weights into those of the scores, scale · w · (g − along).
    fn slope<'a>(scores: &'a mut [f32], slopes: &'a mut [f32], log_sum: f32, along: f32, scale: f32) -> () {
        for (w, g) in scores.iter_mut().zip(slopes) {
            *w = ops::exp(*w * scale - log_sum);
            *g = *w * (*g - along) * scale;
        }
    }
}

/// Some query rows of a task, and the keys they see.
struct Block {
    rows: Range<usize>,
    /// From the first of a panel on.
    keys: Range<usize>,
    /// Panels of keys.
    panels: Range<usize>,
    /// Lanes of those panels: the width of the scores.
    width: usize,
}

/// One task on its way up or back. Rows are `padded` to whole vectors with zeros, which add nothing to a product.
struct Way<'a> {
    config: &'a Config,
    window: Option<usize>,
    qkv: &'a [f32],
    task: Task,
    padded: usize,
    /// Columns of a product that gives rows.
    columns: usize,
    scale: f32,
}

/// (rows, padded) each.
struct Parts {
    dq: Vec<f32>,
    dk: Vec<f32>,
    dv: Vec<f32>,
}

impl<'a> Way<'a> {
    fn new(Place { config, window, .. }: Place<'a>, qkv: &'a [f32], task: Task) -> Self {
        let columns = kernel::fitting(config.head_dim);
        let padded = config.head_dim.next_multiple_of(columns);
        Self { config, window, qkv, task, padded, columns, scale: config.score_scale() }
    }

    fn len(&self) -> usize {
        self.task.rows.len
    }

    /// The task's rows of head `head` in `values`, (tokens, heads · dim): (rows, padded).
    fn rows(&self, values: &[f32], stride: usize, head: usize) -> Vec<f32> {
        let (dim, mut rows) = (self.config.head_dim, vec![0.0; self.len() * self.padded]);
        for (to, from) in rows.chunks_exact_mut(self.padded).zip(values.chunks_exact(stride).skip(self.task.rows.start))
        {
            to[..dim].copy_from_slice(&from[head * dim..][..dim]);
        }
        rows
    }

    /// Queries, keys and values, (rows, padded) each.
    fn parts(&self) -> [Vec<f32>; 3] {
        let Config { heads, kv_heads, .. } = *self.config;
        let key = heads + self.task.head / (heads / kv_heads);
        [self.task.head, key, key + kv_heads].map(|head| self.rows(self.qkv, self.config.qkv_width(), head))
    }

    /// `values`, (rows, padded), as the right operand of products over its columns: scores.
    fn across(&self, values: &[f32]) -> Panels {
        Panels::of_rows(values, self.len(), self.padded, kernel::width())
    }

    /// The same for products over its rows: weighted sums.
    fn along(&self, values: &[f32]) -> Panels {
        Panels::of_columns(values, self.padded, self.len(), self.columns)
    }

    fn blocks(&self) -> impl Iterator<Item = Block> {
        let (len, width) = (self.len(), kernel::width());
        let size = (SCORES / len).clamp(LEAST_ROWS, MOST_ROWS);
        (0..len).step_by(size).map(move |first| {
            let rows = first..len.min(first + size);
            let panels = self.first_seen(first) / width..rows.end.div_ceil(width);
            Block { keys: panels.start * width..rows.end, width: panels.len() * width, rows, panels }
        })
    }

    /// First key that row `row` sees.
    fn first_seen(&self, row: usize) -> usize {
        self.window.map_or(0, |window| (row + 1).saturating_sub(window))
    }

    /// The columns of a block's scores that row `row` sees.
    fn seen(&self, block: &Block, row: usize) -> Range<usize> {
        self.first_seen(row) - block.keys.start..row + 1 - block.keys.start
    }

    /// What the task's rows mix, (rows, padded), and log Σ exp(score) of each.
    fn up(&self) -> (Vec<f32>, Vec<f32>) {
        let [queries, keys, values] = self.parts();
        let (keys, values) = (self.across(&keys), self.along(&values));
        let (mut out, mut log_sums) = (vec![0.0; queries.len()], Vec::with_capacity(self.len()));
        let mut buffer = Aligned::default();
        for block in self.blocks() {
            let (rows, width) = (block.rows.clone(), block.width);
            let scores = buffer.at_least(rows.len() * width);
            let left = Left::rows(&queries, self.padded, rows.start * self.padded);
            product(left, &keys, block.panels.clone(), 0..self.padded, &mut Sums::of(scores, width));
            for (row, scores) in rows.clone().zip(scores.chunks_exact_mut(width)) {
                log_sums.push(softmax(scores, self.seen(&block, row), self.scale));
            }
            let out = &mut out[rows.start * self.padded..rows.end * self.padded];
            let left = Left::rows(scores, width, 0);
            product(left, &values, 0..values.count(), block.keys, &mut Sums::of(out, self.padded));
        }
        (out, log_sums)
    }

    fn back(&self, kept: &Kept, mixed: &[f32], dmixed: &[f32]) -> Parts {
        let [queries, keys, values] = self.parts();
        let douts = self.rows(dmixed, self.config.heads * self.config.head_dim, self.task.head);
        let (across, values, along) = (self.across(&keys), self.across(&values), self.along(&keys));
        let [mut dq, mut dk, mut dv] = [(); 3].map(|()| vec![0.0; queries.len()]);
        let (mut weights, mut slopes) = (Aligned::default(), Aligned::default());
        for block in self.blocks() {
            let (rows, width) = (block.rows.clone(), block.width);
            let size = rows.len() * width;
            let (weights, slopes) = (weights.at_least(size), slopes.at_least(size));
            for (left, right, out) in [(&queries, &across, &mut *weights), (&douts, &values, &mut *slopes)] {
                let left = Left::rows(left, self.padded, rows.start * self.padded);
                product(left, right, block.panels.clone(), 0..self.padded, &mut Sums::of(out, width));
            }
            let pairs = weights.chunks_exact_mut(width).zip(slopes.chunks_exact_mut(width));
            for (row, (weights, slopes)) in rows.clone().zip(pairs) {
                self.slope(row, kept, (mixed, dmixed), weights, slopes, self.seen(&block, row));
            }
            self.add_transposed(weights, &douts, &block, &mut dv);
            self.add_transposed(slopes, &queries, &block, &mut dk);
            let dq = &mut dq[rows.start * self.padded..rows.end * self.padded];
            let left = Left::rows(slopes, width, 0);
            product(left, &along, 0..along.count(), block.keys, &mut Sums::of(dq, self.padded));
        }
        Parts { dq, dk, dv }
    }

    /// Adds to the rows of `to`, (rows, padded), that are the block's keys: `scores`ᵀ times the block's rows of `values`.
    fn add_transposed(&self, scores: &[f32], values: &[f32], block: &Block, to: &mut [f32]) {
        let to = &mut to[block.keys.start * self.padded..block.keys.end * self.padded];
        let (left, mut sums) = (Left::columns(scores, block.width, 0), Sums::of(to, self.padded));
        for column in (0..self.padded).step_by(self.columns) {
            let right = Right { values, stride: self.padded, from: block.rows.start * self.padded + column };
            kernel::multiply(left, right, block.rows.len(), &mut sums.columns(column, self.columns), false);
        }
    }

    /// For one row: turns scores into weights w, and the gradients g of the weights into those of the scores,
    /// scale · w · (g − Σ w g); that sum equals the row of the result times its gradient.
    fn slope(
        &self,
        row: usize,
        kept: &Kept,
        (mixed, dmixed): (&[f32], &[f32]),
        weights: &mut [f32],
        slopes: &mut [f32],
        seen: Range<usize>,
    ) {
        let (dim, at) = (self.config.head_dim, (self.task.rows.start + row) * self.config.heads + self.task.head);
        let along = [mixed, dmixed].map(|values| &values[at * dim..][..dim]);
        let along: f32 = along[0].iter().zip(along[1]).map(|(a, b)| a * b).sum();
        for values in [&mut *weights, &mut *slopes] {
            values[..seen.start].fill(0.0);
            values[seen.end..].fill(0.0);
        }
        slope(&mut weights[seen.clone()], &mut slopes[seen], kept.log_sums[at], along, self.scale);
    }
}

/// sums = left · right, over `depth` of the right operand's inputs and for some of its panels.
fn product(left: Left<'_>, right: &Panels, panels: Range<usize>, depth: Range<usize>, sums: &mut Sums<'_>) {
    let mut scratch = Scratch::default(); // stays empty: these panels are f32
    for (at, panel) in panels.enumerate() {
        let chunk = Right::packed(right.chunk(panel, depth.clone(), &mut scratch), right.width);
        kernel::multiply(left, chunk, depth.len(), &mut sums.columns(at * right.width, right.width), true);
    }
}
