use super::wording::{quote, text_fault};
use crate::check::{Judge, Subject, Verdict};
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StartsWith {
    /// How the answer should begin, spaces before it aside.
    value: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct EndsWith {
    /// How the answer should end, spaces after it aside.
    value: String,
}

impl Judge for StartsWith {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let text = subject.text().trim_start();
        let passed = text.starts_with(self.value.trim_start());
        let start: String = text.chars().take(self.value.chars().count() + 20).collect();
        Verdict::when(passed, reason(passed, "begins", &self.value, &start))
    }

    fn faults(&self) -> Option<String> {
        text_fault(&self.value)
    }
}

impl Judge for EndsWith {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let text = subject.text().trim_end();
        let passed = text.ends_with(self.value.trim_end());
        let skip = text.chars().count().saturating_sub(self.value.chars().count() + 20);
        let end: String = text.chars().skip(skip).collect();
        Verdict::when(passed, reason(passed, "ends", &self.value, &end))
    }

    fn faults(&self) -> Option<String> {
        text_fault(&self.value)
    }
}

fn reason(passed: bool, verb: &str, wanted: &str, found: &str) -> String {
    if passed {
        format!("the answer {verb} with {}", quote(wanted))
    } else {
        format!("the answer {verb} with {}; wanted: {}", quote(found), quote(wanted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::text::testing::{check, judge, sorts};

    #[test]
    fn starts_and_ends() {
        sorts(&check::<StartsWith>("value: '**As a**'"), &["\n**As a** user"], &["As a user", "", "Sure! **As a**"]);
        sorts(&check::<EndsWith>("value: Thanks"), &["Bye.\nThanks \n"], &["Thanks!", ""]);
        let verdict = judge(&check::<EndsWith>("value: Thanks"), "See you on the other side of the great launch, Sam");
        assert_eq!(verdict.reason(), "the answer ends with “e of the great launch, Sam”; wanted: “Thanks”");
    }
}
