//! A frozen linear layer: one or several weights that read the same input, and what adapters add to it.

use rayon::prelude::*;
use std::cell::RefCell;
use std::ops::Range;

use super::fused::{self, Rows};
use super::kernel::{self, Aligned, Groups, Left, Onto, Output, Right, Sums};
use super::ops;
use super::panels::{CHUNK, Panels, Scratch};
use crate::error::Result;
use crate::files::Weights;

/// Into how many pieces a product is cut at least, if it has as many panels.
const PIECES: usize = 256;
/// Rows summed over at once in [`outer_product`]; so many rows of a panel's width stay in a first-level cache.
const OUTER_DEPTH: usize = 128;
/// Decoded panels that a strip of rows passes over one after the other, and the rows of a strip. Chunks of so many (48 KB each
/// with AVX2, 144 KB with AVX-512) stay in a second-level cache together, so that activations come from memory once for several panels.
const TOGETHER: usize = 4;
const STRIP: usize = 48;
/// Rows of activations for which panels are decoded once.
const BLOCK: usize = 512;

/// Projections of one input, joined: y = x Wᵀ + b, with x (tokens, k) and y (tokens, n), the parts side by side.
pub(crate) struct Linear {
    k: usize,
    n: usize,
    parts: Vec<Part>,
    bias: Option<Vec<f32>>,
}

/// One weight of the file within a joined layer.
pub(crate) struct Part {
    /// The module's path, such as `model.layers.0.self_attn.q_proj`.
    pub name: String,
    /// Where its columns start in the joined output.
    pub offset: usize,
    pub panels: Panels,
}

impl Linear {
    /// Loads and packs `parts`, each a module path and its number of outputs. A bias is taken where the file has one.
    pub fn load(weights: &dyn Weights, parts: &[(String, usize)], k: usize) -> Result<Self> {
        let n = parts.iter().map(|(_, n)| n).sum();
        let (mut packed, mut bias, mut offset) = (Vec::new(), None, 0);
        for (name, n_part) in parts {
            let weight = weights.get(&format!("{name}.weight"), &[*n_part, k])?;
            packed.push(Part { name: name.clone(), offset, panels: Panels::pack(&weight, *n_part, k)? });
            let bias_name = format!("{name}.bias");
            if weights.contains(&bias_name) {
                let values = vector(weights, &bias_name, *n_part)?;
                bias.get_or_insert_with(|| vec![0.0; n])[offset..offset + n_part].copy_from_slice(&values);
            }
            offset += n_part;
        }
        Ok(Self { k, n, parts: packed, bias })
    }

    pub fn shape(&self) -> (usize, usize) {
        (self.k, self.n)
    }

