//! The loss of an adapter over a frozen base, and its gradient, on this processor.
//!
//! No graph is recorded. Each layer keeps what its backward pass needs (or, with checkpointing, its input only, and is
//! run again); the passes are written out by hand, each operation beside its derivative, over the same layers, packed
//! weights and kernels as reading. Sequences lie flat, one after another, never padded.

mod attention;
mod layer;
mod site;
mod trainee;

pub use trainee::Trainee;

#[cfg(test)]
mod tests;
