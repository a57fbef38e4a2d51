//! Row-wise operations in one pass each: normalisation, gated activation, exponentials.
//!
//! Sums run over sixteen interleaved partial sums in index order, so a row's result depends on that row alone.

use rayon::prelude::*;

use crate::files::Activation;

/// Rows handed to a thread at once.
const ROWS: usize = 8;

/// Defines functions whose bodies are compiled for the widest vectors of this machine. (A closure given to `dispatch` is
/// not, once it is too large to be inlined there.)
macro_rules! vectorised {
    ($($(#[$meta:meta])* $vis:vis fn $name:ident<'a>($($arg:ident: $type:ty),* $(,)?) -> $out:ty $body:block)*) => {$(
        $(#[$meta])*
        $vis fn $name<'a>($($arg: $type),*) -> $out {
            struct Arguments<'a>($($type,)* std::marker::PhantomData<&'a ()>);
            impl<'a> pulp::WithSimd for Arguments<'a> {
                type Output = $out;
                #[inline(always)]
                fn with_simd<S: pulp::Simd>(self, _: S) -> $out {
                    let Self($($arg,)* _) = self;
                    $body
                }
            }
            $crate::model::simd::arch().dispatch(Arguments($($arg,)* std::marker::PhantomData))
        }
    )*};
}
pub(crate) use vectorised;

/// `row` applied to each row of x, (tokens, `width`): (tokens, `out`).
pub(crate) fn by_row(x: &[f32], width: usize, out: usize, row: &(impl Fn(&[f32], &mut [f32]) + Sync)) -> Vec<f32> {
    let mut y = vec![0.0; x.len() / width * out];
    y.par_chunks_mut(out).zip(x.par_chunks(width)).with_min_len(ROWS).for_each(|(y, x)| row(x, y));
    y
}

/// y = x / √(mean(x²) + eps) · weight, row by row (Zhang and Sennrich 2019, arXiv:1910.07467): (tokens, n).
pub(crate) fn rms_norm(x: &[f32], weight: &[f32], eps: f32) -> Vec<f32> {
    by_row(x, weight.len(), weight.len(), &|x: &[f32], y: &mut [f32]| normalise(x, weight, eps, y))
}

