use crate::check::{Judge, Subject, Verdict};
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Latency {
    /// The longest time allowed for the whole answer, in seconds.
    max: f64,
}

impl Judge for Latency {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let seconds = subject.answer.seconds;
        if !seconds.is_finite() {
            return Verdict::Skipped { reason: "the time was not measured".into() };
        }
        Verdict::when(seconds <= self.max, format!("took {seconds:.1} s, allowed {} s", self.max))
    }

    fn faults(&self) -> Option<String> {
        (!(self.max.is_finite() && self.max > 0.0))
            .then(|| format!("`max` is a number of seconds above 0, not {}", self.max))
    }
}