    fn input<'a>(&self, x: &'a [f32]) -> Input<'a> {
        Input::new(x, self.k, self.parts.iter().map(|part| &part.panels))
    }

    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The column of the first largest value in each row of the product with x, (tokens, k), which is never held whole;
    /// `None` where a value of the row is not finite.
    pub fn argmax(&self, x: &[f32]) -> Vec<Option<u32>> {
        let (rows, x) = (x.len() / self.k, self.input(x));
        let none = || vec![(f32::NEG_INFINITY, u32::MAX); rows];
        let found = self.tasks(rows).fold(none, |mut best, (part, panels)| {
            let Columns { column, lanes, width } = part.columns(&panels);
            with_buffers(rows * width, |sums, scratch| {
                x.multiply(0..rows, &part.panels, panels, &mut Sums::of(sums, width), scratch);
                let bias = self.bias.as_ref().map(|bias| &bias[column..][..lanes]);
                for (best, sums) in best.iter_mut().zip(sums.chunks_exact_mut(width)) {
                    let logits = &mut sums[..lanes];
                    bias.into_iter().for_each(|bias| add(logits, bias));
                    let (lane, most) = ops::first_max(logits);
                    // Infinity wins over all others and stays.
                    let most = if ops::all_finite(logits) { most } else { f32::INFINITY };
                    *best = larger(*best, (most, (column + lane) as u32));
                }
            });
            best
        });
        let best = found.reduce(none, |a, b| a.into_iter().zip(b).map(|(a, b)| larger(a, b)).collect());
        best.into_iter().map(|(most, column)| most.is_finite().then_some(column)).collect()
    }

    /// x Wᵀ + b, with x (tokens, k) and the result (tokens, n): added to `residual` if there is one, and to what `low`
    /// gives each part.
    pub fn product(&self, x: &[f32], residual: Option<&[f32]>, low: Option<&Low<'_>>) -> Vec<f32> {
        let (rows, x) = (x.len() / self.k, self.input(x));
        let mut y = Vec::with_capacity(rows * self.n);
        let onto = Onto { matrix: residual, row: self.bias.as_deref() };
        let out = Output::new(&mut y.spare_capacity_mut()[..rows * self.n], self.n, onto);
        self.blocks(rows).for_each(|(block, index, part, panels)| {
            let Columns { column, lanes, width } = part.columns(&panels);
            let fill = |sums: &mut Sums<'_>, scratch: &mut Scratch| {
                x.multiply(block.clone(), &part.panels, panels.clone(), sums, scratch);
                if let Some((low, Some((from, b)))) = low.map(|low| (low, &low.parts[index])) {
                    let left = Left::rows(low.values, low.width, block.start * low.width + from);
                    add_panels(left, b, panels, sums, false, scratch);
                }
            };
            // SAFETY: every task has rows and columns of its own, and `y` stays borrowed until all are done.
            unsafe { fill_columns(&out, block.clone(), column, lanes, width, fill) };
        });
        // SAFETY: the blocks' rows and the panels' columns are all there are.
        unsafe { y.set_len(rows * self.n) };
        y
    }

    /// The gradient of x, dy W, with dy (tokens, n): (tokens, k). `low`, (tokens, r) times panels of (k, r), is added.
    pub fn product_back(&self, dy: &[f32], low: Option<(&[f32], &Panels)>) -> Vec<f32> {
        let (rows, width) = (dy.len() / self.n, kernel::width());
        let mut dx = Vec::with_capacity(rows * self.k);
        let out = Output::new(&mut dx.spare_capacity_mut()[..rows * self.k], self.k, Onto::default());
        let columns = self.k.div_ceil(width);
        let run = together(columns * row_blocks(rows).count());
        let tasks: Vec<(Range<usize>, Range<usize>)> = row_blocks(rows)
            .flat_map(|block| {
                (0..columns).step_by(run).map(move |first| (block.clone(), first..columns.min(first + run)))
            })
            .collect();
        tasks.into_par_iter().with_max_len(1).for_each(|(block, columns)| {
            let (column, wide) = (columns.start * width, columns.len() * width);
            let fill = |sums: &mut Sums<'_>, scratch: &mut Scratch| {
                let mut fresh = true;
                for part in &self.parts {
                    for start in (0..part.panels.n).step_by(CHUNK) {
                        let outputs = start..part.panels.n.min(start + CHUNK);
                        let weights = part.panels.transposed_chunk(columns.clone(), outputs.clone(), scratch);
                        for rows in strips(block.len()) {
                            let from = (block.start + rows.start) * self.n + part.offset + start;
                            let left = Left::rows(dy, self.n, from);
                            for (at, weights) in weights.chunks_exact(outputs.len() * width).enumerate() {
                                let sums = &mut sums.part(rows.clone(), at * width, width);
                                kernel::multiply(left, Right::packed(weights, width), outputs.len(), sums, fresh);
                            }
                        }
                        fresh = false;
                    }
                }
                if let Some((values, a)) = low {
                    add_panels(Left::rows(values, a.k, block.start * a.k), a, columns.clone(), sums, false, scratch);
                }
            };
            // SAFETY: every task has rows and columns of its own, and `dx` stays borrowed until all are done.
            unsafe { fill_columns(&out, block.clone(), column, wide.min(self.k - column), wide, fill) };
        });
        // SAFETY: the blocks' rows and the columns are all there are.
        unsafe { dx.set_len(rows * self.k) };
        dx
    }

    /// Every panel, in runs, with the part it belongs to.
    fn tasks(&self, rows: usize) -> impl ParallelIterator<Item = (&Part, Range<usize>)> {
        self.blocks(rows.min(BLOCK)).map(|(_, _, part, panels)| (part, panels))
    }

    /// Every panel of every part, in runs, with the part's index, for each block of rows.
    fn blocks(&self, rows: usize) -> impl ParallelIterator<Item = (Range<usize>, usize, &Part, Range<usize>)> {
        let run = match rows > fused::FEW {
            true => {
                together(self.parts.iter().map(|part| part.panels.count()).sum::<usize>() * row_blocks(rows).count())
            }
            false => fused::together(rows),
        };
        let runs = || {
            let parts = self.parts.iter().enumerate();
            parts.flat_map(move |(index, part)| {
                let count = part.panels.count();
                (0..count).step_by(run).map(move |first| (index, part, first..count.min(first + run)))
            })
        };
        let tasks: Vec<_> = row_blocks(rows)
            .flat_map(|block| runs().map(move |(index, part, panels)| (block.clone(), index, part, panels)))
            .collect();
        // With few rows a panel is quick work, so hand out several at a time; else few, lest a thread be left with many
        // when the others are done.
        let least = (4 / (rows * run).max(1)).max(1);
        let most = (tasks.len() / PIECES).max(least);
        tasks.into_par_iter().with_min_len(least).with_max_len(most)
    }
}

