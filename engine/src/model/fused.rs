//! A few rows of activations times a coded panel, decoded in registers.
//!
//! With one row, as when one answer is written, a panel that is decoded to memory first is written and read for a single
//! use. Here each code becomes a number in a register and goes straight into the sum of its group: the same multiply-adds
//! in the same order as [`super::kernel`] does them, so the same bits.

use std::ops::Range;

use super::coded::{Coded, Parts};
use super::codes::{Layout, Offset};
use super::kernel::Sums;
use super::simd;

/// Rows at most. With more, a decoded panel is used often enough to be worth its way through memory.
pub(crate) const FEW: usize = 8;

/// Rows of activations, one behind the other.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    pub values: &'a [f32],
    /// Their sums over the groups of the weight; not used where it has no offsets.
    pub totals: &'a [f32],
}

/// Whole panels, one behind the other.
#[derive(Clone, Copy)]
struct Panels<'a> {
    bytes: &'a [u8],
    layout: Layout,
    parts: Parts,
    /// Blocks of a panel.
    blocks: usize,
}

/// How many panels are taken side by side: with few rows the sums of one leave the multipliers waiting.
pub(crate) const fn together(rows: usize) -> usize {
    match rows {
        1 => 4,
        2 => 2,
        _ => 1,
    }
}

/// Sets `sums`, which are as wide as the panels `run` of `coded`, to `x` · those, where this machine and the shapes allow;
/// gives whether it did.
pub(crate) fn multiply(x: Rows<'_>, coded: &Coded, run: Range<usize>, sums: &mut Sums<'_>) -> bool {
    let (rows, width, layout) = (sums.rows(), coded.width, coded.layout);
    if rows == 0 || rows > FEW {
        return false;
    }
    assert!(sums.width() == run.len() * width);
    assert!(rows * coded.depth <= x.values.len());
    assert!(layout.offset == Offset::None || rows * coded.depth / layout.group <= x.totals.len());
    let panels =
        Panels { bytes: coded.panels(run), layout, parts: layout.parts(width), blocks: coded.depth / layout.block };
    self::run(x, panels, width, sums)
}

/// The tiles for panels of this width, by the number of rows, and the most rows of one; `None` where nothing is written for
/// the instructions in use.
fn tiles(width: usize, nibbles: bool) -> Option<(&'static [[Tile; 2]], usize)> {
    use pulp::Arch;
    match simd::arch() {
        #[cfg(target_arch = "x86_64")]
        Arch::V4(_) if width == avx512::WIDTH => Some((avx512::tiles(nibbles), 8)),
        // Whoever has AVX2 has F16C as well, but nothing says so.
        #[cfg(target_arch = "x86_64")]
        Arch::V3(_) if width == avx2::WIDTH && is_x86_feature_detected!("f16c") => Some((avx2::tiles(nibbles), 4)),
        #[cfg(target_arch = "aarch64")]
        Arch::Neon(_) if width == neon::WIDTH => Some((neon::tiles(nibbles), 8)),
        _ => None,
    }
}

fn run(x: Rows<'_>, panels: Panels<'_>, width: usize, sums: &mut Sums<'_>) -> bool {
    let Some((tiles, most)) = tiles(width, panels.layout.nibbles) else {
        return false;
    };
    let (rows, count) = (sums.rows(), sums.width() / width);
    let size = rows.div_ceil(rows.div_ceil(most));
    for row in (0..rows).step_by(size) {
        let tile = size.min(rows - row);
        let mut panel = 0;
        while panel < count {
            let many = together(tile).min(count - panel);
            // Whole groups of panels, then one by one.
            let (many, of_many) = if many == together(tile) { (many, 0) } else { (1, 1) };
            let place = |r: usize| {
                let depth = panels.blocks * panels.layout.block;
                Place {
                    x: x.values[(row + r) * depth..].as_ptr(),
                    // Not read where there are none.
                    totals: x.totals.as_ptr().wrapping_add((row + r) * depth / panels.layout.group),
                    sums: sums.row(row + r).wrapping_add(panel * width),
                }
            };
            // SAFETY: the instructions are there, and `multiply` has checked every operand.
            unsafe { tiles[tile - 1][of_many](panels, panel, &place) };
            panel += many;
        }
    }
    true
}

/// Where a row of activations, its totals and its sums begin.
struct Place {
    x: *const f32,
    totals: *const f32,
    sums: *mut f32,
}

