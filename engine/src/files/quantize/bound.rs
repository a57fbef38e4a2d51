//! How far rounding may move a value: what a reader of a written file holds it to.
//!
//! For 16 bits and for blocks with one scale the bound follows from the format. Where a scale is searched and then rounded
//! against its neighbours' it allows two steps of the part and the rounding of the part's scale and minimum, which the
//! tests find kept by a margin on whatever they try.

use candle_core::quantized::GgmlDType;

/// Half a unit in the last place of a 16-bit float, relative and near zero.
const HALF: f32 = 1.0 / 2048.0;
const HALF_TINY: f32 = 1.0 / 33_554_432.0;

/// The largest error that rounding whole blocks of `values` to `dtype` may make, for each value. Types that are not written
/// have none.
pub(in crate::files) fn bounds(values: &[f32], dtype: GgmlDType) -> Vec<f32> {
    let block = dtype.block_size();
    let blocks = |of: fn(&[f32], GgmlDType, &mut [f32])| {
        let mut out = vec![0.0; values.len()];
        values.chunks(block).zip(out.chunks_mut(block)).for_each(|(values, out)| of(values, dtype, out));
        out
    };
    match dtype {
        GgmlDType::F16 => values.iter().map(|x| (x.abs() * HALF).max(HALF_TINY)).collect(),
        GgmlDType::BF16 => values.iter().map(|x| x.abs() / 256.0 + f32::MIN_POSITIVE).collect(),
        GgmlDType::Q4_0 | GgmlDType::Q5_0 | GgmlDType::Q8_0 => blocks(around_zero),
        GgmlDType::Q4_1 | GgmlDType::Q5_1 => blocks(above_minimum),
        GgmlDType::Q4K | GgmlDType::Q5K => blocks(lines),
        GgmlDType::Q6K => blocks(signed_parts),
        _ => vec![0.0; values.len()],
    }
}

fn largest(values: &[f32]) -> f32 {
    values.iter().fold(0.0, |most, x| most.max(x.abs()))
}

/// Lowest and highest value, zero among them.
fn ends(values: &[f32]) -> (f32, f32) {
    values.iter().fold((0.0f32, 0.0f32), |(low, high), x| (low.min(*x), high.max(*x)))
}

/// The scale has the sign of the farthest value, whose opposite has no level of its own: one step, but half a step where
/// both ends have one.
fn around_zero(values: &[f32], dtype: GgmlDType, out: &mut [f32]) {
    let most = largest(values);
    let (levels, steps) = match dtype {
        GgmlDType::Q4_0 => (8.0, 1.0),
        GgmlDType::Q5_0 => (16.0, 1.0),
        _ => (127.0, 0.5),
    };
    out.fill(1.01 * steps * most / levels + most * HALF + levels * HALF_TINY);
}

fn above_minimum(values: &[f32], dtype: GgmlDType, out: &mut [f32]) {
    let levels = if dtype == GgmlDType::Q4_1 { 15.0 } else { 31.0 };
    let (low, high) = values.iter().fold((f32::MAX, f32::MIN), |(low, high), x| (low.min(*x), high.max(*x)));
    let range = high - low;
    out.fill(0.505 * range / levels + (range + low.abs()) * HALF + (levels + 1.0) * HALF_TINY);
}

fn lines(values: &[f32], dtype: GgmlDType, out: &mut [f32]) {
    let levels = if dtype == GgmlDType::Q4K { 15.0 } else { 31.0 };
    let parts = values.chunks(32).map(ends);
    let (range, depth) =
        parts.fold((0.0f32, 0.0f32), |(range, depth), (low, high)| (range.max(high - low), depth.max(-low)));
    let shared = (range + depth) / 63.0 + (range + depth) * 2.0 * HALF + 63.0 * (levels + 1.0) * HALF_TINY;
    for (part, out) in values.chunks(32).zip(out.chunks_mut(32)) {
        let (low, high) = ends(part);
        out.fill(2.0 * (high - low) / levels + shared);
    }
}

fn signed_parts(values: &[f32], _: GgmlDType, out: &mut [f32]) {
    let most = largest(values);
    let shared = most / 128.0 + most * 2.0 * HALF + 128.0 * 32.0 * HALF_TINY;
    for (part, out) in values.chunks(16).zip(out.chunks_mut(16)) {
        out.fill(2.0 * largest(part) / 32.0 + shared);
    }
}
