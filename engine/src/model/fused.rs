//! A few rows of activations times a coded panel, decoded in registers.
//!
//! With one row, as when one answer is written, a panel that is decoded to memory first is written and read for a single
//! use. Here each code becomes a number in a register and goes straight into the sums: the same multiply-adds in the same
//! order as [`super::kernel`] does them, so the same bits.

use super::kernel::{Left, Sums};
use super::simd;

/// Rows at most. With more, a decoded panel is used often enough to be worth its way through memory.
pub(crate) const FEW: usize = 8;

/// A whole panel of codes: `scale · code + offset`, scale and offset for each lane and `group` values of depth.
#[derive(Clone, Copy)]
pub(crate) struct Panel<'a> {
    /// (depth, width) bytes, or (depth / 2, width) where two codes share one, the earlier in its low half.
    pub codes: &'a [u8],
    pub nibbles: bool,
    pub group: usize,
    /// (depth / group, width).
    pub scales: &'a [f32],
    pub offsets: &'a [f32],
    pub width: usize,
    pub depth: usize,
}

/// Sets `sums` to `left` · the panel, where this machine and the shapes allow; gives whether it did.
pub(crate) fn multiply(left: Left<'_>, panel: Panel<'_>, sums: &mut Sums<'_>) -> bool {
    let rows = sums.rows();
    if rows == 0 || rows > FEW || left.transposed || sums.width() != panel.width || !panel.group.is_multiple_of(2) {
        return false;
    }
    assert!(left.from + (rows - 1) * left.stride + panel.depth <= left.values.len());
    let per_byte = if panel.nibbles { 2 } else { 1 };
    let lines = panel.depth / panel.group * panel.width;
    assert!(panel.depth.is_multiple_of(panel.group) && panel.codes.len() >= panel.depth / per_byte * panel.width);
    assert!(panel.scales.len() >= lines && panel.offsets.len() >= lines);
    run(left, panel, sums)
}

