use super::against::{graded, wanted};
use crate::base::{self, BaseName, SENTENCES};
use crate::check::{Judge, Subject, Verdict};
use engine::embed::{Embedder, cosine};
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::LazyLock;

/// Compares meanings: the cosine of two texts' sentence vectors (all-MiniLM-L6-v2), negative ones as 0. Of a text longer
/// than 256 tokens, about 190 words, the rest is not read. `pmtune eval` pulls the model (91 MB) when a suite first asks.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Similar {
    /// The text to compare with; without it, the case's reference.
    #[serde(default)]
    value: Option<String>,
}

/// The sentence model of this process, opened when a check first asks; else the verdict to give.
static EMBEDDER: LazyLock<Result<Embedder, Verdict>> = LazyLock::new(|| {
    let opened = base::local(&BaseName::Named(SENTENCES.into()))
        .and_then(|model| model.map(|model| Embedder::open(&model.path)).transpose());
    match opened {
        Ok(Some(embedder)) => Ok(embedder),
        Ok(None) => {
            let reason = format!("the sentence model is not on this computer; `pmtune pull {SENTENCES}` gets it");
            Err(Verdict::Skipped { reason })
        }
        Err(error) => Err(Verdict::Error { reason: error.to_string() }),
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
        match embedder.vectors(&[subject.text(), wanted]) {
            Ok(vectors) => graded(cosine(&vectors[0], &vectors[1]), "similarity of meaning"),
            Err(error) => Verdict::Error { reason: error.to_string() },
        }
    }

    fn compares_meanings(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::text::testing::{check, judge, judge_against};

    #[test]
    fn asks_for_a_text_to_compare_with() {
        assert!(matches!(judge(&check::<Similar>("{}"), "x"), Verdict::Error { .. }));
        assert!(matches!(judge_against(&check::<Similar>("{}"), "x", Some(" ")), Verdict::Error { .. }));
    }
}
