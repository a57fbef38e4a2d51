use super::against::against;
use crate::check::{Judge, Subject, Verdict};
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Levenshtein {
    /// The text to compare with; without it, the case's reference.
    #[serde(default)]
    value: Option<String>,
}

impl Judge for Levenshtein {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        against(subject, self.value.as_deref(), "Levenshtein similarity", similarity)
    }
}

/// 1 − distance / length of the longer text, where insertions, deletions and substitutions of a character (Unicode
/// scalar value) each cost 1; 1 for two empty texts.
pub(super) fn similarity(answer: &str, wanted: &str) -> f64 {
    strsim::normalized_levenshtein(answer, wanted)
}
