//! A frozen weight packed for the kernel: column panels, decoded to f32 one chunk at a time.
//!
//! A panel holds [`kernel::width`] output rows of the weight side by side, `[k][lane]`, so that the kernel reads it in
//! one straight line. Narrow storage (16-bit floats, 8- and 4-bit codes) keeps traffic to memory small; a decoded chunk of a
//! panel stays in cache while all rows of activations pass over it.

use candle_core::{DType, Tensor};
use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};
use std::ops::Range;

use super::coded::Coded;
use super::codes::Layout;
use super::kernel::{self, Aligned};
use crate::error::Result;
use crate::files::Weight;

/// Inputs decoded and multiplied at once. Eight rows of activations of this length fit a first-level cache, the decoded
/// chunk (48 lanes, 144 KB) a second-level one. A multiple of every group and of every panel width.
pub(crate) const CHUNK: usize = 768;

/// A matrix of shape (`n` out, `k` in), in panels.
pub(crate) struct Panels {
    pub n: usize,
    pub k: usize,
    /// Columns of a panel: [`kernel::width`], or less when there are fewer rows in all.
    pub width: usize,
    store: Store,
}

enum Store {
    F32(Aligned),
    F16(Vec<f16>),
    Bf16(Vec<bf16>),
    Codes(Coded),
}

#[derive(Default)]
pub(crate) struct Scratch {
    chunk: Aligned,
    block: Aligned,
    lines: [Aligned; 2],
}

impl Scratch {
    /// Codes, scales and offsets of whole groups, those of `inputs` of some panels, one panel behind the other.
    pub fn codes(&mut self, coded: &Coded, panels: Range<usize>, inputs: Range<usize>) -> (&[f32], &[f32], &[f32]) {
        let (of_codes, of_lines) = (inputs.len() * coded.width, inputs.len() / coded.layout.group * coded.width);
        let codes = self.chunk.at_least(panels.len() * of_codes);
        let [scales, offsets] = self.lines.each_mut().map(|line| line.at_least(panels.len() * of_lines));
        let lines = scales.chunks_exact_mut(of_lines).zip(offsets.chunks_exact_mut(of_lines));
        for ((panel, codes), (scales, offsets)) in panels.zip(codes.chunks_exact_mut(of_codes)).zip(lines) {
            coded.lines(panel, inputs.clone(), scales, offsets);
            coded.codes(panel, inputs.clone(), codes);
        }
        (codes, scales, if coded.layout.total_over().is_some() { offsets } else { &[] })
    }
}

impl Panels {
    /// Packs `weight`, whose shape is (`n`, `k`).
    pub fn pack(weight: &Weight, n: usize, k: usize) -> Result<Self> {
        let width = kernel::width();
        let store = match weight {
            Weight::Dense(tensor) => dense(tensor, n, k, width)?,
            Weight::Quantized(tensor) => match Layout::of(tensor.dtype()) {
                Some(layout) => Store::Codes(Coded::pack(tensor, layout, n, k, width)?),
                None => dense(&tensor.dequantize(&candle_core::Device::Cpu)?, n, k, width)?,
            },
        };
        Ok(Self { n, k, width, store })
    }

    /// Packs row-major `values`, (`n`, `k`), in panels of `width`.
    pub fn of_rows(values: &[f32], n: usize, k: usize, width: usize) -> Self {
        let mut out = Aligned::zeros(n.div_ceil(width) * width * k);
        transpose(values, n, k, width, out.as_mut_slice());
        Self { n, k, width, store: Store::F32(out) }
    }

    /// Packs the transpose of row-major `values`, (`k`, `n`), in panels of `width`.
    pub fn of_columns(values: &[f32], n: usize, k: usize, width: usize) -> Self {
        let mut out = Aligned::zeros(n.div_ceil(width) * width * k);
        for (panel, out) in out.as_mut_slice().chunks_exact_mut(k * width).enumerate() {
            let (first, lanes) = (panel * width, width.min(n - panel * width));
            for (row, out) in values.chunks_exact(n).zip(out.chunks_exact_mut(width)) {
                out[..lanes].copy_from_slice(&row[first..first + lanes]);
            }
        }
        Self { n, k, width, store: Store::F32(out) }
    }

    pub fn count(&self) -> usize {
        self.n.div_ceil(self.width)
    }

    /// How many lanes of panel `panel` are real output rows; the rest are zero.
    pub fn lanes(&self, panel: usize) -> usize {
        self.width.min(self.n - panel * self.width)
    }

    /// Inputs `inputs` of panel `panel` as f32, `[input][width]`; `scratch` is used unless they are f32 already.
    pub fn chunk<'a>(&'a self, panel: usize, inputs: Range<usize>, scratch: &'a mut Scratch) -> &'a [f32] {
        let first = panel * self.k;
        let span = (first + inputs.start) * self.width..(first + inputs.end) * self.width;
        if let Store::F32(values) = &self.store {
            return &values.as_slice()[span];
        }
        let out = scratch.chunk.at_least(span.len());
        self.decode(panel, inputs, out);
        out
    }

    /// Inputs `inputs` of panel `panel` as f32, `[input][width]`; an even number of them, from an even one on.
    fn decode(&self, panel: usize, inputs: Range<usize>, out: &mut [f32]) {
        let first = panel * self.k;
        let span = (first + inputs.start) * self.width..(first + inputs.end) * self.width;
        match &self.store {
            Store::F32(values) => out.copy_from_slice(&values.as_slice()[span]),
            Store::F16(values) => values[span].convert_to_f32_slice(out),
            Store::Bf16(values) => values[span].convert_to_f32_slice(out),
            Store::Codes(coded) => coded.weights(panel, inputs, out),
        }
    }

