//! A frozen weight packed for the kernel: column panels, decoded to f32 one chunk at a time.
//!
//! A panel holds [`kernel::width`] output rows of the weight side by side, `[k][lane]`, so that the kernel reads it in
//! one straight line. Narrow storage (16-bit floats, 8- and 4-bit codes) keeps traffic to memory small; a decoded chunk of a
//! panel stays in cache while all rows of activations pass over it.

use candle_core::quantized::QTensor;
use candle_core::{DType, Tensor};
use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};
use std::ops::Range;

use super::codes::{self, Row};
use super::fused;
use super::kernel::{self, Aligned, Codes, Group};
use crate::error::{Error, Result};
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

/// `scale · code + offset`, scale and offset per lane and per `group` values of k.
struct Coded {
    group: usize,
    /// Two codes to a byte: those of inputs 2i and 2i + 1.
    nibbles: bool,
    codes: Vec<u8>,
    scales: Lines,
    offsets: Lines,
}

/// Scales or offsets, one for each lane and group: in 16 bits where that is exact, as it is for the types of 32 weights,
/// whose files hold such numbers. They are a third of what a product of 4-bit weights reads otherwise.
enum Lines {
    F32(Vec<f32>),
    F16(Vec<f16>),
}

impl Lines {
    /// Scales and offsets, both in 16 bits or neither.
    fn pair(values: [Vec<f32>; 2]) -> [Self; 2] {
        let halves = values.each_ref().map(|values| values.iter().map(|v| f16::from_f32(*v)).collect::<Vec<f16>>());
        let exact = halves.iter().flatten().zip(values.iter().flatten());
        match exact.into_iter().all(|(half, value)| value.is_finite() && half.to_f32() == *value) {
            true => halves.map(Self::F16),
            false => values.map(Self::F32),
        }
    }

    fn at(&self, index: usize) -> f32 {
        match self {
            Self::F32(values) => values[index],
            Self::F16(values) => values[index].to_f32(),
        }
    }

    /// Some of them as f32; `scratch` is used unless they are f32 already.
    fn some<'a>(&'a self, range: Range<usize>, scratch: &'a mut Aligned) -> &'a [f32] {
        match self {
            Self::F32(values) => &values[range],
            Self::F16(values) => {
                let out = scratch.at_least(range.len());
                values[range].convert_to_f32_slice(out);
                out
            }
        }
    }

    fn view(&self, range: Range<usize>) -> fused::Lines<'_> {
        match self {
            Self::F32(values) => fused::Lines::F32(&values[range]),
            Self::F16(values) => fused::Lines::F16(&values[range]),
        }
    }
}

#[derive(Default)]
pub(crate) struct Scratch {
    chunk: Aligned,
    block: Aligned,
    lines: [Aligned; 2],
}

impl Panels {
    /// Packs `weight`, whose shape is (`n`, `k`).
    pub fn pack(weight: &Weight, n: usize, k: usize) -> Result<Self> {
        let width = kernel::width();
        let store = match weight {
            Weight::Dense(tensor) => dense(tensor, n, k, width)?,
            Weight::Quantized(tensor) => match codes::group(tensor.dtype()) {
                Some(group) => Store::Codes(coded(tensor, n, k, width, group)?),
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
        let Scratch { chunk, lines, .. } = scratch;
        let out = chunk.at_least(span.len());
        self.decode(panel, inputs, out, lines);
        out
    }

    /// Inputs `inputs` of panel `panel` as f32, `[input][width]`; an even number of them, from an even one on.
    fn decode(&self, panel: usize, inputs: Range<usize>, out: &mut [f32], scratch: &mut [Aligned; 2]) {
        let first = panel * self.k;
        let span = (first + inputs.start) * self.width..(first + inputs.end) * self.width;
        match &self.store {
            Store::F32(values) => out.copy_from_slice(&values.as_slice()[span]),
            Store::F16(values) => values[span].convert_to_f32_slice(out),
            Store::Bf16(values) => values[span].convert_to_f32_slice(out),
            Store::Codes(coded) => {
                assert!(!coded.nibbles || (inputs.start.is_multiple_of(2) && inputs.len().is_multiple_of(2)));
                let groups = (first + inputs.start) / coded.group..(first + inputs.end).div_ceil(coded.group);
                let lines = groups.start * self.width..groups.end * self.width;
                let [scales, offsets] = scratch;
                let (scales, offsets) = (coded.scales.some(lines.clone(), scales), coded.offsets.some(lines, offsets));
                let group = Group { rows: coded.group, first: inputs.start % coded.group };
                let codes = match coded.nibbles {
                    true => Codes::Nibbles(&coded.codes[span.start / 2..span.end / 2]),
                    false => Codes::Bytes(&coded.codes[span]),
                };
                kernel::decode(codes, scales, offsets, group, self.width, out);
            }
        }
    }

    /// The weight as it stands in the file, a part of it: outputs `outputs` (from the first of a panel on) by as many
    /// inputs as a panel is wide, from `input` on, `[output][width]`. Lanes behind the last input are zero.
    pub fn transposed_chunk<'a>(&self, input: usize, outputs: Range<usize>, scratch: &'a mut Scratch) -> &'a [f32] {
        let Scratch { chunk, block, lines } = scratch;
        let width = self.width;
        let inputs = input..self.k.min(input + width);
        let (out, block) = (chunk.at_least(outputs.len() * width), block.at_least(width * width));
        out.fill(0.0);
        for (panel, out) in (outputs.start / width..).zip(out.chunks_mut(width * width)) {
            let block = &mut block[..inputs.len() * width];
            self.decode(panel, inputs.clone(), block, lines);
            transpose_block(block, width, out);
        }
        out
    }

