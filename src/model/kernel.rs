//! The matrix product all linears run on: activations (m, k) times a packed panel.
//!
//! Every product is one chain of fused multiply-adds over k in order, starting from zero, whatever the number of rows or
//! threads; what the output held before is added last. So a row's result never depends on what else is in the batch, to the last bit.

use pulp::{Arch, Simd, WithSimd};
use std::mem::MaybeUninit;

/// Vectors per panel row. With 8 rows of activations that is 24 accumulators, which with 3 panel vectors and one
/// broadcast fit the 32 vector registers of AVX-512 and NEON.
const VECTORS: usize = 3;
/// A cache line of f32.
const LINE: usize = 16;

/// Output rows per panel on this machine.
pub(crate) fn width() -> usize {
    struct Lanes;
    impl WithSimd for Lanes {
        type Output = usize;
        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) -> usize {
            S::F32_LANES
        }
    }
    VECTORS * Arch::new().dispatch(Lanes)
}

/// f32 values that start on a cache line, so that full vectors never straddle two.
#[derive(Default)]
pub(crate) struct Aligned {
    lines: Vec<Line>,
    len: usize,
}

#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([f32; LINE]);

impl Aligned {
    pub fn zeros(len: usize) -> Self {
        Self { lines: vec![Line([0.0; LINE]); len.div_ceil(LINE)], len }
    }

    /// The first `len` values, after growing to hold them.
    pub fn at_least(&mut self, len: usize) -> &mut [f32] {
        if self.len < len {
            *self = Self::zeros(len);
        }
        &mut self.as_mut_slice()[..len]
    }

    pub fn as_slice(&self) -> &[f32] {
        // SAFETY: `lines` is a contiguous run of f32 arrays without padding, at least `len` values long.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.len) }
    }

    pub fn as_mut_slice(&mut self) -> &mut [f32] {
        // SAFETY: as above, and borrowed mutably.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), self.len) }
    }
}

/// Writes `code · scale + offset` to `out`; `group` codes in a row cycle through one line of scales.
/// `scales.len() / (codes.len() / group)` is the panel width.
pub(crate) fn decode(codes: &[u8], scales: &[f32], offsets: &[f32], group: usize, out: &mut [f32]) {
    struct Decode<'a>(&'a [u8], &'a [f32], &'a [f32], usize, &'a mut [f32]);
    impl WithSimd for Decode<'_> {
        type Output = ();
        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) {
            let Decode(codes, scales, offsets, group, out) = self;
            let width = VECTORS * S::F32_LANES;
            let lines = scales.chunks_exact(width).zip(offsets.chunks_exact(width));
            let groups = codes.chunks_exact(group).zip(out.chunks_exact_mut(group));
            for ((scales, offsets), (codes, out)) in lines.zip(groups) {
                for (codes, out) in codes.chunks_exact(width).zip(out.chunks_exact_mut(width)) {
                    for lane in 0..width {
                        out[lane] = f32::from(codes[lane]).mul_add(scales[lane], offsets[lane]);
                    }
                }
            }
        }
    }
    Arch::new().dispatch(Decode(codes, scales, offsets, group, out));
}

/// What a product is added to: (rows, stride) values, one row of `stride` for all rows, both or nothing.
#[derive(Clone, Copy, Default)]
pub(crate) struct Onto<'a> {
    pub matrix: Option<&'a [f32]>,
    pub row: Option<&'a [f32]>,
}

/// Where products go: a matrix of `stride` columns that several threads fill, each its own columns.
#[derive(Clone, Copy)]
pub(crate) struct Output<'a> {
    base: *mut MaybeUninit<f32>,
    stride: usize,
    rows: usize,
    onto: Onto<'a>,
}

// SAFETY: `write` is the only access; its callers give every thread columns of its own (see there).
unsafe impl Send for Output<'_> {}
unsafe impl Sync for Output<'_> {}

impl<'a> Output<'a> {
    pub fn new(values: &'a mut [MaybeUninit<f32>], stride: usize, onto: Onto<'a>) -> Self {
        let rows = values.len() / stride.max(1);
        assert!(onto.matrix.is_none_or(|m| m.len() == rows * stride) && onto.row.is_none_or(|r| r.len() == stride));
        Self { base: values.as_mut_ptr(), stride, rows, onto }
    }