/// So many rows in strips.
fn strips(rows: usize) -> impl Iterator<Item = Range<usize>> {
    (0..rows).step_by(STRIP).map(move |start| start..rows.min(start + STRIP))
}

/// Of so many panels, how many a task takes that goes over them strip by strip: as many as leave no thread idle at the end.
fn together(panels: usize) -> usize {
    let threads = rayon::current_num_threads();
    (1..=TOGETHER).rev().min_by_key(|run| panels.div_ceil(*run).div_ceil(threads) * run).unwrap_or(1)
}

/// Columns of the joined output that some panels of a part give.
struct Columns {
    /// The first.
    column: usize,
    /// How many are real, and how many the panels hold.
    lanes: usize,
    width: usize,
}

impl Part {
    fn columns(&self, panels: &Range<usize>) -> Columns {
        let (first, width) = (panels.start * self.panels.width, panels.len() * self.panels.width);
        Columns { column: self.offset + first, lanes: width.min(self.panels.n - first), width }
    }
}

/// Rows in blocks of about equal size.
fn row_blocks(rows: usize) -> impl Iterator<Item = Range<usize>> {
    let size = rows.div_ceil(rows.div_ceil(BLOCK).max(1)).max(1);
    (0..rows).step_by(size).map(move |start| start..rows.min(start + size))
}

/// What a low-rank addition brings to the parts of a joined layer: columns of `values`, (tokens, `width`), times panels.
pub(crate) struct Low<'a> {
    pub values: &'a [f32],
    pub width: usize,
    /// For each part of the layer, its first column and B, (n of the part, r).
    pub parts: &'a [Option<(usize, Panels)>],
}

#[derive(Default)]
struct Buffers {
    scratch: Scratch,
    sums: Aligned,
}

thread_local! {
    static BUFFERS: RefCell<Buffers> = RefCell::default();
}

/// Lends `then` this thread's buffers, with room for `sums` values.
fn with_buffers<R>(sums: usize, then: impl FnOnce(&mut [f32], &mut Scratch) -> R) -> R {
    BUFFERS.with_borrow_mut(|buffers| then(buffers.sums.at_least(sums), &mut buffers.scratch))
}

/// Fills some rows and columns of `out`: in place where all of a panel's `width` is wanted, else by way of a buffer.
///
/// # Safety
/// No other thread may touch those places meanwhile, and the memory must still be borrowed.
unsafe fn fill_columns(
    out: &Output<'_>,
    rows: Range<usize>,
    column: usize,
    lanes: usize,
    width: usize,
    fill: impl FnOnce(&mut Sums<'_>, &mut Scratch),
) {
    let aside = if lanes == width { 0 } else { rows.len() * width };
    with_buffers(aside, |sums, scratch| {
        // SAFETY: the caller's promise.
        unsafe {
            match aside {
                0 => fill(&mut out.sums(rows.clone(), column, width), scratch),
                _ => fill(&mut Sums::of(sums, width), scratch),
            }
            out.finish(rows, column, lanes, sums);
        }
    });
}

/// The larger value with its column; of equal ones the first.
fn larger(a: (f32, u32), b: (f32, u32)) -> (f32, u32) {
    if b.0 > a.0 || (b.0 == a.0 && b.1 < a.1) { b } else { a }
}

/// Activations, (rows, `k`), and what products with codes need of them.
struct Input<'a> {
    values: &'a [f32],
    k: usize,
    /// For each size of a group, (rows, k / size): the sums of its values.
    totals: Vec<(usize, Vec<f32>)>,
}

