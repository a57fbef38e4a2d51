//! A weight of codes in panels, with the bits of its file: each block's factors, steps and codes lie side by side.
//!
//! What a product reads of such a weight is all it does with few rows of activations, so nothing is widened here that the
//! file holds narrow, and one straight line of bytes is read for each panel.

use candle_core::quantized::QTensor;
use half::f16;
use half::slice::{HalfBitsSliceExt, HalfFloatSliceExt};
use pulp::{Simd, WithSimd};
use std::ops::Range;

use super::codes::{self, Layout, Offset, Row};
use super::{kernel, simd};
use crate::error::{Error, Result};

/// The widest panel of any machine.
const WIDEST: usize = 48;

/// A matrix of shape (n out, `depth` in) in panels of `width` outputs. A panel is `depth / layout.block` blocks, one
/// behind the other, and a block is (everything by lanes, so `width` of it):
///
/// - the factor of the scale, and that of the offset where it is its own: 16-bit floats;
/// - where the layout is stepped, for each group the step of the scale, then for each group that of the offset where it is
///   its own: signed bytes;
/// - the codes by input: a signed byte each, or one for two neighbouring inputs, the earlier in its low half.
pub(crate) struct Coded {
    pub layout: Layout,
    pub width: usize,
    pub depth: usize,
    words: Vec<u16>,
}

/// Where the parts of a block begin, in bytes, for panels of one width.
#[derive(Clone, Copy)]
pub(crate) struct Parts {
    pub offset_factors: usize,
    pub scale_steps: usize,
    pub offset_steps: usize,
    pub codes: usize,
    /// All of a block; even, since panels are.
    pub size: usize,
}

impl Layout {
    /// Bytes of codes that `inputs` take.
    fn code_bytes(self, inputs: usize, width: usize) -> usize {
        inputs * width / if self.nibbles { 2 } else { 1 }
    }

    pub fn parts(self, width: usize) -> Parts {
        let own = usize::from(self.offset == Offset::Own);
        let steps = if self.stepped() { self.block / self.group * width } else { 0 };
        let (offset_factors, scale_steps) = (2 * width, 2 * width * (1 + own));
        let (offset_steps, codes) = (scale_steps + steps, scale_steps + steps * (1 + own));
        Parts { offset_factors, scale_steps, offset_steps, codes, size: codes + self.code_bytes(self.block, width) }
    }
}

impl Coded {
    /// Packs `tensor`, whose shape is (`n`, `k`) and whose type has `layout`.
    pub fn pack(tensor: &QTensor, layout: Layout, n: usize, k: usize, width: usize) -> Result<Self> {
        let (dtype, bytes) = (tensor.dtype(), tensor.data()?);
        let row_bytes = k / dtype.block_size() * dtype.type_size();
        if !k.is_multiple_of(layout.block) || bytes.len() != n * row_bytes {
            return Err(Error::model(format!("a {dtype:?} weight of shape ({n}, {k}) does not fill whole blocks"))
                .hint("the model file is damaged; download it again"));
        }
        let (blocks, parts) = (k / layout.block, layout.parts(width));
        let mut packed = Self { layout, width, depth: k, words: vec![0; n.div_ceil(width) * blocks * parts.size / 2] };
        let (mut codes, mut factors, mut steps) =
            (vec![0; k], vec![[f16::ZERO; 2]; blocks], vec![[0; 2]; k / layout.group]);
        for (n, row) in bytes.chunks_exact(row_bytes.max(1)).enumerate() {
            let mut taken = Row { codes: &mut codes, factors: &mut factors, steps: &mut steps };
            codes::unpack(dtype, row, &mut taken);
            let of_blocks = codes.chunks_exact(layout.block).zip(steps.chunks_exact(layout.block / layout.group));
            for (b, ((codes, steps), factors)) in of_blocks.zip(&factors).enumerate() {
                let lane = n % width;
                packed.write(n / width * blocks + b, lane, codes, steps, *factors);
            }
        }
        Ok(packed)
    }

    fn write(&mut self, block: usize, lane: usize, codes: &[i8], steps: &[[i8; 2]], factors: [f16; 2]) {
        let (layout, width, parts) = (self.layout, self.width, self.layout.parts(self.width));
        let words = &mut self.words[block * parts.size / 2..][..parts.size / 2];
        let own = layout.offset == Offset::Own;
        words[lane] = factors[0].to_bits();
        if own {
            words[parts.offset_factors / 2 + lane] = factors[1].to_bits();
        }
        let bytes = bytes_mut(words);
        if layout.stepped() {
            for (group, [scale, offset]) in steps.iter().enumerate() {
                bytes[parts.scale_steps + group * width + lane] = scale.cast_unsigned();
                if own {
                    bytes[parts.offset_steps + group * width + lane] = offset.cast_unsigned();
                }
            }
        }
        for (i, code) in codes.iter().enumerate() {
            match layout.nibbles {
                true => bytes[parts.codes + i / 2 * width + lane] |= code.cast_unsigned() << (4 * (i % 2)),
                false => bytes[parts.codes + i * width + lane] = code.cast_unsigned(),
            }
        }
    }

