//! The losses of a training as a curve, and levels of it that noise does not move.

use super::log::{Entry, loss_words};

/// The losses of a training. Steps are in order, and so are validations.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Curve {
    /// Of the steps.
    pub training: Vec<Point>,
    /// Of the held-out examples.
    pub validation: Vec<Point>,
}

/// One loss: mean per taught token, natural log.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Steps done.
    pub step: usize,
    /// Counted from 1; 0 for a validation before training.
    pub epoch: usize,
    /// Mean over the taught tokens, natural log.
    pub loss: f64,
}

impl Curve {
    /// Of the lines of a loss log.
    pub fn of(entries: &[Entry]) -> Self {
        let point = |e: &Entry| Point { step: e.step, epoch: e.epoch, loss: e.loss };
        let (validation, training): (Vec<&Entry>, Vec<&Entry>) = entries.iter().partition(|e| e.is_validation());
        Self {
            training: training.into_iter().map(point).collect(),
            validation: validation.into_iter().map(point).collect(),
        }
    }

    /// The lowest validation; the earliest of equals. Before training counts too: nothing learnt may be the best there is.
    pub fn best(&self) -> Option<Point> {
        let finite = self.validation.iter().filter(|point| point.loss.is_finite());
        finite.copied().reduce(|best, point| if point.loss < best.loss { point } else { best })
    }

    /// The epoch that training ended in.
    pub fn last_epoch(&self) -> usize {
        self.training.last().map_or(0, |point| point.epoch)
    }

    /// The middle training loss of an epoch.
    pub fn level(&self, epoch: usize) -> Option<f64> {
        let losses: Vec<f64> = self.training.iter().filter(|p| p.epoch == epoch).map(|p| p.loss).collect();
        (!losses.is_empty()).then(|| median(&losses))
    }

    /// Every training loss, in the order of the steps.
    pub fn losses(&self) -> Vec<f64> {
        self.training.iter().map(|point| point.loss).collect()
    }

    /// The first loss that is no number.
    pub fn broken(&self) -> Option<Point> {
        let all = self.training.iter().chain(&self.validation);
        all.filter(|point| !point.loss.is_finite()).min_by_key(|point| point.step).copied()
    }
}

/// The middle value, or the mean of the two in the middle; not a number for none.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match (sorted.get(sorted.len().saturating_sub(1) / 2), sorted.get(sorted.len() / 2)) {
        (Some(low), Some(high)) => (low + high) / 2.0,
        _ => f64::NAN,
    }
}

/// The standard error of a median of `size` losses. The scatter comes from differences of neighbours, which a trend
/// does not touch (von Neumann 1941), through their median, which outliers do not touch: for normal noise the median of
/// |x − y| is 0.954 σ, and a median of n scatters by 1.253 σ/√n.
pub fn median_error(losses: &[f64], size: usize) -> f64 {
    let steps: Vec<f64> = losses.windows(2).map(|pair| (pair[1] - pair[0]).abs()).collect();
    if steps.is_empty() {
        return 0.0;
    }
    1.253 * (median(&steps) / 0.954) / (size.max(1) as f64).sqrt()
}

/// Where the losses began and ended, in words; `None` before the first step.
pub fn course(curve: &Curve) -> Option<String> {
    let last = curve.last_epoch();
    let (first, end) = (curve.level(1)?, curve.level(last)?);
    let training = match last {
        1 => {
            let (first, end) = (curve.training.first()?.loss, curve.training.last()?.loss);
            format!("The training loss went from {} to {}", loss_words(first), loss_words(end))
        }
        _ => format!(
            "The training loss was {} in the first epoch and {} in the last",
            loss_words(first),
            loss_words(end)
        ),
    };
    Some(match curve.best() {
        Some(best) => format!(
            "{training}. What is kept is the state {}, where the validation loss was lowest: {}.",
            after_epoch(best.epoch),
            loss_words(best.loss)
        ),
        None => format!("{training}."),
    })
}

/// `after epoch 2`; a validation before training counts as epoch 0.
pub fn after_epoch(epoch: usize) -> String {
    if epoch == 0 { "of before training".into() } else { format!("after epoch {epoch}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::LossKind;

    #[test]
    fn a_log_becomes_a_curve() {
        let kind = LossKind::Train { learning_rate: 1e-4, gradient_norm: 1.0 };
        let step = Entry { step: 1, epoch: 1, kind, loss: 2.0, tokens: 9, seconds: 1.0 };
        let check = Entry { kind: LossKind::Validation, loss: 1.5, ..step };
        let curve = Curve::of(&[Entry { step: 0, epoch: 0, loss: 1.9, ..check }, step, check]);
        assert_eq!((curve.training.len(), curve.validation.len()), (1, 2));
        assert_eq!(curve.best(), Some(Point { step: 1, epoch: 1, loss: 1.5 }));
        let told = course(&curve).unwrap();
        assert!(told.ends_with("What is kept is the state after epoch 1, where the validation loss was lowest: 1.50."));
        assert_eq!(course(&Curve::default()), None);
    }
}
