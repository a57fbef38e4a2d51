//! Block-quantized rows taken apart into one byte per weight and a scale and offset per group.
//!
//! Every ggml integer type says `weight = scale · code + offset` over groups of 16 or 32, with an unsigned code below
//! 256. Products of its 11-bit scales and small codes are exact in f32, so evaluating that expression gives bit for bit
//! what ggml's own dequantisation gives. Layouts as in llama.cpp, `ggml/src/ggml-quants.c`.

use candle_core::quantized::GgmlDType;
use half::f16;

/// One row under construction: `codes` has a byte per weight, `scales` and `offsets` a value per group.
pub(crate) struct Row<'a> {
    pub codes: &'a mut [u8],
    pub scales: &'a mut [f32],
    pub offsets: &'a mut [f32],
}

/// Weights that share a scale, or `None` for types that are not held as codes.
pub(crate) fn group(dtype: GgmlDType) -> Option<usize> {
    use GgmlDType::*;
    match dtype {
        Q4_0 | Q4_1 | Q5_0 | Q5_1 | Q8_0 | Q4K | Q5K => Some(32),
        Q2K | Q3K | Q6K => Some(16),
        _ => None,
    }
}

/// Bits of the largest code.
pub(crate) fn bits(dtype: GgmlDType) -> usize {
    use GgmlDType::*;
    match dtype {
        Q2K => 2,
        Q3K => 3,
        Q4_0 | Q4_1 | Q4K => 4,
        Q5_0 | Q5_1 | Q5K => 5,
        Q6K => 6,
        _ => 8,
    }
}

/// Takes the blocks of one row apart. `bytes` holds whole blocks, as many as `row.codes` is long.
pub(crate) fn unpack(dtype: GgmlDType, bytes: &[u8], row: &mut Row<'_>) {
    let (weights, groups) = (dtype.block_size(), group(dtype).map_or(1, |g| dtype.block_size() / g));
    for (i, block) in bytes.chunks_exact(dtype.type_size()).enumerate() {
        let codes = &mut row.codes[i * weights..][..weights];
        let scales = &mut row.scales[i * groups..][..groups];
        let offsets = &mut row.offsets[i * groups..][..groups];
        match dtype {
            GgmlDType::Q4_0 | GgmlDType::Q4_1 | GgmlDType::Q5_0 | GgmlDType::Q5_1 | GgmlDType::Q8_0 => {
                (scales[0], offsets[0]) = legacy(dtype, block, codes)
            }
            GgmlDType::Q2K => q2k(block, codes, scales, offsets),
            GgmlDType::Q3K => q3k(block, codes, scales, offsets),
            GgmlDType::Q4K => q45k(block, None, codes, scales, offsets),
            GgmlDType::Q5K => q45k(block, Some(&block[16..48]), codes, scales, offsets),
            _ => q6k(block, codes, scales, offsets),
        }
    }
}

fn half(block: &[u8], at: usize) -> f32 {
    f16::from_le_bytes([block[at], block[at + 1]]).to_f32()
}

/// The 32-weight types; gives scale and offset. Low nibbles come first, high nibbles after them.
fn legacy(dtype: GgmlDType, block: &[u8], codes: &mut [u8]) -> (f32, f32) {
    let d = half(block, 0);
    if dtype == GgmlDType::Q8_0 {
        for (code, &byte) in codes.iter_mut().zip(&block[2..]) {
            *code = byte ^ 0x80; // signed to unsigned: adds 128
        }
        return (d, -128.0 * d);
    }
    let with_min = matches!(dtype, GgmlDType::Q4_1 | GgmlDType::Q5_1);
    let five = matches!(dtype, GgmlDType::Q5_0 | GgmlDType::Q5_1);
    let after_scales = if with_min { 4 } else { 2 };
    let high = match five {
        true => u32::from_le_bytes([0, 1, 2, 3].map(|i| block[after_scales + i])),
        false => 0,
    };
    let nibbles = &block[after_scales + if five { 4 } else { 0 }..];
    for (j, &byte) in nibbles.iter().enumerate() {
        codes[j] = (byte & 15) | (((high >> j) & 1) << 4) as u8;
        codes[j + 16] = (byte >> 4) | (((high >> (j + 16)) & 1) << 4) as u8;
    }
    let zero = if five { 16.0 } else { 8.0 };
    (d, if with_min { half(block, 2) } else { -zero * d })
}