    /// Panels `panels` as codes, where they are held so.
    pub fn coded(&self, panels: Range<usize>) -> Option<fused::Panels<'_>> {
        let Store::Codes(Coded { group, nibbles, codes, scales, offsets }) = &self.store else { return None };
        let (per_byte, lines) = (if *nibbles { 2 } else { 1 }, self.k / group * self.width);
        let size = self.k * self.width / per_byte;
        Some(fused::Panels {
            codes: &codes[panels.start * size..panels.end * size],
            nibbles: *nibbles,
            group: *group,
            scales: scales.view(panels.start * lines..panels.end * lines),
            offsets: offsets.view(panels.start * lines..panels.end * lines),
            width: self.width,
            depth: self.k,
        })
    }

    /// The stored codes that follow `inputs` of panel `panel`, as many as those take; nothing for other storage.
    pub fn ahead(&self, panel: usize, inputs: Range<usize>) -> &[u8] {
        let end = (panel * self.k + inputs.end) * self.width;
        match &self.store {
            Store::Codes(Coded { codes, nibbles, .. }) => {
                let per_byte = if *nibbles { 2 } else { 1 };
                &codes[end / per_byte..codes.len().min((end + inputs.len() * self.width) / per_byte)]
            }
            _ => &[],
        }
    }

    /// Output row `row` of the weight, (k), for embedding look-ups.
    pub fn row(&self, row: usize, out: &mut [f32]) {
        let (panel, lane) = (row / self.width, row % self.width);
        let start = panel * self.k * self.width + lane;
        for (i, value) in out.iter_mut().enumerate() {
            let at = start + i * self.width;
            *value = match &self.store {
                Store::F32(values) => values.as_slice()[at],
                Store::F16(values) => values[at].to_f32(),
                Store::Bf16(values) => values[at].to_f32(),
                Store::Codes(coded) => {
                    let line = (panel * (self.k / coded.group) + i / coded.group) * self.width + lane;
                    let code = match coded.nibbles {
                        true => coded.codes[(panel * self.k + i) / 2 * self.width + lane] >> (4 * (i % 2)) & 15,
                        false => coded.codes[at],
                    };
                    f32::from(code) * coded.scales.at(line) + coded.offsets.at(line)
                }
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

fn coded(tensor: &QTensor, n: usize, k: usize, width: usize, group: usize) -> Result<Coded> {
    let dtype = tensor.dtype();
    let bytes = tensor.data()?;
    let row_bytes = k / dtype.block_size() * dtype.type_size();
    if !k.is_multiple_of(dtype.block_size()) || bytes.len() != n * row_bytes {
        return Err(Error::model(format!("a {dtype:?} weight of shape ({n}, {k}) does not fill whole blocks"))
            .hint("the model file is damaged; download it again"));
    }
    let (padded, groups) = (n.div_ceil(width) * width, k / group);
    let nibbles = codes::bits(dtype) <= 4;
    let (mut codes, mut scales, mut offsets) = (
        vec![0u8; if nibbles { padded * k / 2 } else { padded * k }],
        vec![0f32; padded * groups],
        vec![0f32; padded * groups],
    );
    let (mut row_codes, mut row_scales, mut row_offsets) = (vec![0u8; k], vec![0f32; groups], vec![0f32; groups]);
    for row in 0..n {
        let mut parts = Row { codes: &mut row_codes, scales: &mut row_scales, offsets: &mut row_offsets };
        codes::unpack(dtype, &bytes[row * row_bytes..(row + 1) * row_bytes], &mut parts);
        let (panel, lane) = (row / width, row % width);
        for (i, &code) in row_codes.iter().enumerate() {
            match nibbles {
                true => codes[(panel * k + i) / 2 * width + lane] |= code << (4 * (i % 2)),
                false => codes[(panel * k + i) * width + lane] = code,
            }
        }
        for i in 0..groups {
            scales[(panel * groups + i) * width + lane] = row_scales[i];
            offsets[(panel * groups + i) * width + lane] = row_offsets[i];
        }
    }
    let [scales, offsets] = Lines::pair([scales, offsets]);
    Ok(Coded { group, nibbles, codes, scales, offsets })
}
