//! The matrix product all linears run on: activations (m, k) times a packed panel.
//!
//! Every product is one chain of fused multiply-adds over k in order, starting from zero, whatever the number of rows or
//! threads; what the output held before is added last. Of a weight that is held as codes, each group of k is such a chain
//! over codes, and the product is the chain of their results with the groups' scales and offsets ([`Groups`]). So a row's
//! result never depends on what else is in the batch, to the last bit.

use super::simd;
use pulp::{Simd, WithSimd};
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ops::Range;

/// Vectors per panel row. Three with 8 rows of activations are 24 accumulators, which with 3 panel vectors and one
/// broadcast fit the 32 vector registers of AVX-512 and NEON. AVX2 has 16: two with 6 rows are 12, and leave room for the
/// rest, where three with 4 are as many and spill (54 against 80 GFLOP/s a core). Without vectors two as well: the width
/// must be even, since two codes share a byte.
const fn vectors(lanes: usize) -> usize {
    if lanes == AVX2 || lanes == 1 { 2 } else { 3 }
}

/// Lanes of a vector of f32 under AVX2.
const AVX2: usize = 8;
/// A cache line of f32.
const LINE: usize = 16;

/// Values in a vector on this machine.
pub(crate) fn vector() -> usize {
    struct Lanes;
    impl WithSimd for Lanes {
        type Output = usize;
        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) -> usize {
            S::F32_LANES
        }
    }
    simd::arch().dispatch(Lanes)
}

/// Output rows per panel on this machine.
pub(crate) fn width() -> usize {
    vectors(vector()) * vector()
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

/// What a product is added to: (rows, stride) values, one row of `stride` for all rows, both or nothing.
#[derive(Clone, Copy, Default)]
pub(crate) struct Onto<'a> {
    pub matrix: Option<&'a [f32]>,
    pub row: Option<&'a [f32]>,
}

/// Where products go: a matrix of `stride` columns that several threads fill, each its own places.
#[derive(Clone, Copy)]
pub(crate) struct Output<'a> {
    base: *mut MaybeUninit<f32>,
    stride: usize,
    rows: usize,
    onto: Onto<'a>,
}

// SAFETY: `sums` and `finish` are the only access; their callers give every thread places of its own (see there).
unsafe impl Send for Output<'_> {}
unsafe impl Sync for Output<'_> {}

impl<'a> Output<'a> {
    pub fn new(values: &'a mut [MaybeUninit<f32>], stride: usize, onto: Onto<'a>) -> Self {
        let rows = values.len() / stride.max(1);
        assert!(onto.matrix.is_none_or(|m| m.len() == rows * stride) && onto.row.is_none_or(|r| r.len() == stride));
        Self { base: values.as_mut_ptr(), stride, rows, onto }
    }

    /// The sums of `rows` and of the columns from `column` on, `width` of them, as a place for [`multiply`].
    ///
    /// # Safety
    /// No other thread may touch those places meanwhile, and the memory must still be borrowed.
    pub unsafe fn sums(&self, rows: Range<usize>, column: usize, width: usize) -> Sums<'a> {
        assert!(rows.end <= self.rows && column + width <= self.stride);
        // SAFETY: the first place lies in the matrix.
        let base = unsafe { self.base.add(rows.start * self.stride + column) };
        Sums { base, stride: self.stride, rows: rows.len(), width, borrowed: PhantomData }
    }

    /// Adds what the product goes onto to the places `sums` was given for, now that they hold its `lanes` columns.
    /// `aside`, (rows, any), holds them instead if it is not empty.
    ///
    /// # Safety
    /// As for `sums`.
    pub unsafe fn finish(&self, rows: Range<usize>, column: usize, lanes: usize, aside: &[f32]) {
        assert!(rows.end <= self.rows && column + lanes <= self.stride);
        let width = aside.len() / rows.len().max(1);
        for (i, row) in rows.enumerate() {
            let start = row * self.stride + column;
            // SAFETY: the row is one of the matrix and column + lanes <= stride, so the slice lies in it; its values are
            // written first or were by `multiply`; the rest is the caller's promise.
            let out = unsafe {
                let out = std::slice::from_raw_parts_mut(self.base.add(start), lanes);
                if !aside.is_empty() {
                    out.iter_mut().zip(&aside[i * width..]).for_each(|(out, sum)| _ = out.write(*sum));
                }
                std::slice::from_raw_parts_mut(self.base.add(start).cast::<f32>(), lanes)
            };
            match (self.onto.matrix.map(|m| &m[start..]), self.onto.row.map(|r| &r[column..])) {
                (None, None) => {}
                (Some(x), None) => out.iter_mut().zip(x).for_each(|(out, x)| *out += x),
                (None, Some(b)) => out.iter_mut().zip(b).for_each(|(out, b)| *out += b),
                (Some(x), Some(b)) => out.iter_mut().zip(x).zip(b).for_each(|((out, x), b)| *out += x + b),
            }
        }
    }
}

