//! Super-blocks of 256 values: Q4_K and Q5_K in parts of 32 with a scale and a minimum each, Q6_K in parts of 16 with a
//! scale each, all of them rounded against one 16-bit number for the super-block.
//!
//! Each part's scale is searched: from several first guesses values are rounded to levels, the least-squares line through
//! them is taken, and the line with the smallest weighted error wins.

use half::f16;

pub(super) const Q4_K_BYTES: usize = 144;
pub(super) const Q5_K_BYTES: usize = 176;
pub(super) const Q6_K_BYTES: usize = 210;

/// A part below this is taken as zeros (`GROUP_MAX_EPS`).
const NOTHING: f32 = 1e-15;

/// The nearest integer, halves to even, read from the low bits of a float near 1.5 · 2²³. Beyond ±2²² what comes out is no
/// rounding, but it is the same everywhere.
fn nearest(value: f32) -> i32 {
    let bits = (value + 12_582_912.0).to_bits() as i32;
    (bits & 0x007F_FFFF) - 0x0040_0000
}

/// First guesses of a scale: (top + from + i · 0.1) levels over the range, for i to `steps`.
#[derive(Clone, Copy)]
struct Search {
    /// The highest level.
    top: i32,
    from: f32,
    steps: i32,
}

/// A part of 32 values as `scale * level - depth`.
struct Line {
    scale: f32,
    /// The minimum, negated; never below zero.
    depth: f32,
    levels: [u8; 32],
}

impl Search {
    fn levels(self, x: &[f32; 32], inverse: f32, low: f32) -> [u8; 32] {
        x.map(|x| nearest(inverse * (x - low)).clamp(0, self.top) as u8)
    }

    fn line(self, x: &[f32; 32]) -> Line {
        let squares = x.iter().fold(0.0, |sum: f32, x| sum + x * x);
        let mean = (squares / 32.0).sqrt();
        // Large values matter more.
        let weights = x.map(|x| mean + x.abs());
        let (mut low, mut high) = (x[0], x[0]);
        let (mut sum_w, mut sum_x) = (weights[0], weights[0] * x[0]);
        for (&x, &w) in x.iter().zip(&weights).skip(1) {
            low = if x < low { x } else { low };
            high = if x > high { x } else { high };
            sum_w += w;
            sum_x += w * x;
        }
        low = if low > 0.0 { 0.0 } else { low };
        if high == low {
            return Line { scale: 0.0, depth: -low, levels: [0; 32] };
        }
        let inverse = self.top as f32 / (high - low);
        let mut best = Line { scale: 1.0 / inverse, depth: 0.0, levels: self.levels(x, inverse, low) };
        let mut least = error(x, &weights, &best.levels, best.scale, low);
        for step in 0..=self.steps {
            // The range begins at the best minimum so far, as ggml has it.
            let inverse = (self.from + 0.1 * step as f32 + self.top as f32) / (high - low);
            let levels = self.levels(x, inverse, low);
            let Some((scale, min)) = fitted(x, &weights, &levels, sum_w, sum_x) else { continue };
            let error = error(x, &weights, &levels, scale, min);
            if error < least {
                (best.scale, best.levels, low, least) = (scale, levels, min, error);
            }
        }
        Line { depth: -low, ..best }
    }
}

/// Scale and minimum of the weighted least-squares line, its minimum at most zero.
fn fitted(x: &[f32; 32], weights: &[f32; 32], levels: &[u8; 32], sum_w: f32, sum_x: f32) -> Option<(f32, f32)> {
    let (mut sum_l, mut sum_ll, mut sum_xl) = (0.0f32, 0.0f32, 0.0f32);
    for ((&x, &w), &level) in x.iter().zip(weights).zip(levels) {
        let level = f32::from(level);
        sum_l += w * level;
        sum_ll += w * level * level;
        sum_xl += w * level * x;
    }
    let determinant = sum_w * sum_ll - sum_l * sum_l;
    // Not a number where sums overflow or vanish: no line then.
    if determinant.partial_cmp(&0.0) != Some(std::cmp::Ordering::Greater) {
        return None;
    }
    let scale = (sum_w * sum_xl - sum_x * sum_l) / determinant;
    let min = (sum_ll * sum_x - sum_l * sum_xl) / determinant;
    Some(if min > 0.0 { (sum_xl / sum_ll, 0.0) } else { (scale, min) })
}

