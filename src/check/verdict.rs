use crate::provider::Answer;
use serde::{Deserialize, Serialize};

/// What a judge sees.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The whole user message (prompt and input, templates filled in).
    pub prompt: &'a str,
    pub reference: Option<&'a str>,
    /// Choices of a multiple-choice case; empty otherwise.
    pub choices: &'a [String],
    pub answer: &'a Answer,
}

impl<'a> Subject<'a> {
    pub fn text(&self) -> &'a str {
        &self.answer.text
    }
}

/// A check's result. Never a NaN, never a silent zero: what could not be judged says so.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "lowercase")]
pub enum Verdict {
    /// `score` in [0, 1].
    Pass {
        score: f64,
        reason: String,
    },
    Fail {
        score: f64,
        reason: String,
    },
    /// The check itself could not be carried out (a bad pattern found only at run time, say).
    Error {
        reason: String,
    },
    /// The check does not apply here (no log-probabilities from this endpoint, say); it does not count.
    Skipped {
        reason: String,
    },
}

impl Verdict {
    pub fn pass(reason: impl Into<String>) -> Self {
        Verdict::Pass { score: 1.0, reason: reason.into() }
    }

    pub fn fail(reason: impl Into<String>) -> Self {
        Verdict::Fail { score: 0.0, reason: reason.into() }
    }

    pub fn when(passed: bool, reason: impl Into<String>) -> Self {
        if passed { Self::pass(reason) } else { Self::fail(reason) }
    }

    /// A graded check: passes at `threshold` or above. `score` is clamped to [0, 1]; NaN is an error.
    pub fn graded(score: f64, threshold: f64, reason: impl Into<String>) -> Self {
        if score.is_nan() {
            return Verdict::Error { reason: format!("no score could be computed: {}", reason.into()) };
        }
        let (score, reason) = (score.clamp(0.0, 1.0), reason.into());
        if score >= threshold { Verdict::Pass { score, reason } } else { Verdict::Fail { score, reason } }
    }

    /// Part of the requirements met: `met` of `all`; passes only when all are met.
    pub fn part(met: usize, all: usize, reason: impl Into<String>) -> Self {
        let score = if all == 0 { 1.0 } else { met as f64 / all as f64 };
        Self::graded(score, 1.0, reason)
    }

    pub fn passed(&self) -> bool {
        matches!(self, Verdict::Pass { .. })
    }

    /// `None` for a check that was skipped or broke.
    pub fn score(&self) -> Option<f64> {
        match self {
            Verdict::Pass { score, .. } | Verdict::Fail { score, .. } => Some(*score),
            Verdict::Error { .. } | Verdict::Skipped { .. } => None,
        }
    }

    pub fn reason(&self) -> &str {
        match self {
            Verdict::Pass { reason, .. }
            | Verdict::Fail { reason, .. }
            | Verdict::Error { reason }
            | Verdict::Skipped { reason } => reason,
        }
    }

    /// The verdict of `not-…`: pass and fail change places, the score is turned round.
    pub fn negated(self) -> Self {
        match self {
            Verdict::Pass { score, reason } => Verdict::Fail { score: 1.0 - score, reason },
            Verdict::Fail { score, reason } => Verdict::Pass { score: 1.0 - score, reason },
            other => other,
        }
    }
}