/// Rows whose totals one thread takes at once.
const TOTALS: usize = 64;

impl<'a> Input<'a> {
    fn new<'p>(values: &'a [f32], k: usize, panels: impl Iterator<Item = &'p Panels>) -> Self {
        let mut totals: Vec<(usize, Vec<f32>)> = Vec::new();
        for size in panels.filter_map(Panels::coded).filter_map(|coded| coded.layout.total_over()) {
            if totals.iter().all(|(of, _)| *of != size) {
                let mut sums = vec![0.0; values.len() / size];
                let pieces = sums.par_chunks_mut(TOTALS * k / size).zip(values.par_chunks(TOTALS * k));
                pieces.for_each(|(sums, values)| {
                    sums.iter_mut().zip(values.chunks_exact(size)).for_each(|(sum, x)| *sum = ops::sum(x, |x| x));
                });
                totals.push((size, sums));
            }
        }
        Self { values, k, totals }
    }

    /// Sets `sums` to the product of some rows and some panels of a weight, which they are as wide as.
    fn multiply(
        &self,
        rows: Range<usize>,
        panels: &Panels,
        run: Range<usize>,
        sums: &mut Sums<'_>,
        scratch: &mut Scratch,
    ) {
        let Some(coded) = panels.coded() else {
            let left = Left::rows(self.values, self.k, rows.start * self.k);
            return add_panels(left, panels, run, sums, true, scratch);
        };
        let group = coded.layout.group;
        let totals = self.totals.iter().find(|(size, _)| Some(*size) == coded.layout.total_over());
        let totals = totals.map_or(&[][..], |(_, totals)| &totals[rows.start * self.k / group..]);
        let values = &self.values[rows.start * self.k..rows.end * self.k];
        if fused::multiply(Rows { values, totals }, coded, run.clone(), sums) {
            return;
        }
        let (width, stride) = (panels.width, self.k / group);
        for start in (0..self.k).step_by(CHUNK) {
            let inputs = start..self.k.min(start + CHUNK);
            let (of_codes, of_lines) = (inputs.len() * width, inputs.len() / group * width);
            let (codes, scales, offsets) = scratch.codes(coded, run.clone(), inputs.clone());
            for rows in strips(sums.rows()) {
                let left = Left::rows(values, self.k, rows.start * self.k + start);
                let totals = totals.get(rows.start * stride + start / group..).unwrap_or_default();
                for (at, codes) in codes.chunks_exact(of_codes).enumerate() {
                    let lines = at * of_lines..(at + 1) * of_lines;
                    let offsets = offsets.get(lines.clone()).unwrap_or_default();
                    let groups = Groups { depth: group, scales: &scales[lines], offsets, totals, stride };
                    // The same panel's next chunk, or the first of a panel of the next run.
                    let next = run.start + at + if inputs.end < self.k { 0 } else { run.len() - 1 };
                    let ahead = if rows.start == 0 { coded.ahead(next, inputs.end, inputs.len()) } else { &[] };
                    let sums = &mut sums.part(rows.clone(), at * width, width);
                    kernel::multiply_codes(left, Right::packed(codes, width), groups, sums, start == 0, ahead);
                }
            }
        }
    }
}

/// Adds the product of rows, (rows, k of the panels), and some panels to `sums`, which are as wide as all of them; if they
/// are `fresh`, sets them to it.
fn add_panels(
    x: Left<'_>,
    panels: &Panels,
    run: Range<usize>,
    sums: &mut Sums<'_>,
    fresh: bool,
    scratch: &mut Scratch,
) {
    for (at, panel) in run.enumerate() {
        add_panel(x, panels, panel, &mut sums.columns(at * panels.width, panels.width), fresh, scratch);
    }
}

/// The same for one panel, piece by piece.
fn add_panel(x: Left<'_>, panels: &Panels, panel: usize, sums: &mut Sums<'_>, fresh: bool, scratch: &mut Scratch) {
    for start in (0..panels.k).step_by(CHUNK) {
        let inputs = start..panels.k.min(start + CHUNK);
        let weights = panels.chunk(panel, inputs.clone(), scratch);
        let left = Left { from: x.from + start, ..x };
        kernel::multiply(left, Right::packed(weights, panels.width), inputs.len(), sums, fresh && start == 0);
    }
}

