//! The forward and the backward pass of all families, over the weights that `files` reads.
//!
//! A [`Decoder`] packs them and computes with them on this processor: [`Span`]s of many sequences in one pass, each with
//! a cache of its own and, if it likes, an adapter that adds a trained LoRA. [`Trainee`] takes the same layers there and
//! back. [`Composite`] does both in candle's own operations: for the devices that candle serves, and as the oracle of
//! the other. What generation needs of either is [`Forward`].

mod adapter;
mod attention;
mod cache;
mod coded;
mod codes;
mod composite;
mod decoder;
mod dropout;
mod forward;
mod fused;
mod half;
mod head;
mod heads;
mod kernel;
mod layer;
mod linear;
mod ops;
mod panels;
mod passage;
mod rope;
pub(crate) mod simd;
mod training;

pub use adapter::Adapter;
pub use cache::Cache;
pub use composite::Composite;
pub use decoder::Decoder;
pub use dropout::Dropout;
pub use forward::{Forward, Span};
pub use passage::Passage;
pub use simd::Simd;
pub use training::Trainee;

pub(crate) use linear::Linear;
pub(crate) use ops::{all_finite, argmax, by_row, exp, max as maximum, scaled_softmax, sum, vectorised};