    /// The bytes of whole panels, one behind the other.
    pub fn panels(&self, panels: Range<usize>) -> &[u8] {
        let size = self.depth / self.layout.block * self.layout.parts(self.width).size;
        &bytes(&self.words)[panels.start * size..panels.end * size]
    }

    /// The bytes that follow input `end` of panel `panel`, as many as `inputs` of them take.
    pub fn ahead(&self, panel: usize, end: usize, inputs: usize) -> &[u8] {
        let (block, size) = (self.layout.block, self.layout.parts(self.width).size);
        let (all, start) = (bytes(&self.words), (panel * self.depth + end) / block * size);
        &all[start.min(all.len())..all.len().min(start + inputs / block * size)]
    }

    /// Inputs `inputs` of panel `panel` as f32, `[input][width]`; an even number of them, from an even one on.
    pub fn weights(&self, panel: usize, inputs: Range<usize>, out: &mut [f32]) {
        self.decode::<true>(panel, inputs, out);
    }

    /// Only the codes of those inputs, which [`Self::lines`] makes weights of.
    pub fn codes(&self, panel: usize, inputs: Range<usize>, out: &mut [f32]) {
        self.decode::<false>(panel, inputs, out);
    }

    fn decode<const WEIGHTS: bool>(&self, panel: usize, inputs: Range<usize>, out: &mut [f32]) {
        assert!(inputs.start.is_multiple_of(2) && inputs.len().is_multiple_of(2) && inputs.end <= self.depth);
        assert!(out.len() == inputs.len() * self.width && self.width == kernel::width());
        simd::arch().dispatch(Decode::<WEIGHTS> { coded: self, panel, inputs, out });
    }

    /// The scales of whole groups, those of `inputs`, `[group][width]`, and their offsets if there are any.
    pub fn lines(&self, panel: usize, inputs: Range<usize>, scales: &mut [f32], offsets: &mut [f32]) {
        let (mut factors, per_block) = ([0.0; 2 * WIDEST], self.layout.block / self.layout.group);
        let lines = scales.chunks_exact_mut(self.width).zip(offsets.chunks_exact_mut(self.width));
        for (group, (scales, offsets)) in (inputs.start / self.layout.group..).zip(lines) {
            let block = self.block(panel, group * self.layout.group);
            self.factors(block, &mut factors);
            self.line(block, group % per_block, &factors, scales, offsets);
        }
    }

    /// Output row `row` of the weight, (`depth`).
    pub fn row(&self, row: usize, out: &mut [f32]) {
        let (panel, lane, codes) = (row / self.width, row % self.width, self.layout.parts(self.width).codes);
        let (mut factors, mut scales, mut offsets) = ([0.0; 2 * WIDEST], [0.0; WIDEST], [0.0; WIDEST]);
        for (b, out) in out.chunks_exact_mut(self.layout.block).enumerate() {
            let block = self.block(panel, b * self.layout.block);
            self.factors(block, &mut factors);
            let codes = &bytes(block)[codes..];
            for (i, out) in out.iter_mut().enumerate() {
                if i.is_multiple_of(self.layout.group) {
                    self.line(block, i / self.layout.group, &factors, &mut scales, &mut offsets);
                }
                let code = match self.layout.nibbles {
                    true => (codes[i / 2 * self.width + lane] >> (4 * (i % 2)) & 15).cast_signed(),
                    false => codes[i * self.width + lane].cast_signed(),
                };
                *out = f32::from(code) * scales[lane] + offsets[lane];
            }
        }
    }

    /// The block of a panel that holds an input.
    fn block(&self, panel: usize, input: usize) -> &[u16] {
        let size = self.layout.parts(self.width).size / 2;
        &self.words[(panel * self.depth + input) / self.layout.block * size..][..size]
    }

    /// The factors of a block, those of the offset from `width` on.
    fn factors(&self, block: &[u16], out: &mut [f32; 2 * WIDEST]) {
        let factors = self.layout.parts(self.width).scale_steps / 2;
        block[..factors].reinterpret_cast::<f16>().convert_to_f32_slice(&mut out[..factors]);
    }