/// `scale` · x `panels`ᵀ, with x (rows, k of the panels) and the result (rows, n of the panels).
pub(crate) fn narrow_product(x: View<'_>, panels: &Panels, scale: f32) -> Vec<f32> {
    let mut y = vec![0.0; x.rows() * panels.n];
    let piece = x.rows().div_ceil(4 * rayon::current_num_threads()).next_multiple_of(8).max(64);
    y.par_chunks_mut(piece * panels.n).enumerate().for_each(|(index, y)| {
        let rows = y.len() / panels.n;
        for panel in 0..panels.count() {
            with_buffers(rows * panels.width, |sums, scratch| {
                let left = Left::rows(x.values, x.stride, x.from + index * piece * x.stride);
                add_panel(left, panels, panel, &mut Sums::of(sums, panels.width), true, scratch);
                let (column, lanes) = (panel * panels.width, panels.lanes(panel));
                for (y, sums) in y.chunks_exact_mut(panels.n).zip(sums.chunks_exact(panels.width)) {
                    y[column..column + lanes].iter_mut().zip(sums).for_each(|(y, sum)| *y = sum * scale);
                }
            });
        }
    });
    y
}

/// Some columns of a row-major matrix: those from `from` on.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub values: &'a [f32],
    pub stride: usize,
    pub from: usize,
}

impl<'a> View<'a> {
    pub fn all(values: &'a [f32], stride: usize) -> Self {
        Self { values, stride, from: 0 }
    }

    fn rows(&self) -> usize {
        self.values.len() / self.stride
    }
}

/// aᵀ b, summed over the rows of both: (`m` columns of a, `n` columns of b).
pub(crate) fn outer_product(a: View<'_>, m: usize, b: View<'_>, n: usize) -> Vec<f32> {
    let (depth, width) = (a.rows(), kernel::narrowest(n));
    let panels: Vec<Vec<f32>> = (0..n.div_ceil(width))
        .into_par_iter()
        .map(|panel| {
            let (column, lanes) = (panel * width, width.min(n - panel * width));
            let mut sums = vec![0.0; m * width];
            for start in (0..depth).step_by(OUTER_DEPTH) {
                let rows = start..depth.min(start + OUTER_DEPTH);
                let left = Left::columns(a.values, a.stride, start * a.stride + a.from);
                let from = start * b.stride + b.from + column;
                let into = &mut Sums::of(&mut sums, width);
                if lanes == width {
                    let right = Right { values: b.values, stride: b.stride, from };
                    kernel::multiply(left, right, rows.len(), into, false);
                } else {
                    let packed: Vec<f32> = (0..rows.len() * width)
                        .map(
                            |i| if i % width < lanes { b.values[from + i / width * b.stride + i % width] } else { 0.0 },
                        )
                        .collect();
                    kernel::multiply(left, Right::packed(&packed, width), rows.len(), into, false);
                }
            }
            sums
        })
        .collect();
    let mut out = vec![0.0; m * n];
    for (panel, sums) in panels.iter().enumerate() {
        let (column, lanes) = (panel * width, width.min(n - panel * width));
        for (out, sums) in out.chunks_exact_mut(n).zip(sums.chunks_exact(width)) {
            out[column..column + lanes].copy_from_slice(&sums[..lanes]);
        }
    }
    out
}

fn add(y: &mut [f32], x: &[f32]) {
    y.iter_mut().zip(x).for_each(|(y, x)| *y += x);
}

