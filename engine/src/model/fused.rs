//! A few rows of activations times a coded panel, decoded in registers.
//!
//! With one row, as when one answer is written, a panel that is decoded to memory first is written and read for a single
//! use. Here each code becomes a number in a register and goes straight into the sums: the same multiply-adds in the same
//! order as [`super::kernel`] does them, so the same bits.

use super::kernel::{Left, Sums};
#[cfg(target_arch = "x86_64")]
use super::simd;
use half::f16;

/// Rows at most. With more, a decoded panel is used often enough to be worth its way through memory.
pub(crate) const FEW: usize = 8;

/// Whole panels of codes, one behind the other: `scale · code + offset`, scale and offset for each lane and `group` values
/// of depth.
#[derive(Clone, Copy)]
pub(crate) struct Panels<'a> {
    /// For each panel (depth, width) bytes, or (depth / 2, width) where two codes share one, the earlier in its low half.
    pub codes: &'a [u8],
    pub nibbles: bool,
    pub group: usize,
    /// For each panel (depth / group, width).
    pub scales: Lines<'a>,
    pub offsets: Lines<'a>,
    /// Lanes of one panel.
    pub width: usize,
    pub depth: usize,
}

/// Scales or offsets as they are held.
#[derive(Clone, Copy)]
pub(crate) enum Lines<'a> {
    F32(&'a [f32]),
    F16(&'a [f16]),
}

impl Lines<'_> {
    fn len(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::F16(values) => values.len(),
        }
    }

    fn are_halves(&self) -> bool {
        matches!(self, Self::F16(_))
    }

    /// Where they begin, in whichever type.
    fn start(&self) -> *const u8 {
        match self {
            Self::F32(values) => values.as_ptr().cast(),
            Self::F16(values) => values.as_ptr().cast(),
        }
    }
}

impl Panels<'_> {
    /// Bytes of codes, and scales, of one panel.
    fn sizes(&self) -> (usize, usize) {
        let per_byte = if self.nibbles { 2 } else { 1 };
        (self.depth / per_byte * self.width, self.depth / self.group * self.width)
    }
}

/// How many panels are worth taking at once: with few rows the sums of one leave the multipliers waiting.
pub(crate) const fn together(rows: usize) -> usize {
    match rows {
        1 => 4,
        2 => 2,
        _ => 1,
    }
}

/// Sets `sums`, which are as wide as all the panels, to `left` · the panels, where this machine and the shapes allow; gives
/// whether it did.
pub(crate) fn multiply(left: Left<'_>, panels: Panels<'_>, sums: &mut Sums<'_>) -> bool {
    let (rows, width) = (sums.rows(), panels.width);
    if rows == 0 || rows > FEW || left.transposed || !panels.group.is_multiple_of(2) {
        return false;
    }
    assert!(panels.depth.is_multiple_of(panels.group) && sums.width().is_multiple_of(width));
    assert!(left.from + (rows - 1) * left.stride + panels.depth <= left.values.len());
    let (count, (codes, lines)) = (sums.width() / width, panels.sizes());
    assert!(panels.codes.len() >= count * codes);
    assert!(panels.scales.len() >= count * lines && panels.offsets.len() >= count * lines);
    run(left, panels, sums)
}

#[cfg(target_arch = "x86_64")]
fn run(left: Left<'_>, panels: Panels<'_>, sums: &mut Sums<'_>) -> bool {
    use pulp::Arch;
    let halves = panels.scales.are_halves();
    assert_eq!(halves, panels.offsets.are_halves());
    let kinds = (panels.nibbles, halves);
    let (tiles, most) = match simd::arch() {
        Arch::V4(_) if panels.width == avx512::WIDTH => (avx512::tiles(kinds), 8),
        // Whoever has AVX2 has F16C as well, but nothing says so.
        Arch::V3(_) if panels.width == avx2::WIDTH && is_x86_feature_detected!("f16c") => (avx2::tiles(kinds), 4),
        _ => return false,
    };
    let (rows, count) = (sums.rows(), sums.width() / panels.width);
    let size = rows.div_ceil(rows.div_ceil(most));
    for row in (0..rows).step_by(size) {
        let tile = size.min(rows - row);
        let mut panel = 0;
        while panel < count {
            let many = together(tile).min(count - panel);
            // Whole groups of panels, then one by one.
            let (many, of_many) = if many == together(tile) { (many, 0) } else { (1, 1) };
            let place = |r: usize| {
                let from = left.from + (row + r) * left.stride;
                let (x, y) = (left.values[from..].as_ptr(), sums.row(row + r).wrapping_add(panel * panels.width));
                (x, y)
            };
            // SAFETY: the instructions are there, and `multiply` has checked every operand.
            unsafe { tiles[tile - 1][of_many](panels, panel, &place) };
            panel += many;
        }
    }
    true
}

#[cfg(not(target_arch = "x86_64"))]
fn run(_: Left<'_>, _: Panels<'_>, _: &mut Sums<'_>) -> bool {
    false
}