    /// The scales and offsets of a group of a block, with the block's factors.
    #[inline(always)]
    fn line(&self, block: &[u16], group: usize, factors: &[f32], scales: &mut [f32], offsets: &mut [f32]) {
        let (width, parts) = (self.width, self.layout.parts(self.width));
        let (scales, offsets) = (&mut scales[..width], &mut offsets[..width]);
        let stepped = |out: &mut [f32], factors: &[f32], steps: usize| match self.layout.stepped() {
            true => {
                let steps = &bytes(block)[steps + group * width..][..width];
                let each = out.iter_mut().zip(factors).zip(steps);
                each.for_each(|((out, factor), step)| *out = factor * f32::from(step.cast_signed()));
            }
            false => out.copy_from_slice(&factors[..width]),
        };
        stepped(scales, factors, parts.scale_steps);
        match self.layout.offset {
            Offset::None => offsets.fill(0.0),
            Offset::Scaled(by) => offsets.iter_mut().zip(scales).for_each(|(offset, scale)| *offset = by * *scale),
            Offset::Own => stepped(offsets, &factors[width..], parts.offset_steps),
        }
    }
}

fn bytes(words: &[u16]) -> &[u8] {
    // SAFETY: the same memory, and bytes have no alignment and no invalid values.
    unsafe { std::slice::from_raw_parts(words.as_ptr().cast(), 2 * words.len()) }
}

fn bytes_mut(words: &mut [u16]) -> &mut [u8] {
    // SAFETY: as above, borrowed mutably.
    unsafe { std::slice::from_raw_parts_mut(words.as_mut_ptr().cast(), 2 * words.len()) }
}

struct Decode<'a, const WEIGHTS: bool> {
    coded: &'a Coded,
    panel: usize,
    inputs: Range<usize>,
    out: &'a mut [f32],
}

impl<const WEIGHTS: bool> WithSimd for Decode<'_, WEIGHTS> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        match S::F32_LANES {
            16 => self.run::<16>(),
            8 => self.run::<8>(),
            4 => self.run::<4>(),
            _ => self.run::<1>(),
        }
    }
}

impl<const WEIGHTS: bool> Decode<'_, WEIGHTS> {
    #[inline(always)]
    fn run<const LANES: usize>(self) {
        let Decode { coded, panel, inputs, mut out } = self;
        let (layout, width, parts) = (coded.layout, coded.width, coded.layout.parts(coded.width));
        let (mut factors, mut scales, mut offsets) = ([0.0; 2 * WIDEST], [0.0; WIDEST], [0.0; WIDEST]);
        let mut from = inputs.start;
        while from < inputs.end {
            let block = coded.block(panel, from);
            if WEIGHTS {
                coded.factors(block, &mut factors);
            }
            let mut at = from % layout.block;
            let end = layout.block.min(at + inputs.end - from);
            from += end - at;
            while at < end {
                let rows = at..if WEIGHTS { end.min((at / layout.group + 1) * layout.group) } else { end };
                if WEIGHTS {
                    coded.line(block, at / layout.group, &factors, &mut scales, &mut offsets);
                }
                at = rows.end;
                let line = (&scales[..width], &offsets[..width]);
                let codes = &bytes(block)[parts.codes..];
                let (now, rest) = out.split_at_mut(rows.len() * width);
                out = rest;
                if layout.nibbles {
                    let codes = &codes[rows.start / 2 * width..rows.end / 2 * width];
                    for (codes, out) in codes.chunks_exact(width).zip(now.chunks_exact_mut(2 * width)) {
                        let (low, high) = out.split_at_mut(width);
                        decode_row::<LANES, WEIGHTS>(codes, |code| f32::from(code & 15), line, low);
                        decode_row::<LANES, WEIGHTS>(codes, |code| f32::from(code >> 4), line, high);
                    }
                } else {
                    let codes = &codes[rows.start * width..rows.end * width];
                    for (codes, out) in codes.chunks_exact(width).zip(now.chunks_exact_mut(width)) {
                        decode_row::<LANES, WEIGHTS>(codes, |code| f32::from(code.cast_signed()), line, out);
                    }
                }
            }
        }
    }
}

/// One row of a panel, a vector at a time: all of it is read before any is written, so that compilers need not prove that
/// the slices lie apart.
#[inline(always)]
fn decode_row<const LANES: usize, const WEIGHTS: bool>(
    codes: &[u8],
    code: impl Fn(u8) -> f32,
    (scales, offsets): (&[f32], &[f32]),
    out: &mut [f32],
) {
    let codes = codes.as_chunks::<LANES>().0.iter();
    let lines = scales.as_chunks::<LANES>().0.iter().zip(offsets.as_chunks::<LANES>().0);
    for ((out, codes), (scale, offset)) in out.as_chunks_mut::<LANES>().0.iter_mut().zip(codes).zip(lines) {
        *out = std::array::from_fn(|lane| match WEIGHTS {
            true => code(codes[lane]).mul_add(scale[lane], offset[lane]),
            false => code(codes[lane]),
        });
    }
}
