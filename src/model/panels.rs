//! A frozen weight packed for the kernel: column panels, decoded to f32 one chunk at a time.
//!
//! A panel holds [`kernel::width`] output rows of the weight side by side, `[k][lane]`, so that the kernel reads it in
//! one straight line. Narrow storage (16-bit floats, 8-bit codes) keeps traffic to memory small; a decoded chunk of a
//! panel stays in cache while all rows of activations pass over it.

use candle_core::quantized::QTensor;
use candle_core::{DType, Tensor};
use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};
use std::ops::Range;

use super::codes::{self, Row};
use super::kernel::{self, Aligned};
use super::weights::Weight;
use crate::error::{Error, Result};

/// Inputs decoded and multiplied at once. Eight rows of activations of this length fit a first-level cache, the decoded
/// chunk (48 lanes, 144 KB) a second-level one. A multiple of every group.
pub(crate) const CHUNK: usize = 768;

/// A weight of shape (`n` out, `k` in), in panels.
pub(crate) struct Panels {
    pub n: usize,
    pub k: usize,
    width: usize,
    store: Store,
}

enum Store {
    F32(Aligned),
    F16(Vec<f16>),
    Bf16(Vec<bf16>),
    /// `scale · code + offset`, scale and offset per lane and per `group` values of k.
    Codes {
        group: usize,
        codes: Vec<u8>,
        scales: Vec<f32>,
        offsets: Vec<f32>,
    },
}

impl Panels {
    /// Packs `weight`, whose shape is (`n`, `k`).
    pub fn pack(weight: &Weight, n: usize, k: usize) -> Result<Self> {
        let width = kernel::width();
        let store = match weight {
            Weight::Dense(tensor) => dense(tensor, n, k, width)?,
            Weight::Quantized(tensor) => match codes::group(tensor.dtype()) {
                Some(group) => coded(tensor, n, k, width, group)?,
                None => dense(&tensor.dequantize(&candle_core::Device::Cpu)?, n, k, width)?,
            },
        };
        Ok(Self { n, k, width, store })
    }

    pub fn count(&self) -> usize {
        self.n.div_ceil(self.width)
    }

    /// How many lanes of panel `panel` are real output rows; the rest are zero.
    pub fn lanes(&self, panel: usize) -> usize {
        self.width.min(self.n - panel * self.width)
    }

    /// Rows `inputs` of panel `panel` as f32, `[input][width]`; `scratch` is used unless they are f32 already. `inputs`
    /// starts at a multiple of [`CHUNK`].
    pub fn chunk<'a>(&'a self, panel: usize, inputs: Range<usize>, scratch: &'a mut Aligned) -> &'a [f32] {
        let first = panel * self.k;
        let span = (first + inputs.start) * self.width..(first + inputs.end) * self.width;
        if let Store::F32(values) = &self.store {
            return &values.as_slice()[span];
        }
        let out = scratch.at_least(span.len());
        match &self.store {
            Store::F32(_) => {}
            Store::F16(values) => values[span].convert_to_f32_slice(out),
            Store::Bf16(values) => values[span].convert_to_f32_slice(out),
            Store::Codes { group, codes, scales, offsets } => {
                let groups = span.start / group..span.end / group;
                kernel::decode(&codes[span], &scales[groups.clone()], &offsets[groups], *group * self.width, out);
            }
        }
        out
    }

    /// The stored codes that follow `inputs` of panel `panel`, as many as those take; nothing for other storage.
    pub fn ahead(&self, panel: usize, inputs: Range<usize>) -> &[u8] {
        let end = (panel * self.k + inputs.end) * self.width;
        match &self.store {
            Store::Codes { codes, .. } => &codes[end..codes.len().min(end + inputs.len() * self.width)],
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
                Store::Codes { group, codes, scales, offsets } => {
                    let at_group = (panel * (self.k / group) + i / group) * self.width + lane;
                    f32::from(codes[at]) * scales[at_group] + offsets[at_group]
                }
            };
        }
    }
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

fn coded(tensor: &QTensor, n: usize, k: usize, width: usize, group: usize) -> Result<Store> {
    let dtype = tensor.dtype();
    let bytes = tensor.data()?;
    let row_bytes = k / dtype.block_size() * dtype.type_size();
    if !k.is_multiple_of(dtype.block_size()) || bytes.len() != n * row_bytes {
        return Err(Error::model(format!("a {dtype:?} weight of shape ({n}, {k}) does not fill whole blocks"))
            .hint("the model file is damaged; download it again"));
    }
    let (padded, groups) = (n.div_ceil(width) * width, k / group);
    let (mut codes, mut scales, mut offsets) =
        (vec![0u8; padded * k], vec![0f32; padded * groups], vec![0f32; padded * groups]);
    let (mut row_codes, mut row_scales, mut row_offsets) = (vec![0u8; k], vec![0f32; groups], vec![0f32; groups]);
    for row in 0..n {
        let mut parts = Row { codes: &mut row_codes, scales: &mut row_scales, offsets: &mut row_offsets };
        codes::unpack(dtype, &bytes[row * row_bytes..(row + 1) * row_bytes], &mut parts);
        let (panel, lane) = (row / width, row % width);
        for (i, &code) in row_codes.iter().enumerate() {
            codes[(panel * k + i) * width + lane] = code;
        }
        for i in 0..groups {
            scales[(panel * groups + i) * width + lane] = row_scales[i];
            offsets[(panel * groups + i) * width + lane] = row_offsets[i];
        }
    }
    Ok(Store::Codes { group, codes, scales, offsets })
}
