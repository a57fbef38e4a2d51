use crate::check::{Judge, Subject, Verdict};
use crate::provider::Stop;
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Truncated {}

impl Judge for Truncated {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let tokens = subject.answer.output_tokens;
        match subject.answer.stop {
            Stop::Length => Verdict::pass(format!("cut off at the longest allowed length, {tokens} tokens")),
            Stop::End => Verdict::fail("the model ended by itself"),
            Stop::StopString => Verdict::fail("ended at a stop string"),
            Stop::Scored => Verdict::Skipped { reason: "nothing was written: the choices were scored".into() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{answer, judge};
    use super::*;

    #[test]
    fn only_the_length_limit_truncates() {
        let judge: Truncated = judge("{}");
        for (stop, passed) in
            [(Stop::Length, Some(1.0)), (Stop::End, Some(0.0)), (Stop::StopString, Some(0.0)), (Stop::Scored, None)]
        {
            let answer = crate::provider::Answer { stop, ..answer("Half a sen") };
            let subject = Subject { prompt: "", reference: None, choices: &[], answer: &answer };
            assert_eq!(judge.judge(&subject).score(), passed, "{stop:?}");
        }
    }
}