    /// Writes the first `lanes` of every row of `sums`, (rows, [`width`]), to the columns from `column` on, added to
    /// what they go onto.
    ///
    /// # Safety
    /// No other thread may touch those columns meanwhile, and the memory must still be borrowed.
    pub unsafe fn write(self, sums: &[f32], column: usize, lanes: usize) {
        assert!(column + lanes <= self.stride && sums.len() >= self.rows * width());
        for (row, sums) in sums.chunks_exact(width()).take(self.rows).enumerate() {
            let start = row * self.stride + column;
            // SAFETY: row < rows and column + lanes <= stride, so the slice lies in the matrix; the rest is the
            // caller's promise.
            let out = unsafe { std::slice::from_raw_parts_mut(self.base.add(start), lanes) };
            let (matrix, bias) = (self.onto.matrix.map(|m| &m[start..]), self.onto.row.map(|r| &r[column..]));
            let sums = out.iter_mut().zip(sums);
            match (matrix, bias) {
                (None, None) => sums.for_each(|(out, sum)| _ = out.write(0.0 + sum)),
                (Some(x), None) => sums.zip(x).for_each(|((out, sum), x)| _ = out.write(x + sum)),
                (None, Some(b)) => sums.zip(b).for_each(|((out, sum), b)| _ = out.write(b + sum)),
                (Some(x), Some(b)) => sums.zip(x).zip(b).for_each(|(((out, s), x), b)| _ = out.write(x + b + s)),
            }
        }
    }
}

/// Asks for the cache line at `from + offset` values. It may lie outside what `from` belongs to: nothing is read.
#[inline(always)]
pub(crate) fn prefetch<T>(from: &[T], offset: usize) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a hint, which faults for no address.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(from.as_ptr().wrapping_add(offset).cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (from, offset);
}

/// `sums += x[.., from..from + c] · chunk`, with `x` (m, k) row-major, `chunk` (c, [`width`]) a part of a panel, and
/// `sums` (m, [`width`]). Going over a panel chunk by chunk continues the same chains of multiply-adds. Meanwhile the
/// bytes of `ahead`, which will be wanted next, are fetched from memory.
pub(crate) fn multiply(x: &[f32], k: usize, from: usize, chunk: &[f32], sums: &mut [f32], ahead: &[u8]) {
    let width = width();
    assert!(k > 0 && x.len() / k == sums.len() / width && from + chunk.len() / width <= k);
    Arch::new().dispatch(Multiply { x, k, from, chunk, sums, ahead });
}

struct Multiply<'a> {
    x: &'a [f32],
    k: usize,
    from: usize,
    chunk: &'a [f32],
    sums: &'a mut [f32],
    ahead: &'a [u8],
}

impl WithSimd for Multiply<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        // AVX2 has 16 vector registers; the others have 32.
        let most = if S::F32_LANES == 8 { 4 } else { 8 };
        let (mut row, rows) = (0, self.x.len() / self.k);
        // Spread over the tiles, so that memory works while the processor does.
        let share = self.ahead.len().div_ceil(rows.div_ceil(most).max(1)).max(1);
        let mut ahead = self.ahead.chunks(share);
        while row < rows {
            let tile = most.min(rows - row);
            if let Some(bytes) = ahead.next() {
                (0..bytes.len()).step_by(4 * LINE).for_each(|at| prefetch(bytes, at));
            }
            match tile {
                8 => self.tile::<S, 8>(simd, row),
                7 => self.tile::<S, 7>(simd, row),
                6 => self.tile::<S, 6>(simd, row),
                5 => self.tile::<S, 5>(simd, row),
                4 => self.tile::<S, 4>(simd, row),
                3 => self.tile::<S, 3>(simd, row),
                2 => self.tile::<S, 2>(simd, row),
                _ => self.tile::<S, 1>(simd, row),
            }
            row += tile;
        }
    }
}

impl Multiply<'_> {
    #[inline(always)]
    fn tile<S: Simd, const ROWS: usize>(&mut self, simd: S, row: usize) {
        let (chunk, _) = S::as_simd_f32s(self.chunk);
        let (all_sums, _) = S::as_mut_simd_f32s(self.sums);
        let all_sums = &mut all_sums[row * VECTORS..][..ROWS * VECTORS];
        let mut sums = [[simd.splat_f32s(0.0); VECTORS]; ROWS];
        for (r, sums) in sums.iter_mut().enumerate() {
            sums.copy_from_slice(&all_sums[r * VECTORS..][..VECTORS]);
        }
        let x: [&[f32]; ROWS] =
            std::array::from_fn(|r| &self.x[(row + r) * self.k + self.from..][..chunk.len() / VECTORS]);
        for (i, weights) in chunk.chunks_exact(VECTORS).enumerate() {
            for (sums, x) in sums.iter_mut().zip(x) {
                // SAFETY: each of `x` is as long as the chunk.
                let value = simd.splat_f32s(unsafe { *x.get_unchecked(i) });
                for v in 0..VECTORS {
                    sums[v] = simd.mul_add_f32s(value, weights[v], sums[v]);
                }
            }
        }
        for (r, sums) in sums.iter().enumerate() {
            all_sums[r * VECTORS..][..VECTORS].copy_from_slice(sums);
        }
    }
}