/// Where [`multiply`] keeps its sums: (rows, `width`), the rows `stride` apart.
pub(crate) struct Sums<'a> {
    base: *mut MaybeUninit<f32>,
    stride: usize,
    rows: usize,
    width: usize,
    borrowed: PhantomData<&'a mut [f32]>,
}

impl<'a> Sums<'a> {
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The sums of columns `from..from + width`.
    pub fn columns(&mut self, from: usize, width: usize) -> Sums<'_> {
        self.part(0..self.rows, from, width)
    }

    /// The sums of some rows and of columns `from..from + width`.
    pub fn part(&mut self, rows: Range<usize>, from: usize, width: usize) -> Sums<'_> {
        assert!(rows.start <= rows.end && rows.end <= self.rows && from + width <= self.width);
        // SAFETY: the rows and columns are some of the sums'.
        let base = unsafe { self.base.add(rows.start * self.stride + from) };
        Sums { base, stride: self.stride, rows: rows.len(), width, borrowed: PhantomData }
    }

    pub fn width(&self) -> usize {
        self.width
    }

    /// Where a row's `width` sums begin; they may hold nothing yet.
    pub fn row(&self, row: usize) -> *mut f32 {
        assert!(row < self.rows);
        // SAFETY: the row is one of the sums'.
        unsafe { self.base.add(row * self.stride).cast() }
    }

    /// All of `values`, (any, `width`).
    pub fn of(values: &'a mut [f32], width: usize) -> Self {
        Self {
            base: values.as_mut_ptr().cast(),
            stride: width,
            rows: values.len() / width,
            width,
            borrowed: PhantomData,
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

/// The left operand of a product: `(rows, depth)`, either row-major or the transpose of a row-major matrix.
#[derive(Clone, Copy)]
pub(crate) struct Left<'a> {
    pub values: &'a [f32],
    /// Values from one row of the stored matrix to the next.
    pub stride: usize,
    /// Where the first row and the first value of depth lie.
    pub from: usize,
    /// The stored matrix is (depth, rows).
    pub transposed: bool,
}

impl<'a> Left<'a> {
    /// Columns `from..` of a row-major matrix of `stride` columns.
    pub fn rows(values: &'a [f32], stride: usize, from: usize) -> Self {
        Self { values, stride, from, transposed: false }
    }

    /// The same, transposed: its columns are the rows of the product.
    pub fn columns(values: &'a [f32], stride: usize, from: usize) -> Self {
        Self { values, stride, from, transposed: true }
    }
}

/// The right operand: `(depth, width)`, with rows `stride` apart from `from` on.
#[derive(Clone, Copy)]
pub(crate) struct Right<'a> {
    pub values: &'a [f32],
    pub stride: usize,
    pub from: usize,
}

impl<'a> Right<'a> {
    /// A chunk of a packed panel, (depth, width) without gaps.
    pub fn packed(values: &'a [f32], width: usize) -> Self {
        Self { values, stride: width, from: 0 }
    }
}