fn error(x: &[f32; 32], weights: &[f32; 32], levels: &[u8; 32], scale: f32, min: f32) -> f32 {
    x.iter().zip(weights).zip(levels).fold(0.0, |sum, ((&x, &w), &level)| {
        let miss = scale * f32::from(level) + min - x;
        sum + w * (miss * miss)
    })
}

/// Eight lines whose scales and depths are rounded to 6 bits of a common 16-bit unit each.
struct Lines {
    scale_unit: f16,
    depth_unit: f16,
    packed: [u8; 12],
    levels: [u8; 256],
}

fn lines(x: &[f32; 256], search: Search) -> Lines {
    let parts: &[[f32; 32]] = x.as_chunks().0;
    let found: Vec<Line> = parts.iter().map(|part| search.line(part)).collect();
    let most = |of: fn(&Line) -> f32| found.iter().map(of).fold(0.0, |most, x| if x > most { x } else { most });
    let (most_scale, most_depth) = (most(|line| line.scale), most(|line| line.depth));
    let inverse = |most: f32| if most > 0.0 { 63.0 / most } else { 0.0 };
    let (per_scale, per_depth) = (inverse(most_scale), inverse(most_depth));
    let scale_unit = f16::from_f32(most_scale / 63.0);
    let depth_unit = f16::from_f32(most_depth / 63.0);
    let (mut packed, mut levels) = ([0; 12], [0; 256]);
    for (j, (line, part)) in found.iter().zip(parts).enumerate() {
        let scale = (nearest(per_scale * line.scale) as u8).min(63);
        let depth = (nearest(per_depth * line.depth) as u8).min(63);
        pack_pair(&mut packed, j, scale, depth);
        let step = scale_unit.to_f32() * f32::from(scale);
        let depth = depth_unit.to_f32() * f32::from(depth);
        let again = |x: f32| nearest((x + depth) / step).clamp(0, search.top) as u8;
        // With the rounded scale other levels are nearest; a scale of zero leaves those of the search.
        let final_levels = if step == 0.0 { line.levels } else { part.map(again) };
        levels[32 * j..32 * (j + 1)].copy_from_slice(&final_levels);
    }
    Lines { scale_unit, depth_unit, packed, levels }
}

/// Twelve bytes for eight pairs of 6 bits: four whole ones, four with their upper two bits on top of the first.
fn pack_pair(packed: &mut [u8; 12], j: usize, scale: u8, depth: u8) {
    if j < 4 {
        packed[j] = scale;
        packed[j + 4] = depth;
    } else {
        packed[j + 4] = scale & 15 | (depth & 15) << 4;
        packed[j - 4] |= scale >> 4 << 6;
        packed[j] |= depth >> 4 << 6;
    }
}

impl Lines {
    fn put_head(&self, out: &mut [u8]) {
        out[..2].copy_from_slice(&self.scale_unit.to_le_bytes());
        out[2..4].copy_from_slice(&self.depth_unit.to_le_bytes());
        out[4..16].copy_from_slice(&self.packed);
    }

    /// The low four bits; two parts of 32 share 32 bytes.
    fn put_nibbles(&self, out: &mut [u8]) {
        for (pair, out) in self.levels.chunks_exact(64).zip(out.chunks_exact_mut(32)) {
            for (l, byte) in out.iter_mut().enumerate() {
                *byte = pair[l] & 15 | pair[l + 32] << 4;
            }
        }
    }
}