fn q2k(block: &[u8], codes: &mut [u8], scales: &mut [f32], offsets: &mut [f32]) {
    let (packed, quants, d, min) = (&block[..16], &block[16..80], half(block, 80), half(block, 82));
    for (group, codes) in codes.chunks_exact_mut(16).enumerate() {
        let (half_block, within) = (group / 8, group % 8);
        scales[group] = d * f32::from(packed[group] & 15);
        offsets[group] = -(min * f32::from(packed[group] >> 4));
        for (l, code) in codes.iter_mut().enumerate() {
            *code = (quants[half_block * 32 + (within % 2) * 16 + l] >> (2 * (within / 2))) & 3;
        }
    }
}

fn q3k(block: &[u8], codes: &mut [u8], scales: &mut [f32], offsets: &mut [f32]) {
    let (mask, quants, packed, d) = (&block[..32], &block[32..96], &block[96..108], half(block, 108));
    for (group, codes) in codes.chunks_exact_mut(16).enumerate() {
        let low = if group < 8 { packed[group] & 15 } else { packed[group - 8] >> 4 };
        let high = (packed[8 + group % 4] >> (2 * (group / 4))) & 3;
        let scale = d * (f32::from(low | (high << 4)) - 32.0);
        (scales[group], offsets[group]) = (scale, -4.0 * scale);
        let (half_block, within) = (group / 8, group % 8);
        for (l, code) in codes.iter_mut().enumerate() {
            let at = (within % 2) * 16 + l;
            let bit = (mask[at] >> (half_block * 4 + within / 2)) & 1;
            *code = ((quants[half_block * 32 + at] >> (2 * (within / 2))) & 3) | (bit << 2);
        }
    }
}

/// Q4_K, and Q5_K whose fifth bits are `high`.
fn q45k(block: &[u8], high: Option<&[u8]>, codes: &mut [u8], scales: &mut [f32], offsets: &mut [f32]) {
    let (d, min, packed) = (half(block, 0), half(block, 2), &block[4..16]);
    let quants = &block[if high.is_some() { 48 } else { 16 }..];
    for (group, codes) in codes.chunks_exact_mut(32).enumerate() {
        let (scale, offset) = match group {
            0..4 => (packed[group] & 63, packed[group + 4] & 63),
            _ => (
                (packed[group + 4] & 15) | ((packed[group - 4] >> 6) << 4),
                (packed[group + 4] >> 4) | ((packed[group] >> 6) << 4),
            ),
        };
        (scales[group], offsets[group]) = (d * f32::from(scale), -(min * f32::from(offset)));
        for (l, code) in codes.iter_mut().enumerate() {
            let nibble = (quants[(group / 2) * 32 + l] >> (4 * (group % 2))) & 15;
            let fifth = high.map_or(0, |high| (high[l] >> group) & 1);
            *code = nibble | (fifth << 4);
        }
    }
}

fn q6k(block: &[u8], codes: &mut [u8], scales: &mut [f32], offsets: &mut [f32]) {
    let (low, high, packed, d) = (&block[..128], &block[128..192], &block[192..208], half(block, 208));
    for (group, codes) in codes.chunks_exact_mut(16).enumerate() {
        let scale = d * f32::from(packed[group] as i8);
        (scales[group], offsets[group]) = (scale, -32.0 * scale);
        let (half_block, quarter, start) = (group / 8, (group % 8) / 2, (group % 2) * 16);
        for (l, code) in codes.iter_mut().enumerate() {
            let at = start + l;
            let nibble = (low[half_block * 64 + (quarter % 2) * 32 + at] >> (4 * (quarter / 2))) & 15;
            *code = nibble | (((high[half_block * 32 + at] >> (2 * quarter)) & 3) << 4);
        }
    }
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
            let group = group(dtype).unwrap();
            let (mut codes, mut scales, mut offsets) =
                (vec![0; 1024], vec![0.0; 1024 / group], vec![0.0; 1024 / group]);
            let mut row = Row { codes: &mut codes, scales: &mut scales, offsets: &mut offsets };
            unpack(dtype, &quantized.data().unwrap(), &mut row);
            for i in 0..1024 {
                let weight = f32::from(codes[i]) * scales[i / group] + offsets[i / group];
                assert_eq!(weight, expected[i], "{dtype:?} weight {i}");
            }
        }
    }
}
