//! Block-quantized rows taken apart into one code per weight, and what scales and offsets are made of.
//!
//! Every ggml integer type says `weight = scale · code + offset` over groups of 16 or 32, with a code of 8 bits. Products of
//! its 11-bit factors and small numbers are exact in f32, so evaluating that expression gives bit for bit what ggml's own
//! dequantisation gives. Layouts as in llama.cpp, `ggml/src/ggml-quants.c`.

use candle_core::quantized::GgmlDType;
use half::f16;

/// How a type says its weights.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Layout {
    /// Weights that share a pair of factors.
    pub block: usize,
    /// Weights that share a scale and an offset, whole parts of a block.
    pub group: usize,
    /// Whether codes lie in 0..16, so that two fit a byte.
    pub nibbles: bool,
    pub offset: Offset,
}

/// What is added to `scale · code`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Offset {
    /// Nothing: the code of a weight of zero is zero.
    None,
    /// The scale times this number.
    Scaled(f32),
    /// A number of its own for every group.
    Own,
}

impl Layout {
    /// The layout of `dtype`, or `None` for types that are not held as codes.
    pub fn of(dtype: GgmlDType) -> Option<Self> {
        use GgmlDType::*;
        let (group, nibbles, offset) = match dtype {
            Q4_0 => (32, true, Offset::Scaled(-8.0)),
            Q4_1 => (32, true, Offset::Own),
            Q5_0 | Q8_0 => (32, false, Offset::None),
            Q5_1 => (32, false, Offset::Own),
            Q2K => (16, true, Offset::Own),
            Q3K => (16, true, Offset::Scaled(-4.0)),
            Q4K => (32, true, Offset::Own),
            Q5K => (32, false, Offset::Own),
            Q6K => (16, false, Offset::None),
            _ => return None,
        };
        Some(Self { block: dtype.block_size(), group, nibbles, offset })
    }

    /// Over how many inputs activations are summed up for the offsets, if there are any.
    pub fn total_over(self) -> Option<usize> {
        (self.offset != Offset::None).then_some(self.group)
    }

    /// Whether every group multiplies the factors of its block by steps of its own.
    pub fn stepped(self) -> bool {
        self.group < self.block
    }
}

/// One row under construction.
pub(crate) struct Row<'a> {
    /// For each weight.
    pub codes: &'a mut [i8],
    /// For each block, of the scale and of the offset; the second is not used unless offsets are their own.
    pub factors: &'a mut [[f16; 2]],
    /// For each group what its block's factors are multiplied by; not written unless the layout is stepped.
    pub steps: &'a mut [[i8; 2]],
}

/// Takes the blocks of one row apart. `bytes` holds whole blocks, as many as `row.codes` is long.
pub(crate) fn unpack(dtype: GgmlDType, bytes: &[u8], row: &mut Row<'_>) {
    let weights = dtype.block_size();
    let blocks = bytes.chunks_exact(dtype.type_size());
    let groups = row.steps.len() / blocks.len().max(1);
    for (i, block) in blocks.enumerate() {
        let codes = &mut row.codes[i * weights..][..weights];
        let steps = &mut row.steps[i * groups..][..groups];
        row.factors[i] = match dtype {
            GgmlDType::Q4_0 | GgmlDType::Q4_1 | GgmlDType::Q5_0 | GgmlDType::Q5_1 | GgmlDType::Q8_0 => {
                legacy(dtype, block, codes)
            }
            GgmlDType::Q2K => q2k(block, codes, steps),
            GgmlDType::Q3K => q3k(block, codes, steps),
            GgmlDType::Q4K => q45k(block, None, codes, steps),
            GgmlDType::Q5K => q45k(block, Some(&block[16..48]), codes, steps),
            _ => q6k(block, codes, steps),
        }
    }
}

fn half(block: &[u8], at: usize) -> f16 {
    f16::from_le_bytes([block[at], block[at + 1]])
}

/// The 32-weight types; gives the factors. Low nibbles come first, high nibbles after them.
fn legacy(dtype: GgmlDType, block: &[u8], codes: &mut [i8]) -> [f16; 2] {
    let d = half(block, 0);
    if dtype == GgmlDType::Q8_0 {
        codes.iter_mut().zip(&block[2..]).for_each(|(code, byte)| *code = byte.cast_signed());
        return [d, f16::ZERO];
    }
    let with_min = matches!(dtype, GgmlDType::Q4_1 | GgmlDType::Q5_1);
    let five = matches!(dtype, GgmlDType::Q5_0 | GgmlDType::Q5_1);
    let after_scales = if with_min { 4 } else { 2 };
    let high = match five {
        true => u32::from_le_bytes([0, 1, 2, 3].map(|i| block[after_scales + i])),
        false => 0,
    };
    let nibbles = &block[after_scales + if five { 4 } else { 0 }..];
    let zero = if dtype == GgmlDType::Q5_0 { 16 } else { 0 };
    for (j, &byte) in nibbles.iter().enumerate() {
        codes[j] = ((byte & 15) | (((high >> j) & 1) << 4) as u8).cast_signed() - zero;
        codes[j + 16] = ((byte >> 4) | (((high >> (j + 16)) & 1) << 4) as u8).cast_signed() - zero;
    }
    [d, if with_min { half(block, 2) } else { f16::ZERO }]
}