pub(super) fn q4_k(x: &[f32; 256], out: &mut [u8; Q4_K_BYTES]) {
    let lines = lines(x, Search { top: 15, from: -1.0, steps: 20 });
    lines.put_head(out);
    lines.put_nibbles(&mut out[16..]);
}

pub(super) fn q5_k(x: &[f32; 256], out: &mut [u8; Q5_K_BYTES]) {
    let lines = lines(x, Search { top: 31, from: -0.5, steps: 15 });
    lines.put_head(out);
    // Byte l of the high bits holds bit 4 of value l of each of the eight parts.
    for (l, byte) in out[16..48].iter_mut().enumerate() {
        *byte = (0..8).fold(0, |bits, part| bits | (lines.levels[32 * part + l] >> 4) << part);
    }
    lines.put_nibbles(&mut out[48..]);
}

/// The signed scale of a part whose levels run from -32 to 31, and these levels plus 32.
fn around_zero(x: &[f32; 16]) -> (f32, [u8; 16]) {
    let (mut most, mut farthest) = (0.0, 0.0);
    for &value in x {
        if value.abs() > most {
            (most, farthest) = (value.abs(), value);
        }
    }
    if most < NOTHING {
        return (0.0, [0; 16]);
    }
    let level = |inverse: f32, x: f32| nearest(inverse * x).clamp(-32, 31);
    // Sums of w x l and w l², values weighted by their squares.
    let sums = |inverse: f32| {
        x.iter().fold((0.0f32, 0.0f32), |(xl, ll), &x| {
            let (w, l) = (x * x, level(inverse, x) as f32);
            (xl + w * x * l, ll + w * l * l)
        })
    };
    let mut best_inverse = -32.0 / farthest;
    let (xl, ll) = sums(best_inverse);
    let mut scale = if ll == 0.0 { 0.0 } else { xl / ll };
    let mut best = scale * xl;
    for step in (-9..=9).filter(|step| *step != 0) {
        let inverse = -(32.0 + 0.1 * step as f32) / farthest;
        let (xl, ll) = sums(inverse);
        if ll > 0.0 && xl * xl > best * ll {
            best_inverse = inverse;
            scale = xl / ll;
            best = scale * xl;
        }
    }
    (scale, x.map(|x| (level(best_inverse, x) + 32) as u8))
}

pub(super) fn q6_k(x: &[f32; 256], out: &mut [u8; Q6_K_BYTES]) {
    let parts: &[[f32; 16]] = x.as_chunks().0;
    let found: Vec<(f32, [u8; 16])> = parts.iter().map(around_zero).collect();
    let (mut most, mut farthest) = (0.0, 0.0);
    for (scale, _) in &found {
        if scale.abs() > most {
            (most, farthest) = (scale.abs(), *scale);
        }
    }
    *out = [0; Q6_K_BYTES];
    if most < NOTHING {
        return;
    }
    let inverse = -128.0 / farthest;
    let unit = f16::from_f32(1.0 / inverse);
    let mut levels = [0u8; 256];
    for (j, ((scale, first), part)) in found.iter().zip(parts).enumerate() {
        let rounded = nearest(inverse * scale).min(127) as i8;
        out[192 + j] = rounded as u8;
        let step = unit.to_f32() * f32::from(rounded);
        let again = |x: f32| (nearest(x / step).clamp(-32, 31) + 32) as u8;
        levels[16 * j..16 * (j + 1)].copy_from_slice(&if step == 0.0 { *first } else { part.map(again) });
    }
    for (half, q) in levels.chunks_exact(128).enumerate() {
        for l in 0..32 {
            out[64 * half + l] = q[l] & 15 | q[l + 64] << 4;
            out[64 * half + l + 32] = q[l + 32] & 15 | q[l + 96] << 4;
            out[128 + 32 * half + l] = q[l] >> 4 | q[l + 32] >> 4 << 2 | q[l + 64] >> 4 << 4 | q[l + 96] >> 4 << 6;
        }
    }
    out[208..].copy_from_slice(&unit.to_le_bytes());
}
