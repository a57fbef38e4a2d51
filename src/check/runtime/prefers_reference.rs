use crate::check::{Judge, Subject, Verdict};
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PrefersReference {}

impl Judge for PrefersReference {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let Some(reference) = subject.reference else {
            return Verdict::Skipped { reason: "the case has no reference to prefer".into() };
        };
        let Some((behind, others)) = subject.answer.preferred(reference) else {
            return Verdict::Skipped {
                reason: "the case has no distractors, or this provider gives no likelihoods".into(),
            };
        };
        let margin = subject.answer.margin(reference);
        let by = margin.map(|margin| format!(", on average by {margin:+.2} nats a token")).unwrap_or_default();
        Verdict::part(behind, others, format!("likelier than {behind} of {others} bad answers{by}"))
    }
}