/// One tile: some rows by the panels from one on.
type Tile = unsafe fn(Panels<'_>, usize, &dyn Fn(usize) -> Place);

/// The same loops for every width of vectors; only the names of the instructions differ.
#[allow(unused_macros)]
macro_rules! tiles {
    ($arch:ident, $features:literal, $lanes:literal, $vectors:literal, $rows:tt, $line:ty, unsigned: $unsigned:expr,
     signed: $signed:expr, zero: $zero:ident, splat: $splat:ident, halves: $halves:expr, write: $write:ident,
     times: $times:ident, add: $add:ident, convert: $convert:ident, low: $low:expr, high: $high:expr) => {
        use super::{Layout, Offset, Panels, Parts, Place, Tile};
        use std::arch::$arch::*;

        const LANES: usize = $lanes;
        const V: usize = $vectors;
        pub const WIDTH: usize = V * LANES;

        /// By the number of rows, from 1: for as many panels as are worth taking together, and for one.
        pub fn tiles(nibbles: bool) -> &'static [[Tile; 2]] {
            tiles!(@list $rows nibbles)
        }

        /// Scales and offsets of a group of the block at `block`, as [`super::super::coded::Coded`] makes them.
        #[target_feature(enable = $features)]
        unsafe fn lines(block: *const u8, layout: Layout, parts: Parts, group: usize) -> [[$line; V]; 2] {
            let stepped = layout.stepped();
            let line = |factors: usize, steps: usize| -> [$line; V] {
                std::array::from_fn(|v| {
                    // SAFETY: the caller's promise that a block lies there.
                    unsafe {
                        let factor = $halves(block.add(factors + 2 * v * LANES));
                        match stepped {
                            true => {
                                let step = block.add(steps + group * WIDTH + v * LANES);
                                $times(factor, $convert($signed(step)))
                            }
                            false => factor,
                        }
                    }
                })
            };
            let scales = line(0, parts.scale_steps);
            let offsets = match layout.offset {
                Offset::None => [$zero(); V],
                Offset::Scaled(by) => scales.map(|scale| $times(scale, $splat(by))),
                Offset::Own => line(parts.offset_factors, parts.offset_steps),
            };
            [scales, offsets]
        }

        #[target_feature(enable = $features)]
        unsafe fn tile<const ROWS: usize, const PANELS: usize, const NIBBLES: bool>(
            panels: Panels<'_>,
            first: usize,
            place: &dyn Fn(usize) -> Place,
        ) {
            let places: [Place; ROWS] = std::array::from_fn(place);
            let Panels { bytes, layout, parts, blocks } = panels;
            let mut sums = [[[$zero(); V]; ROWS]; PANELS];
            let (groups, steps) = (layout.block / layout.group, if NIBBLES { layout.group / 2 } else { layout.group });
            for group in 0..blocks * groups {
                let (block, within) = (group / groups, group % groups);
                // SAFETY: `multiply` has checked that every block and row lies in its slice.
                unsafe {
                    let start: [*const u8; PANELS] =
                        std::array::from_fn(|p| bytes.as_ptr().add(((first + p) * blocks + block) * parts.size));
                    let mut terms = [[[$zero(); V]; ROWS]; PANELS];
                    for step in 0..steps {
                        let at = parts.codes + (within * steps + step) * WIDTH;
                        let input = group * layout.group + if NIBBLES { 2 * step } else { step };
                        for p in 0..PANELS {
                            for v in 0..V {
                                let codes = start[p].add(at + v * LANES);
                                if NIBBLES {
                                    let bits = $unsigned(codes);
                                    let (low, high) = ($convert($low(bits)), $convert($high(bits)));
                                    for r in 0..ROWS {
                                        let x = places[r].x.add(input);
                                        terms[p][r][v] = $add($splat(*x), low, terms[p][r][v]);
                                        terms[p][r][v] = $add($splat(*x.add(1)), high, terms[p][r][v]);
                                    }
                                } else {
                                    let code = $convert($signed(codes));
                                    for r in 0..ROWS {
                                        terms[p][r][v] = $add($splat(*places[r].x.add(input)), code, terms[p][r][v]);
                                    }
                                }
                            }
                        }
                    }
                    for p in 0..PANELS {
                        let [scales, offsets] = lines(start[p], layout, parts, within);
                        for r in 0..ROWS {
                            for v in 0..V {
                                sums[p][r][v] = $add(scales[v], terms[p][r][v], sums[p][r][v]);
                            }
                            if layout.offset != Offset::None {
                                let total = $splat(*places[r].totals.add(group));
                                for v in 0..V {
                                    sums[p][r][v] = $add(offsets[v], total, sums[p][r][v]);
                                }
                            }
                        }
                    }
                }
            }
            for p in 0..PANELS {
                for r in 0..ROWS {
                    for v in 0..V {
                        // SAFETY: a row of the sums is as wide as all the panels.
                        unsafe { $write(places[r].sums.add(p * WIDTH + v * LANES), sums[p][r][v]) };
                    }
                }
            }
        }
    };
    (@list [$($rows:literal)*] $nibbles:ident) => {
        if $nibbles { tiles!(@of [$($rows)*] true) } else { tiles!(@of [$($rows)*] false) }
    };
    (@of [$($rows:literal)*] $nibbles:literal) => {
        &[$([tile::<$rows, { super::together($rows) }, $nibbles>, tile::<$rows, 1, $nibbles>]),*]
    };
}

