use super::Sequence;
use crate::error::Result;

/// How one pass over a micro-batch is made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pass {
    /// Gradients are those of the summed loss times this; one over all taught tokens of the whole batch.
    pub scale: f32,
    /// What dropout draws from; the same number gives the same mask.
    pub dropout_seed: u64,
}

/// What the loop needs of a model whose trained weights lie in one run of numbers.
pub trait Learner {
    /// The loss (natural log) summed over all taught tokens of `batch`.
    fn loss(&self, values: &[f32], batch: &[&Sequence]) -> Result<f64>;

    /// The same in training mode (dropout); adds the gradients to `gradients`, which is as long as `values`.
    fn gradients(&self, values: &[f32], batch: &[&Sequence], pass: &Pass, gradients: &mut [f32]) -> Result<f64>;
}