/// One tile: some rows by the panels from one on; where a row of activations and its sums begin.
#[cfg(target_arch = "x86_64")]
type Tile = unsafe fn(Panels<'_>, usize, &dyn Fn(usize) -> (*const f32, *mut f32));

/// The same loops for both widths of vectors; only the names of the instructions differ.
#[cfg(target_arch = "x86_64")]
macro_rules! tiles {
    ($features:literal, $lanes:literal, $vectors:literal, $rows:tt, $bits:ty, $line:ty, load: $load:expr,
     zero: $zero:ident, splat: $splat:ident, read: $read:ident, widen: $widen:expr, write: $write:ident,
     add: $add:ident, convert: $convert:ident,
     low: $low:expr, high: $high:expr) => {
        use super::{Panels, Tile};
        use std::arch::x86_64::*;

        const LANES: usize = $lanes;
        const V: usize = $vectors;
        pub const WIDTH: usize = V * LANES;

        /// By the number of rows, from 1: for as many panels as are worth taking together, and for one. `kinds` says whether
        /// two codes share a byte, and whether scales and offsets are halves.
        pub fn tiles(kinds: (bool, bool)) -> &'static [[Tile; 2]] {
            tiles!(@list $rows kinds)
        }

        /// A vector of f32, from as many halves if they are such.
        #[target_feature(enable = $features)]
        unsafe fn line<const HALVES: bool>(start: *const u8, at: usize) -> $line {
            // SAFETY: the caller's promise that a vector lies there.
            unsafe {
                if HALVES { $widen(start.cast::<u16>().add(at).cast()) } else { $read(start.cast::<f32>().add(at)) }
            }
        }

        #[target_feature(enable = $features)]
        unsafe fn tile<const ROWS: usize, const PANELS: usize, const NIBBLES: bool, const HALVES: bool>(
            panels: Panels<'_>,
            first: usize,
            place: &dyn Fn(usize) -> (*const f32, *mut f32),
        ) {
            let places: [(*const f32, *mut f32); ROWS] = std::array::from_fn(place);
            let (codes_each, lines_each) = panels.sizes();
            let mut sums = [[[$zero(); V]; ROWS]; PANELS];
            let steps = if NIBBLES { panels.group / 2 } else { panels.group };
            for group in 0..panels.depth / panels.group {
                for p in 0..PANELS {
                    let sums = &mut sums[p];
                    // SAFETY: `multiply` has checked that every line, code and row lies in its slice.
                    unsafe {
                        let line = (first + p) * lines_each + group * WIDTH;
                        let (scale, offset) = (panels.scales.start(), panels.offsets.start());
                        let (mut scales, mut offsets) = ([$zero(); V], [$zero(); V]);
                        for v in 0..V {
                            scales[v] = self::line::<HALVES>(scale, line + v * LANES);
                            offsets[v] = self::line::<HALVES>(offset, line + v * LANES);
                        }
                        let mut codes = panels.codes.as_ptr().add((first + p) * codes_each + group * steps * WIDTH);
                        let mut at = group * panels.group;
                        for _ in 0..steps {
                            for v in 0..V {
                                let bits: $bits = $load(codes.add(v * LANES));
                                if NIBBLES {
                                    let low = $add($convert($low(bits)), scales[v], offsets[v]);
                                    let high = $add($convert($high(bits)), scales[v], offsets[v]);
                                    for r in 0..ROWS {
                                        sums[r][v] = $add($splat(*places[r].0.add(at)), low, sums[r][v]);
                                    }
                                    for r in 0..ROWS {
                                        sums[r][v] = $add($splat(*places[r].0.add(at + 1)), high, sums[r][v]);
                                    }
                                } else {
                                    let weight = $add($convert(bits), scales[v], offsets[v]);
                                    for r in 0..ROWS {
                                        sums[r][v] = $add($splat(*places[r].0.add(at)), weight, sums[r][v]);
                                    }
                                }
                            }
                            codes = codes.add(WIDTH);
                            at += if NIBBLES { 2 } else { 1 };
                        }
                    }
                }
            }
            for p in 0..PANELS {
                for r in 0..ROWS {
                    for v in 0..V {
                        // SAFETY: a row of the sums is as wide as all the panels.
                        unsafe { $write(places[r].1.add(p * WIDTH + v * LANES), sums[p][r][v]) };
                    }
                }
            }
        }
    };
    (@list [$($rows:literal)*] $kinds:ident) => {
        match $kinds {
            (true, true) => tiles!(@of [$($rows)*] true, true),
            (true, false) => tiles!(@of [$($rows)*] true, false),
            (false, true) => tiles!(@of [$($rows)*] false, true),
            (false, false) => tiles!(@of [$($rows)*] false, false),
        }
    };
    (@of [$($rows:literal)*] $nibbles:literal, $halves:literal) => {
        &[$([
            tile::<$rows, { super::together($rows) }, $nibbles, $halves>,
            tile::<$rows, 1, $nibbles, $halves>,
        ]),*]
    };
}

#[cfg(target_arch = "x86_64")]
mod avx512 {
    tiles!("avx512f,avx512bw,avx2,fma", 16, 3, [1 2 3 4 5 6 7 8], __m512i, __m512,
        load: |at: *const u8| _mm512_cvtepu8_epi32(_mm_loadu_si128(at.cast())), zero: _mm512_setzero_ps,
        splat: _mm512_set1_ps, read: _mm512_loadu_ps,
        widen: |at| _mm512_cvtph_ps(_mm256_loadu_si256(at)), write: _mm512_storeu_ps, add: _mm512_fmadd_ps,
        convert: _mm512_cvtepi32_ps,
        low: |bits| _mm512_and_si512(bits, _mm512_set1_epi32(15)), high: |bits| _mm512_srli_epi32::<4>(bits));
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    tiles!("avx2,fma,f16c", 8, 2, [1 2 3 4], __m256i, __m256,
        load: |at: *const u8| _mm256_cvtepu8_epi32(_mm_loadl_epi64(at.cast())), zero: _mm256_setzero_ps,
        splat: _mm256_set1_ps, read: _mm256_loadu_ps,
        widen: |at| _mm256_cvtph_ps(_mm_loadu_si128(at)), write: _mm256_storeu_ps, add: _mm256_fmadd_ps,
        convert: _mm256_cvtepi32_ps,
        low: |bits| _mm256_and_si256(bits, _mm256_set1_epi32(15)), high: |bits| _mm256_srli_epi32::<4>(bits));
}