/// What makes sums over weights of sums over codes, group by group of depth: Σ x · (scale · code + offset) is
/// scale · Σ x · code + offset · Σ x.
#[derive(Clone, Copy)]
pub(crate) struct Groups<'a> {
    /// Terms of a group.
    pub depth: usize,
    /// (groups, width)
    pub scales: &'a [f32],
    /// As many, or none where all are zero.
    pub offsets: &'a [f32],
    /// Σ x of every group, (rows, groups), the rows `stride` apart; not used without offsets.
    pub totals: &'a [f32],
    pub stride: usize,
}

/// `sums += left · right` over `depth` terms, or `sums = left · right` if they are `fresh` and hold nothing yet. Their
/// width is one to three vectors. Going over an operand piece by piece continues the same chains of multiply-adds.
pub(crate) fn multiply(left: Left<'_>, right: Right<'_>, depth: usize, sums: &mut Sums<'_>, fresh: bool) {
    dispatch(Multiply { left, right, depth, groups: None, sums, fresh, ahead: &[] });
}

/// The same for a right operand of codes, whole groups of them, and sums as wide as a panel; `left` is not transposed.
/// Meanwhile the bytes of `ahead`, which will be wanted next, are fetched from memory.
pub(crate) fn multiply_codes(
    left: Left<'_>,
    codes: Right<'_>,
    groups: Groups<'_>,
    sums: &mut Sums<'_>,
    fresh: bool,
    ahead: &[u8],
) {
    let (rows, width) = (sums.rows, sums.width);
    let count = groups.scales.len() / width;
    assert!(width == self::width() && !left.transposed && groups.scales.len() == count * width);
    if !groups.offsets.is_empty() {
        assert!(groups.offsets.len() == count * width);
        assert!(rows == 0 || groups.totals.len() >= (rows - 1) * groups.stride + count);
    }
    let depth = count * groups.depth;
    dispatch(Multiply { left, right: codes, depth, groups: Some(groups), sums, fresh, ahead });
}

fn dispatch(multiply: Multiply<'_, '_>) {
    let Multiply { left, right, depth, ref sums, .. } = multiply;
    let (rows, width) = (sums.rows, sums.width);
    if rows == 0 || depth == 0 {
        return;
    }
    let (along, across) = if left.transposed { (depth, rows) } else { (rows, depth) };
    assert!(left.from + (along - 1) * left.stride + across <= left.values.len());
    assert!(right.from + (depth - 1) * right.stride + width <= right.values.len());
    simd::arch().dispatch(multiply);
}

/// The narrowest panel that holds `lanes` columns, if one can; else the widest.
pub(crate) fn narrowest(lanes: usize) -> usize {
    lanes.next_multiple_of(vector()).clamp(vector(), width())
}

/// The widest panel of those that leave the fewest lanes empty behind `columns`.
pub(crate) fn fitting(columns: usize) -> usize {
    let sizes = (1..=width() / vector()).rev().map(|vectors| vectors * vector());
    sizes.min_by_key(|size| columns.next_multiple_of(*size)).unwrap_or(1)
}

struct Multiply<'a, 's> {
    left: Left<'a>,
    right: Right<'a>,
    depth: usize,
    groups: Option<Groups<'a>>,
    sums: &'a mut Sums<'s>,
    fresh: bool,
    ahead: &'a [u8],
}

impl WithSimd for Multiply<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match (self.sums.width / S::F32_LANES, self.left.transposed, self.groups.is_some()) {
            (3, false, true) => self.run::<S, 3, false, true>(simd),
            (2, false, true) => self.run::<S, 2, false, true>(simd),
            (3, false, false) => self.run::<S, 3, false, false>(simd),
            (2, false, false) => self.run::<S, 2, false, false>(simd),
            (1, false, false) => self.run::<S, 1, false, false>(simd),
            (3, true, false) => self.run::<S, 3, true, false>(simd),
            (2, true, false) => self.run::<S, 2, true, false>(simd),
            (1, true, false) => self.run::<S, 1, true, false>(simd),
            _ => unreachable!("sums are one to three vectors wide, those of codes as wide as a panel"),
        }
    }
}

