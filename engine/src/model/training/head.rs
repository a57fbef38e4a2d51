//! The output head and its loss together: logits exist for a few rows at a time only.

use rayon::prelude::*;

use super::super::linear::Linear;
use super::super::ops;

/// Rows whose logits exist at once.
const ROWS: usize = 256;

/// The loss (natural log), summed over rows of normalised hidden states, (n, hidden), each with the token that follows.
pub(super) fn loss(head: &Linear, hidden: &[f32], targets: &[u32]) -> f64 {
    chunks(head, hidden, targets).map(|(logits, targets)| rows(&logits, targets)).sum()
}

/// The same, with the gradient of `scale` times the loss with respect to `hidden`.
pub(super) fn loss_and_gradient(head: &Linear, hidden: &[f32], targets: &[u32], scale: f32) -> (f64, Vec<f32>) {
    let (mut loss, mut gradient) = (0.0, Vec::with_capacity(hidden.len()));
    for (mut logits, targets) in chunks(head, hidden, targets) {
        let vocab = logits.len() / targets.len();
        let losses = logits.par_chunks_mut(vocab).zip(targets).map(|(row, &target)| {
            let log_sum = ops::log_sum_exp(row);
            let loss = f64::from(log_sum - row[target as usize]);
            ops::scaled_softmax(row, log_sum, scale);
            row[target as usize] -= scale;
            loss
        });
        loss += losses.collect::<Vec<f64>>().iter().sum::<f64>();
        gradient.extend(head.product_back(&logits, None));
    }
    (loss, gradient)
}

fn chunks<'a>(head: &'a Linear, hidden: &'a [f32], targets: &'a [u32]) -> impl Iterator<Item = (Vec<f32>, &'a [u32])> {
    let (width, _) = head.shape();
    hidden
        .chunks(ROWS * width)
        .zip(targets.chunks(ROWS))
        .map(|(hidden, targets)| (head.product(hidden, None, None), targets))
}

fn rows(logits: &[f32], targets: &[u32]) -> f64 {
    let rows = logits.par_chunks(logits.len() / targets.len()).zip(targets);
    // In order, so that the sum depends on no thread.
    rows.map(|(row, &t)| f64::from(ops::log_sum_exp(row) - row[t as usize])).collect::<Vec<f64>>().iter().sum()
}