    /// The weight as it stands in the file, a part of it: outputs `outputs` (from the first of a panel on) by the inputs of
    /// `columns`, each as many as a panel is wide, `[column][output][width]`. Lanes behind the last input are zero.
    pub fn transposed_chunk<'a>(
        &self,
        columns: Range<usize>,
        outputs: Range<usize>,
        scratch: &'a mut Scratch,
    ) -> &'a [f32] {
        let Scratch { chunk, block, .. } = scratch;
        let (width, each) = (self.width, outputs.len() * self.width);
        let (out, block) = (chunk.at_least(columns.len() * each), block.at_least(width * width));
        out.fill(0.0);
        for (column, out) in columns.zip(out.chunks_mut(each)) {
            let inputs = column * width..self.k.min((column + 1) * width);
            for (panel, out) in (outputs.start / width..).zip(out.chunks_mut(width * width)) {
                let block = &mut block[..inputs.len() * width];
                self.decode(panel, inputs.clone(), block);
                transpose_block(block, width, out);
            }
        }
        out
    }

    /// The weight as codes, where it is held so.
    pub fn coded(&self) -> Option<&Coded> {
        match &self.store {
            Store::Codes(coded) => Some(coded),
            _ => None,
        }
    }

    /// Output row `row` of the weight, (k), for embedding look-ups.
    pub fn row(&self, row: usize, out: &mut [f32]) {
        if let Store::Codes(coded) = &self.store {
            return coded.row(row, out);
        }
        let (panel, lane) = (row / self.width, row % self.width);
        let start = panel * self.k * self.width + lane;
        for (i, value) in out.iter_mut().enumerate() {
            let at = start + i * self.width;
            *value = match &self.store {
                Store::F32(values) => values.as_slice()[at],
                Store::F16(values) => values[at].to_f32(),
                Store::Bf16(values) => values[at].to_f32(),
                Store::Codes(_) => unreachable!("rows of codes are decoded above"),
            };
        }
    }
}

/// `from` (any, `width`) transposed to `to` (any, `width`), as much as `to` has rows for.
fn transpose_block(from: &[f32], width: usize, to: &mut [f32]) {
    let (rows, outs) = (from.len() / width, to.len() / width);
    for row in (0..rows).step_by(TILE) {
        for out in (0..outs).step_by(TILE) {
            if row + TILE > rows || out + TILE > outs {
                for r in row..rows.min(row + TILE) {
                    (out..outs.min(out + TILE)).for_each(|o| to[o * width + r] = from[r * width + o]);
                }
                continue;
            }
            let mut tile = [[0.0; TILE]; TILE];
            for (r, tile) in tile.iter_mut().enumerate() {
                tile.copy_from_slice(&from[(row + r) * width + out..][..TILE]);
            }
            for (o, column) in transposed(tile).iter().enumerate() {
                to[(out + o) * width + row..][..TILE].copy_from_slice(column);
            }
        }
    }
}

/// Rows and columns turned round at once.
const TILE: usize = 4;

/// Compilers move the sixteen values one by one.
#[cfg(target_arch = "x86_64")]
fn transposed(tile: [[f32; TILE]; TILE]) -> [[f32; TILE]; TILE] {
    use std::arch::x86_64::{_MM_TRANSPOSE4_PS, _mm_loadu_ps, _mm_storeu_ps};
    let mut out = tile;
    // SAFETY: every processor of this kind has these instructions; each row holds the four values read and written.
    unsafe {
        let [mut a, mut b, mut c, mut d] = tile.each_ref().map(|row| _mm_loadu_ps(row.as_ptr()));
        _MM_TRANSPOSE4_PS(&mut a, &mut b, &mut c, &mut d);
        out.iter_mut().zip([a, b, c, d]).for_each(|(out, row)| _mm_storeu_ps(out.as_mut_ptr(), row));
    }
    out
}

#[cfg(not(target_arch = "x86_64"))]
fn transposed(tile: [[f32; TILE]; TILE]) -> [[f32; TILE]; TILE] {
    std::array::from_fn(|o| std::array::from_fn(|r| tile[r][o]))
}

/// Turns row-major (n, k) into panels `[n / width][k][width]`, zeros behind the last row.
fn transpose<T: Copy>(rows: &[T], n: usize, k: usize, width: usize, out: &mut [T]) {
    for row in 0..n {
        let panel = &mut out[row / width * k * width..];
        for (i, &value) in rows[row * k..(row + 1) * k].iter().enumerate() {
            panel[i * width + row % width] = value;
        }
    }
}

fn dense(tensor: &Tensor, n: usize, k: usize, width: usize) -> Result<Store> {
    let size = n.div_ceil(width) * width * k;
    let flat = tensor.flatten_all()?;
    Ok(match tensor.dtype() {
        DType::F16 => {
            let mut out = vec![f16::ZERO; size];
            transpose(&flat.to_vec1::<f16>()?, n, k, width, &mut out);
            Store::F16(out)
        }
        DType::BF16 => {
            let mut out = vec![bf16::ZERO; size];
            transpose(&flat.to_vec1::<bf16>()?, n, k, width, &mut out);
            Store::Bf16(out)
        }
        _ => {
            let mut out = Aligned::zeros(size);
            transpose(&flat.to_dtype(DType::F32)?.to_vec1::<f32>()?, n, k, width, out.as_mut_slice());
            Store::F32(out)
        }
    })
}
