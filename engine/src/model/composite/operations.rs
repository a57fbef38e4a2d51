//! The pieces of a layer and of the loss in plain candle operations, which candle differentiates.
//!
//! None of them is one of candle's fused operations: those cut the graph without a word.

use candle_core::{D, Result, Tensor};

use crate::files::Activation;

/// x / √(mean(x²) + eps) · weight, row by row. Not a number where the squares overflow, rather than 0.
pub(crate) fn rms_norm(x: &Tensor, weight: &Tensor, eps: f64) -> Result<Tensor> {
    let root = (x.sqr()?.mean_keepdim(D::Minus1)? + eps)?.sqrt()?;
    let nothing = (&root * 0.0)?.detach(); // nothing, but no number where the root is infinite
    let root = (root + nothing)?;
    x.broadcast_div(&root)?.broadcast_mul(weight)
}

/// activation(gate) · up, with gate and up side by side in each row: (tokens, 2n) → (tokens, n).
pub(crate) fn gated(activation: Activation, gate_up: &Tensor) -> Result<Tensor> {
    let width = gate_up.dim(1)? / 2;
    let gate = gate_up.narrow(1, 0, width)?;
    let active = match activation {
        Activation::Silu => gate.silu()?,
        // Candle's is the approximation with tanh.
        Activation::GeluTanh => gate.gelu()?,
    };
    active.mul(&gate_up.narrow(1, width, width)?)
}

/// Logits bent to stay within the cap; what is not finite ends as no number.
pub(crate) fn capped(logits: Tensor, cap: Option<f32>) -> Result<Tensor> {
    let Some(cap) = cap.map(f64::from) else { return Ok(logits) };
    let nothing = (&logits * 0.0)?.detach();
    ((&logits / cap)?.tanh()? * cap)? + nothing
}

pub(crate) fn softmax(scores: &Tensor) -> Result<Tensor> {
    let most = scores.max_keepdim(D::Minus1)?.detach();
    let weights = scores.broadcast_sub(&most)?.exp()?;
    weights.broadcast_div(&weights.sum_keepdim(D::Minus1)?)
}

/// The loss (natural log) of each row of logits, (n, vocab), against the token that follows: (n, 1).
pub(crate) fn losses(logits: &Tensor, targets: &[u32]) -> Result<Tensor> {
    let most = logits.max_keepdim(1)?.detach();
    let log_sum = (logits.broadcast_sub(&most)?.exp()?.sum_keepdim(1)?.log()? + most)?;
    log_sum - logits.gather(&Tensor::from_slice(targets, (targets.len(), 1), logits.device())?, 1)?
}
