use crate::check::{Judge, Subject, Verdict};
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ReferenceNll {
    /// The highest mean negative log-likelihood allowed, in nats per token of the reference.
    max: f64,
}

impl Judge for ReferenceNll {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        match subject.answer.reference_nll {
            None if subject.reference.is_none() => {
                Verdict::Skipped { reason: "the case has no reference to score".into() }
            }
            None => Verdict::Skipped { reason: "this provider gives no log-probabilities".into() },
            Some(nll) if !nll.is_finite() => {
                Verdict::Error { reason: "the likelihood of the reference is not a number".into() }
            }
            Some(nll) => Verdict::when(
                nll <= self.max,
                format!("{nll:.3} nats per token of the reference, allowed {}", self.max),
            ),
        }
    }

    fn faults(&self) -> Option<String> {
        (!(self.max.is_finite() && self.max >= 0.0))
            .then(|| format!("`max` is a number of nats, 0 or above, not {}", self.max))
    }
}
