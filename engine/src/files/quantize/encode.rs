//! Values to bytes, whatever the type.

use candle_core::quantized::GgmlDType;
use half::{bf16, f16};

use super::{nested, plain};

/// Writes `values` (whole rows) to `out` as `dtype`. `false` when the type cannot hold them: a number that is not finite,
/// or a scale beyond what 16 bits express.
///
/// `out` has the exact length, and `dtype` is one of those that [`fits`] any row of these.
pub(in crate::files) fn encode(values: &[f32], dtype: GgmlDType, out: &mut [u8]) -> bool {
    if values.iter().any(|value| !value.is_finite()) {
        return false;
    }
    match dtype {
        GgmlDType::F32 => each(values, out, |[x], out| *out = x.to_le_bytes()),
        GgmlDType::F16 => each(values, out, |[x], out| *out = f16::from_f32(*x).to_le_bytes()),
        GgmlDType::BF16 => each(values, out, |[x], out| *out = bf16::from_f32(*x).to_le_bytes()),
        GgmlDType::Q4_0 => each(values, out, plain::q4_0),
        GgmlDType::Q4_1 => each(values, out, plain::q4_1),
        GgmlDType::Q5_0 => each(values, out, plain::q5_0),
        GgmlDType::Q5_1 => each(values, out, plain::q5_1),
        GgmlDType::Q8_0 => each(values, out, plain::q8_0),
        GgmlDType::Q4K => each(values, out, nested::q4_k),
        GgmlDType::Q5K => each(values, out, nested::q5_k),
        GgmlDType::Q6K => each(values, out, nested::q6_k),
        // No mix asks for these.
        GgmlDType::Q8_1 | GgmlDType::Q2K | GgmlDType::Q3K | GgmlDType::Q8K => return false,
    }
    let halves: &[usize] = match dtype {
        GgmlDType::F16 | GgmlDType::Q4_0 | GgmlDType::Q5_0 | GgmlDType::Q8_0 => &[0],
        GgmlDType::Q4_1 | GgmlDType::Q5_1 | GgmlDType::Q4K | GgmlDType::Q5K => &[0, 2],
        GgmlDType::Q6K => &[nested::Q6_K_BYTES - 2],
        GgmlDType::BF16 => {
            return out.as_chunks().0.iter().all(|bytes| bf16::from_le_bytes(*bytes).is_finite());
        }
        _ => &[],
    };
    let finite = |block: &[u8], at: usize| f16::from_le_bytes([block[at], block[at + 1]]).is_finite();
    out.chunks_exact(dtype.type_size()).all(|block| halves.iter().all(|at| finite(block, *at)))
}

/// Block by block; `N` values become `B` bytes.
fn each<const N: usize, const B: usize>(values: &[f32], out: &mut [u8], block: impl Fn(&[f32; N], &mut [u8; B])) {
    let (values, out) = (values.as_chunks().0, out.as_chunks_mut().0);
    debug_assert_eq!(values.len(), out.len());
    values.iter().zip(out).for_each(|(values, out)| block(values, out));
}

/// Whether rows of `row` values can be cut into the type's blocks.
pub(in crate::files) fn fits(dtype: GgmlDType, row: usize) -> bool {
    row.is_multiple_of(dtype.block_size())
}

/// What a weight takes, scales included.
pub(in crate::files) fn bits_per_weight(dtype: GgmlDType) -> f64 {
    8.0 * dtype.type_size() as f64 / dtype.block_size() as f64
}
