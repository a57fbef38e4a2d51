use crate::check::{Judge, Subject, Verdict};
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Tokens {
    /// The fewest output tokens.
    #[serde(default)]
    min: Option<usize>,
    /// The most output tokens.
    #[serde(default)]
    max: Option<usize>,
}

impl Judge for Tokens {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let tokens = subject.answer.output_tokens;
        if self.min.is_some_and(|min| tokens < min) {
            return Verdict::fail(format!("{tokens} tokens, at least {} wanted", self.min.unwrap_or_default()));
        }
        if self.max.is_some_and(|max| tokens > max) {
            return Verdict::fail(format!("{tokens} tokens, at most {} allowed", self.max.unwrap_or_default()));
        }
        Verdict::pass(format!("{tokens} tokens"))
    }

    fn faults(&self) -> Option<String> {
        match (self.min, self.max) {
            (None, None) => Some("say `min`, `max` or both".into()),
            (Some(min), Some(max)) if min > max => Some(format!("`min` ({min}) is above `max` ({max})")),
            _ => None,
        }
    }
}