#[cfg(target_arch = "x86_64")]
fn run(left: Left<'_>, panel: Panel<'_>, sums: &mut Sums<'_>) -> bool {
    use pulp::Arch;
    let (row_of, rows) = (|row: usize| left.values[left.from + row * left.stride..].as_ptr(), sums.rows());
    match simd::arch() {
        Arch::V4(_) if panel.width == 3 * avx512::LANES => {
            let tiles = avx512::tiles(panel.nibbles);
            in_tiles(rows, 8, |row, count| {
                // SAFETY: AVX-512 is there, and `multiply` has checked every operand.
                unsafe { tiles[count - 1](panel, &|r| row_of(row + r), &|r| sums.row(row + r)) }
            });
            true
        }
        Arch::V3(_) if panel.width == 2 * avx2::LANES => {
            let tiles = avx2::tiles(panel.nibbles);
            in_tiles(rows, 4, |row, count| {
                // SAFETY: AVX2 and FMA are there, and `multiply` has checked every operand.
                unsafe { tiles[count - 1](panel, &|r| row_of(row + r), &|r| sums.row(row + r)) }
            });
            true
        }
        _ => false,
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn run(_: Left<'_>, _: Panel<'_>, _: &mut Sums<'_>) -> bool {
    let _ = simd::arch();
    false
}

/// Rows in tiles of about equal size, `most` at most: the first row and how many.
#[cfg(target_arch = "x86_64")]
fn in_tiles(rows: usize, most: usize, mut tile: impl FnMut(usize, usize)) {
    let size = rows.div_ceil(rows.div_ceil(most));
    (0..rows).step_by(size).for_each(|row| tile(row, size.min(rows - row)));
}

/// One tile: its panel, where a row of activations begins, and where a row of sums does.
#[cfg(target_arch = "x86_64")]
type Tile = unsafe fn(Panel<'_>, &dyn Fn(usize) -> *const f32, &dyn Fn(usize) -> *mut f32);

/// The same loops for both widths of vectors; only the names of the instructions differ.
#[cfg(target_arch = "x86_64")]
macro_rules! tiles {
    ($features:literal, $lanes:literal, $vectors:literal, $rows:tt, $vector:ty, $bits:ty, load: $load:expr, zero: $zero:ident,
     splat: $splat:ident, read: $read:ident, write: $write:ident, add: $add:ident, convert: $convert:ident,
     low: $low:expr, high: $high:expr) => {
        use super::{Panel, Tile};
        use std::arch::x86_64::*;

        pub const LANES: usize = $lanes;
        const V: usize = $vectors;

        /// By the number of rows, from 1.
        pub fn tiles(nibbles: bool) -> &'static [Tile] {
            tiles!(@list $rows nibbles)
        }

        #[target_feature(enable = $features)]
        unsafe fn tile<const ROWS: usize, const NIBBLES: bool>(
            panel: Panel<'_>,
            left: &dyn Fn(usize) -> *const f32,
            out: &dyn Fn(usize) -> *mut f32,
        ) {
            const WIDTH: usize = V * LANES;
            let rows: [*const f32; ROWS] = std::array::from_fn(left);
            let mut sums = [[$zero(); V]; ROWS];
            let steps = if NIBBLES { panel.group / 2 } else { panel.group };
            for group in 0..panel.depth / panel.group {
                // SAFETY: `multiply` has checked that every line, code and row lies in its slice.
                unsafe {
                    let line = group * WIDTH;
                    let scales: [$vector; V] = std::array::from_fn(|v| $read(panel.scales.as_ptr().add(line + v * LANES)));
                    let offsets: [$vector; V] = std::array::from_fn(|v| $read(panel.offsets.as_ptr().add(line + v * LANES)));
                    for step in 0..steps {
                        let codes = panel.codes.as_ptr().add((group * steps + step) * WIDTH);
                        for v in 0..V {
                            let bits: $bits = $load(codes.add(v * LANES));
                            if NIBBLES {
                                let at = group * panel.group + 2 * step;
                                let low = $add($convert($low(bits)), scales[v], offsets[v]);
                                let high = $add($convert($high(bits)), scales[v], offsets[v]);
                                for r in 0..ROWS {
                                    sums[r][v] = $add($splat(*rows[r].add(at)), low, sums[r][v]);
                                }
                                for r in 0..ROWS {
                                    sums[r][v] = $add($splat(*rows[r].add(at + 1)), high, sums[r][v]);
                                }
                            } else {
                                let at = group * panel.group + step;
                                let weight = $add($convert(bits), scales[v], offsets[v]);
                                for r in 0..ROWS {
                                    sums[r][v] = $add($splat(*rows[r].add(at)), weight, sums[r][v]);
                                }
                            }
                        }
                    }
                }
            }
            for r in 0..ROWS {
                let out = out(r);
                for v in 0..V {
                    // SAFETY: a row of the sums is as wide as the panel.
                    unsafe { $write(out.add(v * LANES), sums[r][v]) };
                }
            }
        }
    };
    (@list [$($rows:literal)*] $nibbles:ident) => {
        match $nibbles {
            true => &[$(tile::<$rows, true>),*],
            false => &[$(tile::<$rows, false>),*],
        }
    };
}

#[cfg(target_arch = "x86_64")]
mod avx512 {
    tiles!("avx512f,avx512bw,avx2,fma", 16, 3, [1 2 3 4 5 6 7 8], __m512, __m512i,
        load: |at: *const u8| _mm512_cvtepu8_epi32(_mm_loadu_si128(at.cast())), zero: _mm512_setzero_ps,
        splat: _mm512_set1_ps, read: _mm512_loadu_ps, write: _mm512_storeu_ps, add: _mm512_fmadd_ps,
        convert: _mm512_cvtepi32_ps,
        low: |bits| _mm512_and_si512(bits, _mm512_set1_epi32(15)), high: |bits| _mm512_srli_epi32::<4>(bits));
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    tiles!("avx2,fma", 8, 2, [1 2 3 4], __m256, __m256i,
        load: |at: *const u8| _mm256_cvtepu8_epi32(_mm_loadl_epi64(at.cast())), zero: _mm256_setzero_ps,
        splat: _mm256_set1_ps, read: _mm256_loadu_ps, write: _mm256_storeu_ps, add: _mm256_fmadd_ps,
        convert: _mm256_cvtepi32_ps,
        low: |bits| _mm256_and_si256(bits, _mm256_set1_epi32(15)), high: |bits| _mm256_srli_epi32::<4>(bits));
}