#[cfg(target_arch = "x86_64")]
mod avx512 {
    tiles!(x86_64, "avx512f,avx512bw,avx2,fma", 16, 3, [1 2 3 4 5 6 7 8], __m512,
        unsigned: |at: *const u8| _mm512_cvtepu8_epi32(_mm_loadu_si128(at.cast())),
        signed: |at: *const u8| _mm512_cvtepi8_epi32(_mm_loadu_si128(at.cast())), zero: _mm512_setzero_ps,
        splat: _mm512_set1_ps, halves: |at: *const u8| _mm512_cvtph_ps(_mm256_loadu_si256(at.cast())),
        write: _mm512_storeu_ps, times: _mm512_mul_ps, add: _mm512_fmadd_ps, convert: _mm512_cvtepi32_ps,
        low: |bits| _mm512_and_si512(bits, _mm512_set1_epi32(15)), high: |bits| _mm512_srli_epi32::<4>(bits));
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    tiles!(x86_64, "avx2,fma,f16c", 8, 2, [1 2 3 4], __m256,
        unsigned: |at: *const u8| _mm256_cvtepu8_epi32(_mm_loadl_epi64(at.cast())),
        signed: |at: *const u8| _mm256_cvtepi8_epi32(_mm_loadl_epi64(at.cast())), zero: _mm256_setzero_ps,
        splat: _mm256_set1_ps, halves: |at: *const u8| _mm256_cvtph_ps(_mm_loadu_si128(at.cast())),
        write: _mm256_storeu_ps, times: _mm256_mul_ps, add: _mm256_fmadd_ps, convert: _mm256_cvtepi32_ps,
        low: |bits| _mm256_and_si256(bits, _mm256_set1_epi32(15)), high: |bits| _mm256_srli_epi32::<4>(bits));
}

#[cfg(target_arch = "aarch64")]
mod neon {
    /// As many bytes as there are lanes.
    #[inline(always)]
    unsafe fn bytes(at: *const u8) -> u64 {
        // SAFETY: the caller's promise that they lie there.
        u64::from(unsafe { at.cast::<u32>().read_unaligned() })
    }

    tiles!(aarch64, "neon", 4, 3, [1 2 3 4 5 6 7 8], float32x4_t,
        unsigned: |at| vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(vmovl_u8(vcreate_u8(bytes(at)))))),
        signed: |at| vmovl_s16(vget_low_s16(vmovl_s8(vcreate_s8(bytes(at))))), zero: zero,
        splat: vdupq_n_f32, halves: |at: *const u8| vcvt_f32_f16(vreinterpret_f16_u8(vld1_u8(at))),
        write: vst1q_f32, times: vmulq_f32, add: add, convert: vcvtq_f32_s32,
        low: |bits| vandq_s32(bits, vdupq_n_s32(15)), high: |bits| vshrq_n_s32::<4>(bits));

    #[inline]
    #[target_feature(enable = "neon")]
    fn zero() -> float32x4_t {
        vdupq_n_f32(0.0)
    }

    /// a · b + c, as the x86 instruction takes them.
    #[inline]
    #[target_feature(enable = "neon")]
    fn add(a: float32x4_t, b: float32x4_t, c: float32x4_t) -> float32x4_t {
        vfmaq_f32(c, a, b)
    }
}
