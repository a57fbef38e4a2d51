//! The output head and what is asked of its logits, which exist for a few rows at a time only.

use rayon::prelude::*;

use super::linear::Linear;
use super::ops;

/// Rows whose logits exist at once.
const ROWS: usize = 256;

/// Logits for normalised rows of hidden states: (n, hidden) → (n, vocab), none beyond the cap.
pub(super) fn logits(head: &Linear, hidden: &[f32], cap: Option<f32>) -> Vec<f32> {
    let mut logits = head.product(hidden, None, None);
    if let Some(cap) = cap {
        let (_, vocab) = head.shape();
        logits.par_chunks_mut(vocab).for_each(|row| ops::cap_logits(row, cap));
    }
    logits
}

/// The first of the largest logits of each row; `None` where one is not finite.
pub(super) fn likeliest(head: &Linear, hidden: &[f32], cap: Option<f32>) -> Vec<Option<u32>> {
    let ((width, vocab), mut found) = (head.shape(), Vec::new());
    for hidden in hidden.chunks(ROWS * width) {
        let logits = logits(head, hidden, cap);
        found.par_extend(logits.par_chunks(vocab).map(|row| ops::all_finite(row).then(|| ops::argmax(row) as u32)));
    }
    found
}

/// The log-probability (natural log) of each target after its row of normalised hidden states, (n, hidden); not a number
/// where a logit of the row is not finite.
pub(super) fn log_probs(head: &Linear, hidden: &[f32], targets: &[u32], cap: Option<f32>) -> Vec<f32> {
    assert_eq!(hidden.len(), targets.len() * head.shape().0);
    let mut out = Vec::with_capacity(targets.len());
    for (logits, targets) in chunks(head, hidden, targets, cap) {
        let rows = logits.par_chunks(logits.len() / targets.len()).zip(targets);
        out.par_extend(rows.map(|(row, &target)| row[target as usize] - log_sum_exp(row)));
    }
    out
}

/// The loss (natural log), summed over rows of normalised hidden states, (n, hidden), each with the token that follows.
pub(super) fn loss(head: &Linear, hidden: &[f32], targets: &[u32], cap: Option<f32>) -> f64 {
    // In order, so that the sum depends on no thread.
    let sum = |log_probs: &[f32]| log_probs.iter().map(|p| -f64::from(*p)).sum::<f64>();
    log_probs(head, hidden, targets, cap).chunks(ROWS).map(sum).sum()
}

/// The same, with the gradient of `scale` times the loss with respect to `hidden`.
pub(super) fn loss_and_gradient(
    head: &Linear,
    hidden: &[f32],
    targets: &[u32],
    cap: Option<f32>,
    scale: f32,
) -> (f64, Vec<f32>) {
    let (mut loss, mut gradient) = (0.0, Vec::with_capacity(hidden.len()));
    for (mut logits, targets) in chunks(head, hidden, targets, cap) {
        let vocab = logits.len() / targets.len();
        let losses = logits.par_chunks_mut(vocab).zip(targets).map(|(row, &target)| {
            let log_sum = log_sum_exp(row);
            let loss = f64::from(log_sum - row[target as usize]);
            let capped = cap.map(|cap| (cap, row.to_vec()));
            ops::scaled_softmax(row, log_sum, scale);
            row[target as usize] -= scale;
            if let Some((cap, capped)) = capped {
                ops::cap_logits_back(&capped, cap, row);
            }
            loss
        });
        loss += losses.collect::<Vec<f64>>().iter().sum::<f64>();
        gradient.extend(head.product_back(&logits, None));
    }
    (loss, gradient)
}

fn log_sum_exp(row: &[f32]) -> f32 {
    if ops::all_finite(row) { ops::log_sum_exp(row) } else { f32::NAN }
}

fn chunks<'a>(
    head: &'a Linear,
    hidden: &'a [f32],
    targets: &'a [u32],
    cap: Option<f32>,
) -> impl Iterator<Item = (Vec<f32>, &'a [u32])> {
    let (width, _) = head.shape();
    let parts = hidden.chunks(ROWS * width).zip(targets.chunks(ROWS));
    parts.map(move |(hidden, targets)| (logits(head, hidden, cap), targets))
}
