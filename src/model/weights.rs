//! Weights by name, the same for every file format.

use std::sync::Arc;

use candle_core::Tensor;
use candle_core::quantized::QTensor;

use crate::error::Result;

/// One weight as its file holds it: F32, F16 and BF16 dense, everything else still quantized.
#[derive(Debug, Clone)]
pub enum Weight {
    Dense(Tensor),
    Quantized(Arc<QTensor>),
}

/// Where weights come from. Names, shapes and row order are Hugging Face's (`model.layers.0.self_attn.q_proj.weight`,
/// `(out, in)`, q and k in halves rather than interleaved pairs), whatever the file's own convention.
pub trait Weights: Send + Sync {
    /// The weight called `name`, on the CPU. Errors when it is missing or has another shape.
    fn get(&self, name: &str, shape: &[usize]) -> Result<Weight>;
    fn contains(&self, name: &str) -> bool;
}
