//! Rounding weights to ggml's storage types, to the very bytes that llama.cpp writes without an importance matrix.
//!
//! A row is cut into blocks of 32 or 256 values, each of which is rounded alone: [`plain`] holds the types with one scale
//! (and perhaps one minimum) a block, [`nested`] those whose 256 values share scales that are themselves rounded. The
//! layouts are those of `ggml-common.h`, the searches those of the `quantize_row_*_ref` functions in `ggml-quants.c`.
//! Byte equality rests on IEEE single precision in one order without fused multiply-adds, which is what Rust means by
//! `a * b + c` on every machine.

mod bound;
mod encode;
mod nested;
mod plain;
#[cfg(test)]
pub(super) mod tests;

pub(super) use bound::bounds;
pub(super) use encode::{bits_per_weight, encode, fits};