impl Multiply<'_, '_> {
    #[inline(always)]
    fn run<S: Simd, const V: usize, const TRANSPOSED: bool, const CODES: bool>(self, simd: S) {
        // Narrow sums need more rows to keep the multipliers busy.
        let most = match (S::F32_LANES == AVX2, V) {
            (true, 1) => 12,
            (true, 2) => 6,
            (true, _) => 4,
            (false, 1) => 16,
            (false, _) => 8,
        };
        let (mut row, rows) = (0, self.sums.rows);
        // Spread over the tiles, so that memory works while the processor does.
        let share = self.ahead.len().div_ceil(rows.div_ceil(most)).max(1);
        let mut ahead = self.ahead.chunks(share);
        while row < rows {
            let tile = match rows - row {
                left if left >= most => most,
                left => left.min(if S::F32_LANES == AVX2 { 6 } else { 8 }),
            };
            if let Some(bytes) = ahead.next() {
                (0..bytes.len()).step_by(4 * LINE).for_each(|at| prefetch(bytes, at));
            }
            match tile {
                16 => self.tile::<S, 16, V, TRANSPOSED, CODES>(simd, row),
                12 => self.tile::<S, 12, V, TRANSPOSED, CODES>(simd, row),
                8 => self.tile::<S, 8, V, TRANSPOSED, CODES>(simd, row),
                7 => self.tile::<S, 7, V, TRANSPOSED, CODES>(simd, row),
                6 => self.tile::<S, 6, V, TRANSPOSED, CODES>(simd, row),
                5 => self.tile::<S, 5, V, TRANSPOSED, CODES>(simd, row),
                4 => self.tile::<S, 4, V, TRANSPOSED, CODES>(simd, row),
                3 => self.tile::<S, 3, V, TRANSPOSED, CODES>(simd, row),
                2 => self.tile::<S, 2, V, TRANSPOSED, CODES>(simd, row),
                _ => self.tile::<S, 1, V, TRANSPOSED, CODES>(simd, row),
            }
            row += tile;
        }
    }

    #[inline(always)]
    fn tile<S: Simd, const ROWS: usize, const V: usize, const TRANSPOSED: bool, const CODES: bool>(
        &self,
        simd: S,
        row: usize,
    ) {
        let Left { values, stride, from, .. } = self.left;
        let right = self.right;
        // SAFETY: rows of the sums, each V vectors wide.
        let places: [*mut f32; ROWS] =
            std::array::from_fn(|r| unsafe { self.sums.base.add((row + r) * self.sums.stride).cast() });
        // SAFETY: `dispatch` has checked the last row and column of both operands. Pointers, since indices of rows would
        // be added up in vector registers.
        let rows: [*const f32; ROWS] = std::array::from_fn(|r| unsafe {
            values.as_ptr().add(if TRANSPOSED { from + row + r } else { from + (row + r) * stride })
        });
        let weights = unsafe { right.values.as_ptr().add(right.from) };
        let step = if TRANSPOSED { stride } else { 1 };
        match self.groups {
            Some(groups) if CODES => {
                let (width, mut fresh) = (V * S::F32_LANES, self.fresh);
                for (group, scales) in groups.scales.chunks_exact(width).enumerate() {
                    let mut terms = [[simd.splat_f32s(0.0); V]; ROWS];
                    let (at, weights) = (group * groups.depth, weights.wrapping_add(group * groups.depth * width));
                    // SAFETY: as above.
                    unsafe {
                        add_terms(simd, rows.map(|row| row.add(at)), 1, weights, width, groups.depth, &mut terms)
                    };
                    let (scales, _) = S::as_simd_f32s(scales);
                    let offsets = groups.offsets.get(group * width..).unwrap_or_default();
                    let (offsets, _) = S::as_simd_f32s(offsets);
                    for r in 0..ROWS {
                        // SAFETY: as above; sums that are not fresh hold values.
                        let held: [S::f32s; V] = if fresh {
                            [simd.splat_f32s(0.0); V]
                        } else {
                            let place = unsafe { std::slice::from_raw_parts(places[r], width) };
                            let (held, _) = S::as_simd_f32s(place);
                            std::array::from_fn(|v| held[v])
                        };
                        let mut sums: [S::f32s; V] =
                            std::array::from_fn(|v| simd.mul_add_f32s(scales[v], terms[r][v], held[v]));
                        if !offsets.is_empty() {
                            let total = simd.splat_f32s(groups.totals[(row + r) * groups.stride + group]);
                            sums = std::array::from_fn(|v| simd.mul_add_f32s(offsets[v], total, sums[v]));
                        }
                        // SAFETY: as above; they are written as a whole.
                        unsafe { write(simd, places[r], sums) };
                    }
                    fresh = false;
                }
            }
            _ => {
                let mut sums = [[simd.splat_f32s(0.0); V]; ROWS];
                if !self.fresh {
                    for (sums, place) in sums.iter_mut().zip(places) {
                        // SAFETY: as above; sums that are not fresh hold values.
                        let (held, _) = S::as_simd_f32s(unsafe { std::slice::from_raw_parts(place, V * S::F32_LANES) });
                        sums.copy_from_slice(held);
                    }
                }
                // SAFETY: as above.
                unsafe { add_terms(simd, rows, step, weights, right.stride, self.depth, &mut sums) };
                for (sums, place) in sums.into_iter().zip(places) {
                    // SAFETY: as above; they are written as a whole.
                    unsafe { write(simd, place, sums) };
                }
            }
        }
    }
}