vectorised! {
    /// One row of [`rms_norm`].
    pub(crate) fn normalise<'a>(x: &'a [f32], weight: &'a [f32], eps: f32, y: &'a mut [f32]) -> () {
        let scale = norm_scale(x, eps);
        for ((y, x), w) in y.iter_mut().zip(x).zip(weight) {
            *y = x * scale * w;
        }
    }

    /// One row of [`rms_norm_back`].
    pub(crate) fn normalise_back<'a>(x: &'a [f32], weight: &'a [f32], eps: f32, dy: &'a [f32], dx: &'a mut [f32]) -> () {
        let scale = norm_scale(x, eps);
        let along = dot3(weight, dy, x) * scale * scale * scale / x.len() as f32;
        for (((dx, x), dy), w) in dx.iter_mut().zip(x).zip(dy).zip(weight) {
            *dx += dy * w * scale - x * along;
        }
    }

    fn swiglu_row<'a>(x: &'a [f32], y: &'a mut [f32]) -> () {
        let (gate, up) = x.split_at(x.len() / 2);
        for ((y, gate), up) in y.iter_mut().zip(gate).zip(up) {
            *y = gate / (1.0 + exp(-gate)) * up;
        }
    }

    fn swiglu_row_back<'a>(gate_up: &'a mut [f32], y: &'a mut [f32]) -> () {
        let (gate, up) = gate_up.split_at_mut(y.len());
        for ((gate, up), y) in gate.iter_mut().zip(up).zip(y) {
            let (g, u, dy) = (*gate, *up, *y);
            let sigmoid = 1.0 / (1.0 + exp(-g));
            let silu = g * sigmoid;
            *gate = dy * u * (sigmoid + silu * (1.0 - sigmoid));
            *up = dy * silu;
            *y = silu * u;
        }
    }

    fn geglu_row<'a>(x: &'a [f32], y: &'a mut [f32]) -> () {
        let (gate, up) = x.split_at(x.len() / 2);
        for ((y, gate), up) in y.iter_mut().zip(gate).zip(up) {
            *y = gate * gelu_share(*gate) * up;
        }
    }

    fn geglu_row_back<'a>(gate_up: &'a mut [f32], y: &'a mut [f32]) -> () {
        let (gate, up) = gate_up.split_at_mut(y.len());
        for ((gate, up), y) in gate.iter_mut().zip(up).zip(y) {
            let (g, u, dy) = (*gate, *up, *y);
            let share = gelu_share(g);
            let gelu = g * share;
            let slope = 2.0 * ROOT_2_OVER_PI * (1.0 + 3.0 * GELU_CUBE * g * g);
            *gate = dy * u * (share + gelu * (1.0 - share) * slope);
            *up = dy * gelu;
            *y = gelu * u;
        }
    }

    /// Replaces each logit by cap · tanh(logit / cap); what is not finite ends as no number.
    pub(crate) fn cap_logits<'a>(logits: &'a mut [f32], cap: f32) -> () {
        logits.iter_mut().for_each(|v| *v = if v.is_finite() { cap * tanh(*v / cap) } else { f32::NAN });
    }

    /// Replaces the gradient of capped logits by that of the logits: d · (1 − (capped / cap)²).
    pub(crate) fn cap_logits_back<'a>(capped: &'a [f32], cap: f32, d: &'a mut [f32]) -> () {
        d.iter_mut().zip(capped).for_each(|(d, v)| *d *= 1.0 - (v / cap) * (v / cap));
    }

    /// log Σ exp(x), for a row of logits.
    pub(crate) fn log_sum_exp<'a>(x: &'a [f32]) -> f32 {
        let most = max(x);
        most + libm::logf(sum(x, |v| exp(v - most)))
    }

    /// Replaces each logit by scale · exp(logit − log_sum).
    pub(crate) fn scaled_softmax<'a>(logits: &'a mut [f32], log_sum: f32, scale: f32) -> () {
        logits.iter_mut().for_each(|v| *v = exp(*v - log_sum) * scale);
    }

    fn largest<'a>(x: &'a [f32]) -> f32 {
        max(x)
    }
}

/// 1 / √(mean(x²) + eps). Not a number where the squares overflow: 0 would hide it, and what follows be computed from
/// nothing.
#[inline(always)]
fn norm_scale(x: &[f32], eps: f32) -> f32 {
    let scale = 1.0 / (sum(x, |v| v * v) / x.len() as f32 + eps).sqrt();
    if scale > 0.0 { scale } else { f32::NAN }
}

/// Adds to `dx` the gradient of x under `rms_norm`, given that of y: with s = 1 / √(mean(x²) + eps),
/// s · w · dy − s³ / n · x · Σ(w · dy · x), row by row.
pub(crate) fn rms_norm_back(x: &[f32], weight: &[f32], eps: f32, dy: &[f32], dx: &mut [f32]) {
    let n = weight.len();
    let rows = dx.par_chunks_mut(n).zip(x.par_chunks(n)).zip(dy.par_chunks(n)).with_min_len(ROWS);
    rows.for_each(|((dx, x), dy)| normalise_back(x, weight, eps, dy, dx));
}

/// Σ a · b · c.
#[inline(always)]
fn dot3(a: &[f32], b: &[f32], c: &[f32]) -> f32 {
    let mut sums = [0.0; LANES];
    let (chunks_a, rest_a) = a.as_chunks::<LANES>();
    let ((chunks_b, rest_b), (chunks_c, rest_c)) = (b.as_chunks::<LANES>(), c.as_chunks::<LANES>());
    for ((a, b), c) in chunks_a.iter().zip(chunks_b).zip(chunks_c) {
        for i in 0..LANES {
            sums[i] += a[i] * b[i] * c[i];
        }
    }
    let rest: f32 = rest_a.iter().zip(rest_b).zip(rest_c).map(|((a, b), c)| a * b * c).sum();
    sums.iter().sum::<f32>() + rest
}