/// A weight vector (n) as f32.
pub(crate) fn vector(weights: &dyn Weights, name: &str, n: usize) -> Result<Vec<f32>> {
    Ok(weights.get(name, &[n])?.to_f32()?.to_vec1()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::files::Weight;
    use candle_core::quantized::{GgmlDType, QTensor};
    use candle_core::{DType, Device, Tensor};
    use std::collections::HashMap;
    use std::sync::Arc;

    use GgmlDType::*;
    const CODED: [GgmlDType; 10] = [Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2K, Q3K, Q4K, Q5K, Q6K];

    struct Given(HashMap<String, Weight>);

    impl Weights for Given {
        fn get(&self, name: &str, _: &[usize]) -> Result<Weight> {
            self.0.get(name).cloned().ok_or_else(|| Error::missing(name))
        }
        fn contains(&self, name: &str) -> bool {
            self.0.contains_key(name)
        }
    }

    fn noise(n: usize, seed: u32) -> Vec<f32> {
        let mut state = seed.wrapping_mul(2654435761) | 1;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state as f32 / u32::MAX as f32 - 0.5
        };
        (0..n).map(|_| next()).collect()
    }

    fn linear(weight: Weight, n: usize, k: usize, bias: bool) -> Linear {
        let mut given = HashMap::from([("p.weight".to_string(), weight)]);
        if bias {
            let values = Tensor::from_vec(noise(n, 5), n, &Device::Cpu).unwrap();
            given.insert("p.bias".to_string(), Weight::Dense(values));
        }
        Linear::load(&Given(given), &[("p".to_string(), n)], k).unwrap()
    }

    /// Against a product in f64 of the same (dequantised) weights, with odd sizes.
    #[test]
    fn equals_a_plain_product_for_every_storage() {
        let (n, k, tokens) = (101, 256, 13);
        let dense = Tensor::from_vec(noise(n * k, 1), (n, k), &Device::Cpu).unwrap();
        let x = noise(tokens * k, 2);
        let quantized = |dtype| Weight::Quantized(Arc::new(QTensor::quantize(&dense, dtype).unwrap()));
        let weights = [
            Weight::Dense(dense.clone()),
            Weight::Dense(dense.to_dtype(DType::F16).unwrap()),
            Weight::Dense(dense.to_dtype(DType::BF16).unwrap()),
        ];
        let weights = weights.into_iter().chain(CODED.map(quantized));
        for weight in weights {
            let plain = weight.to_f32().unwrap().to_vec2::<f32>().unwrap();
            let layer = linear(weight, n, k, true);
            let y = layer.product(&x, None, None);
            let bias = noise(n, 5);
            for (t, row) in y.chunks_exact(n).enumerate() {
                for (o, &got) in row.iter().enumerate() {
                    let dot: f64 = (0..k).map(|i| f64::from(x[t * k + i]) * f64::from(plain[o][i])).sum();
                    let want = dot + f64::from(bias[o]);
                    assert!((f64::from(got) - want).abs() < 1e-5, "row {t} output {o}: {got} against {want}");
                }
            }
        }
    }

    /// Many rows pass over a decoded panel, few are multiplied with codes in registers.
    #[test]
    fn a_row_does_not_depend_on_its_batch() {
        let (n, k, tokens) = (101, 768 + 256, 21);
        let dense = Tensor::from_vec(noise(n * k, 3), (n, k), &Device::Cpu).unwrap();
        let quantized = |dtype| Weight::Quantized(Arc::new(QTensor::quantize(&dense, dtype).unwrap()));
        let weights = CODED.map(quantized).into_iter().chain([Weight::Dense(dense.clone())]);
        let x = noise(tokens * k, 4);
        for weight in weights {
            let layer = linear(weight, n, k, true);
            let together = layer.product(&x, None, None);
            let largest = layer.argmax(&x);
            for few in [1, 2, 3, 5, 8, 9] {
                for (at, x) in x.chunks(few * k).enumerate() {
                    let rows = x.len() / k;
                    assert_eq!(layer.product(x, None, None), together[at * few * n..][..rows * n], "{few} rows");
                    assert_eq!(layer.argmax(x), largest[at * few..][..rows]);
                }
            }
        }
    }

    #[test]
    fn rows_of_the_weight_come_back_for_embeddings() {
        let (n, k) = (70, 512);
        let dense = Tensor::from_vec(noise(n * k, 6), (n, k), &Device::Cpu).unwrap();
        for dtype in CODED {
            let quantized = QTensor::quantize(&dense, dtype).unwrap();
            let want = quantized.dequantize(&Device::Cpu).unwrap().to_vec2::<f32>().unwrap();
            let panels = Panels::pack(&Weight::Quantized(Arc::new(quantized)), n, k).unwrap();
            for (row, want) in want.iter().enumerate() {
                let mut got = vec![0.0; k];
                panels.row(row, &mut got);
                assert_eq!(&got, want, "{dtype:?}");
            }
        }
    }
}