/// Terms added between two looks at whether all are: as little work as possible beside the multiply-adds.
const UNROLLED: usize = 4;

/// Adds `depth` terms to `sums`, each the product of a value of every row and V vectors of weights; values lie `step` apart
/// and vectors `stride`.
///
/// # Safety
/// All of them must be there.
#[inline(always)]
unsafe fn add_terms<S: Simd, const ROWS: usize, const V: usize>(
    simd: S,
    rows: [*const f32; ROWS],
    step: usize,
    weights: *const f32,
    stride: usize,
    depth: usize,
    sums: &mut [[S::f32s; V]; ROWS],
) {
    let (mut i, whole) = (0, depth / UNROLLED * UNROLLED);
    // SAFETY: the caller's promise.
    unsafe {
        while i < whole {
            for j in i..i + UNROLLED {
                add_term(simd, rows, j * step, weights.wrapping_add(j * stride), sums);
            }
            i += UNROLLED;
        }
        while i < depth {
            add_term(simd, rows, i * step, weights.wrapping_add(i * stride), sums);
            i += 1;
        }
    }
}

/// Adds to `sums` the products of the value `at` of each row and V vectors of weights.
///
/// # Safety
/// The values and the vectors must be there.
#[inline(always)]
unsafe fn add_term<S: Simd, const ROWS: usize, const V: usize>(
    simd: S,
    rows: [*const f32; ROWS],
    at: usize,
    weights: *const f32,
    sums: &mut [[S::f32s; V]; ROWS],
) {
    // SAFETY: the caller's promise.
    let (vectors, _) = S::as_simd_f32s(unsafe { std::slice::from_raw_parts(weights, V * S::F32_LANES) });
    let vectors: [S::f32s; V] = std::array::from_fn(|v| vectors[v]);
    for (sums, row) in sums.iter_mut().zip(rows) {
        // SAFETY: the caller's promise.
        let value = simd.splat_f32s(unsafe { *row.add(at) });
        for v in 0..V {
            sums[v] = simd.mul_add_f32s(value, vectors[v], sums[v]);
        }
    }
}

/// Writes V vectors.
///
/// # Safety
/// There must be room for them.
#[inline(always)]
unsafe fn write<S: Simd, const V: usize>(_: S, place: *mut f32, vectors: [S::f32s; V]) {
    // SAFETY: the caller's promise.
    let (out, _) = S::as_mut_simd_f32s(unsafe { std::slice::from_raw_parts_mut(place, V * S::F32_LANES) });
    out.copy_from_slice(&vectors);
}