/// activation(gate) · up, with gate and up side by side in each row: (tokens, 2 · `width`) → (tokens, `width`).
pub(crate) fn gated(activation: Activation, gate_up: &[f32], width: usize) -> Vec<f32> {
    match activation {
        Activation::Silu => by_row(gate_up, 2 * width, width, &|x: &[f32], y: &mut [f32]| swiglu_row(x, y)),
        Activation::GeluTanh => by_row(gate_up, 2 * width, width, &|x: &[f32], y: &mut [f32]| geglu_row(x, y)),
    }
}

/// Replaces `gate_up`, (tokens, 2 · `width`), by its gradient, and `y`, the gradient of `gated`'s result, (tokens,
/// `width`), by that result.
pub(crate) fn gated_back(activation: Activation, gate_up: &mut [f32], y: &mut [f32], width: usize) {
    let rows = gate_up.par_chunks_mut(2 * width).zip(y.par_chunks_mut(width)).with_min_len(ROWS);
    rows.for_each(|(gate_up, y)| match activation {
        Activation::Silu => swiglu_row_back(gate_up, y),
        Activation::GeluTanh => geglu_row_back(gate_up, y),
    });
}

/// √(2 / π).
const ROOT_2_OVER_PI: f32 = 0.797_884_6;
const GELU_CUBE: f32 = 0.044_715;

/// GELU's approximation by tanh (Hendrycks and Gimpel 2016, arXiv:1606.08415) over its argument g:
/// (1 + tanh(u)) / 2 = 1 / (1 + exp(−2u)), u = √(2/π) · (g + 0.044715 g³).
#[inline(always)]
fn gelu_share(g: f32) -> f32 {
    1.0 / (1.0 + exp(-2.0 * ROOT_2_OVER_PI * (g + GELU_CUBE * g * g * g)))
}

/// Off by at most 3e-7, in a form compilers turn into vector code.
#[inline(always)]
fn tanh(x: f32) -> f32 {
    1.0 - 2.0 / (exp(2.0 * x) + 1.0)
}

/// Whether all are finite, in a form compilers turn into vector code.
pub(crate) fn all_finite(x: &[f32]) -> bool {
    x.iter().fold(true, |fine, value| fine & value.is_finite())
}

/// The index of the first largest value.
pub(crate) fn argmax(x: &[f32]) -> usize {
    first_max(x).0
}

/// The index of the first largest value, and the value.
pub(crate) fn first_max(x: &[f32]) -> (usize, f32) {
    let most = largest(x);
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
    fn a_cap_bends_logits_and_hides_nothing() {
        let mut logits: Vec<f32> = (-400..400).map(|i| i as f32 / 4.0).collect();
        let plain = logits.clone();
        cap_logits(&mut logits, 30.0);
        for (capped, logit) in logits.iter().zip(plain) {
            let want = 30.0 * (f64::from(logit) / 30.0).tanh();
            assert!((f64::from(*capped) - want).abs() < 1e-5, "{logit} became {capped}, not {want}");
        }
        let mut wrong = [f32::INFINITY, f32::NEG_INFINITY, f32::NAN];
        cap_logits(&mut wrong, 30.0);
        assert!(wrong.iter().all(|v| v.is_nan()), "{wrong:?}");
    }

    #[test]
    fn log_sum_exp_survives_large_logits() {
        let x: Vec<f32> = (0..100).map(|i| 1000.0 + i as f32 / 10.0).collect();
        let want = 1000.0 + (0..100).map(|i| (f64::from(i) / 10.0).exp()).sum::<f64>().ln();
        assert!((f64::from(log_sum_exp(&x)) - want).abs() < 1e-3);
    }
}
