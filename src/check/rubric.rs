use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The average a version should reach on every criterion, by the founding guide.
pub const TARGET_SCORE: f64 = 4.0;

/// The five things people score from 1 to 5, and that every automatic check speaks for one of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Criterion {
    Accuracy,
    Format,
    Relevance,
    Completeness,
    Tone,
}

impl Criterion {
    pub const ALL: [Criterion; 5] =
        [Criterion::Accuracy, Criterion::Format, Criterion::Relevance, Criterion::Completeness, Criterion::Tone];
}

/// A version's automatic score on one criterion, on the rubric's 1–5 scale: 1 + 4 × the weighted mean of
/// `(score in [0, 1], weight)`. `None` when nothing with weight speaks for the criterion.
/// Shown as automatic, never mixed with people's scores.
pub fn automatic_score(scores: impl IntoIterator<Item = (f64, f64)>) -> Option<f64> {
    let (sum, weight) = scores.into_iter().fold((0.0, 0.0), |(s, w), (score, weight)| (s + score * weight, w + weight));
    (weight > 0.0).then(|| 1.0 + 4.0 * sum / weight)
}
