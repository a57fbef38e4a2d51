//! The loss of an adapter over a frozen [`super::Decoder`], and its gradient.
//!
//! No graph is recorded. Each layer keeps what its backward pass needs (or, with checkpointing, its input only, and is
//! run again); the passes are written out by hand, each operation beside its derivative, over the same packed weights
//! and kernels as the forward pass. Sequences lie flat, one after another, never padded. [`composite`] says the same in
//! [`plain`] candle operations over [`frozen`] weights: it serves other devices, and as the oracle of these.

mod attention;
mod composite;
mod dropout;
mod frozen;
mod head;
mod layer;
mod plain;
mod site;
mod trainee;

pub use trainee::{Dropout, Passage, Trainee};

#[cfg(test)]
mod tests;