fn q2k(block: &[u8], codes: &mut [i8], steps: &mut [[i8; 2]]) -> [f16; 2] {
    let (packed, quants) = (&block[..16], &block[16..80]);
    for (group, codes) in codes.chunks_exact_mut(16).enumerate() {
        let (half_block, within) = (group / 8, group % 8);
        steps[group] = [packed[group] & 15, packed[group] >> 4].map(u8::cast_signed);
        for (l, code) in codes.iter_mut().enumerate() {
            let quant = quants[half_block * 32 + (within % 2) * 16 + l];
            *code = (quant >> (2 * (within / 2)) & 3).cast_signed();
        }
    }
    [half(block, 80), -half(block, 82)]
}

fn q3k(block: &[u8], codes: &mut [i8], steps: &mut [[i8; 2]]) -> [f16; 2] {
    let (mask, quants, packed) = (&block[..32], &block[32..96], &block[96..108]);
    for (group, codes) in codes.chunks_exact_mut(16).enumerate() {
        let low = if group < 8 { packed[group] & 15 } else { packed[group - 8] >> 4 };
        let high = (packed[8 + group % 4] >> (2 * (group / 4))) & 3;
        steps[group][0] = (low | (high << 4)).cast_signed() - 32;
        let (half_block, within) = (group / 8, group % 8);
        for (l, code) in codes.iter_mut().enumerate() {
            let at = (within % 2) * 16 + l;
            let bit = (mask[at] >> (half_block * 4 + within / 2)) & 1;
            let low = (quants[half_block * 32 + at] >> (2 * (within / 2))) & 3;
            *code = (low | (bit << 2)).cast_signed();
        }
    }
    [half(block, 108), f16::ZERO]
}

/// Q4_K, and Q5_K whose fifth bits are `high`.
fn q45k(block: &[u8], high: Option<&[u8]>, codes: &mut [i8], steps: &mut [[i8; 2]]) -> [f16; 2] {
    let packed = &block[4..16];
    let quants = &block[if high.is_some() { 48 } else { 16 }..];
    for (group, codes) in codes.chunks_exact_mut(32).enumerate() {
        let six_bits = match group {
            0..4 => [packed[group] & 63, packed[group + 4] & 63],
            _ => [
                (packed[group + 4] & 15) | ((packed[group - 4] >> 6) << 4),
                (packed[group + 4] >> 4) | ((packed[group] >> 6) << 4),
            ],
        };
        steps[group] = six_bits.map(u8::cast_signed);
        for (l, code) in codes.iter_mut().enumerate() {
            let nibble = (quants[(group / 2) * 32 + l] >> (4 * (group % 2))) & 15;
            let fifth = high.map_or(0, |high| (high[l] >> group) & 1);
            *code = (nibble | (fifth << 4)).cast_signed();
        }
    }
    [half(block, 0), -half(block, 2)]
}

fn q6k(block: &[u8], codes: &mut [i8], steps: &mut [[i8; 2]]) -> [f16; 2] {
    let (low, high, packed) = (&block[..128], &block[128..192], &block[192..208]);
    for (group, codes) in codes.chunks_exact_mut(16).enumerate() {
        steps[group][0] = packed[group].cast_signed();
        let (half_block, quarter, start) = (group / 8, (group % 8) / 2, (group % 2) * 16);
        for (l, code) in codes.iter_mut().enumerate() {
            let at = start + l;
            let nibble = (low[half_block * 64 + (quarter % 2) * 32 + at] >> (4 * (quarter / 2))) & 15;
            let high = (high[half_block * 32 + at] >> (2 * quarter)) & 3;
            *code = (nibble | (high << 4)).cast_signed() - 32;
        }
    }
    [half(block, 208), f16::ZERO]
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::quantized::QTensor;
    use candle_core::{Device, Tensor};

    /// candle's own dequantisation is the oracle: every type, bit for bit.
    #[test]
    fn codes_give_the_dequantised_weights_exactly() {
        use GgmlDType::*;
        let values: Vec<f32> = (0..1024).map(|i| ((i * 7919 % 1013) as f32 / 500.0 - 1.0) * (1.0 + i as f32)).collect();
        let tensor = Tensor::from_vec(values, (2, 512), &Device::Cpu).unwrap();
        for dtype in [Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2K, Q3K, Q4K, Q5K, Q6K] {
            let quantized = QTensor::quantize(&tensor, dtype).unwrap();
            let expected = quantized.dequantize(&Device::Cpu).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
            let Layout { block, group, nibbles, offset } = Layout::of(dtype).unwrap();
            let (mut codes, mut factors, mut steps) =
                (vec![0; 1024], vec![[f16::ZERO; 2]; 1024 / block], vec![[1i8; 2]; 1024 / group]);
            let mut row = Row { codes: &mut codes, factors: &mut factors, steps: &mut steps };
            unpack(dtype, &quantized.data().unwrap(), &mut row);
            for i in 0..1024 {
                let line = |which: usize| factors[i / block][which].to_f32() * f32::from(steps[i / group][which]);
                let offset = match offset {
                    Offset::None => 0.0,
                    Offset::Scaled(by) => by * line(0),
                    Offset::Own => line(1),
                };
                assert_eq!(f32::from(codes[i]) * line(0) + offset, expected[i], "{dtype:?} weight {i}");
                assert!(!nibbles || (0..16).contains(&codes[i]));
            }
        }
    }
}
