//! Row-wise operations in one pass each: normalisation, gated activation, exponentials.
//!
//! Sums run over sixteen interleaved partial sums in index order, so a row's result depends on that row alone.

use candle_core::{CpuStorage, CustomOp1, Layout, Shape, Tensor};
use pulp::Arch;
use rayon::prelude::*;

use crate::error::Result;

/// Rows handed to a thread at once.
const ROWS: usize = 8;

/// The values of a contiguous f32 tensor on the CPU.
pub(crate) fn slice<'a>(storage: &'a CpuStorage, layout: &Layout) -> candle_core::Result<&'a [f32]> {
    match (storage, layout.contiguous_offsets()) {
        (CpuStorage::F32(values), Some((start, end))) => Ok(&values[start..end]),
        _ => candle_core::bail!("expected a contiguous f32 tensor"),
    }
}

/// A function of each row alone, (tokens, any) → (tokens, `width`).
struct RowWise<F> {
    name: &'static str,
    width: usize,
    row: F,
}

impl<F: Fn(&[f32], &mut [f32]) + Send + Sync> CustomOp1 for RowWise<F> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> candle_core::Result<(CpuStorage, Shape)> {
        let (x, (tokens, width)) = (slice(storage, layout)?, layout.shape().dims2()?);
        let mut y = vec![0.0; tokens * self.width];
        y.par_chunks_mut(self.width)
            .zip(x.par_chunks(width))
            .with_min_len(ROWS)
            .for_each(|(y, x)| Arch::new().dispatch(|| (self.row)(x, y)));
        Ok((CpuStorage::F32(y), Shape::from((tokens, self.width))))
    }
}

/// y = x / √(mean(x²) + eps) · weight, row by row (Zhang and Sennrich 2019, arXiv:1910.07467).
pub(crate) fn rms_norm(x: &Tensor, weight: &[f32], eps: f32) -> Result<Tensor> {
    let row = |x: &[f32], y: &mut [f32]| {
        let scale = 1.0 / (sum(x, |v| v * v) / x.len() as f32 + eps).sqrt();
        for ((y, x), w) in y.iter_mut().zip(x).zip(weight) {
            *y = x * scale * w;
        }
    };
    Ok(x.apply_op1_no_bwd(&RowWise { name: "rms_norm", width: weight.len(), row })?)
}

/// silu(gate) · up, with gate and up side by side in each row: (tokens, 2n) → (tokens, n).
pub(crate) fn swiglu(gate_up: &Tensor) -> Result<Tensor> {
    let width = gate_up.dim(1)? / 2;
    let row = |x: &[f32], y: &mut [f32]| {
        let (gate, up) = x.split_at(x.len() / 2);
        for ((y, gate), up) in y.iter_mut().zip(gate).zip(up) {
            *y = gate / (1.0 + exp(-gate)) * up;
        }
    };
    Ok(gate_up.apply_op1_no_bwd(&RowWise { name: "swiglu", width, row })?)
}

/// log Σ exp(x), for a row of logits.
pub(crate) fn log_sum_exp(x: &[f32]) -> f32 {
    Arch::new().dispatch(|| {
        let most = max(x);
        most + sum(x, |v| exp(v - most)).ln()
    })
}

/// The index of the first largest value.
pub(crate) fn argmax(x: &[f32]) -> usize {
    first_max(x).0
}

/// The index of the first largest value, and the value.
pub(crate) fn first_max(x: &[f32]) -> (usize, f32) {
    let most = Arch::new().dispatch(|| max(x));
    (x.iter().position(|&v| v == most).unwrap_or(0), most)
}

/// e^x within two units in the last place (Cephes `expf`: range reduction by ln 2 and a polynomial of degree six), in a
/// form compilers turn into vector code.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    /// Adding and subtracting 1.5 · 2²³ rounds to the nearest integer, which is left in the low bits.
    const ROUND: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 88.0);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = x - n * 0.693_359_4 + n * 2.121_944_4e-4; // ln 2 in two parts
    let mut p = 1.987_569_1e-4;
    for c in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
        p = p * r + c;
    }
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(0x3f80_0000));
    (p * r * r + r + 1.0) * power
}

const LANES: usize = 16;

#[inline(always)]
pub(crate) fn sum(x: &[f32], f: impl Fn(f32) -> f32) -> f32 {
    let mut sums = [0.0; LANES];
    let (chunks, rest) = x.as_chunks::<LANES>();
    for chunk in chunks {
        for (sum, &v) in sums.iter_mut().zip(chunk) {
            *sum += f(v);
        }
    }
    for (sum, &v) in sums.iter_mut().zip(rest) {
        *sum += f(v);
    }
    sums.iter().sum()
}

#[inline(always)]
pub(crate) fn max(x: &[f32]) -> f32 {
    let larger = |a: f32, b: f32| if b > a { b } else { a };
    let mut most = [f32::NEG_INFINITY; LANES];
    let (chunks, rest) = x.as_chunks::<LANES>();
    for chunk in chunks {
        for (most, &v) in most.iter_mut().zip(chunk) {
            *most = larger(*most, v);
        }
    }
    rest.iter().chain(&most).fold(f32::NEG_INFINITY, |a, &b| larger(a, b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_as_good_as_the_standard_one() {
        for i in -8600..8700 {
            let x = i as f32 / 100.0;
            let want = f64::from(x).exp();
            assert!((f64::from(exp(x)) - want).abs() <= want * 2.5e-7, "exp({x}) = {} against {want}", exp(x));
        }
        assert_eq!(exp(0.0), 1.0);
        assert!(exp(f32::NEG_INFINITY) < 1e-37);
    }

    #[test]
    fn the_first_of_equal_maxima_wins() {
        let mut x = vec![0.0; 40];
        (x[7], x[33]) = (2.0, 2.0);
        assert_eq!(argmax(&x), 7);
    }

    #[test]
    fn log_sum_exp_survives_large_logits() {
        let x: Vec<f32> = (0..100).map(|i| 1000.0 + i as f32 / 10.0).collect();
        let want = 1000.0 + (0..100).map(|i| (f64::from(i) / 10.0).exp()).sum::<f64>().ln();
        assert!((f64::from(log_sum_exp(&x)) - want).abs() < 1e-3);
    }
}
