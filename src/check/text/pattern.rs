use super::wording::{quote, text_fault};
use crate::check::{Judge, Subject, Verdict};
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::OnceLock;

/// The `regex` check. The crate `regex` matches in linear time, whatever the pattern.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Pattern {
    /// A regular expression (syntax of the Rust crate `regex`: no look-around; `(?i)` any case, `(?m)` `^` and `$` at
    /// every line).
    value: String,
    #[serde(skip)]
    compiled: OnceLock<Result<regex::Regex, String>>,
}

impl Pattern {
    fn regex(&self) -> &Result<regex::Regex, String> {
        self.compiled.get_or_init(|| {
            regex::Regex::new(&self.value).map_err(|error| {
                let text = error.to_string();
                // The last line of the crate's message is the cause; those before it draw the pattern.
                let cause = text.lines().last().unwrap_or_default().trim_start_matches("error: ");
                format!("the pattern {} is not valid: {cause}", quote(&self.value))
            })
        })
    }
}

impl Judge for Pattern {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        match self.regex() {
            Err(reason) => Verdict::Error { reason: reason.clone() },
            Ok(regex) => match regex.find(subject.text()) {
                Some(found) => Verdict::pass(format!("the pattern finds {}", quote(found.as_str()))),
                None => Verdict::fail(format!("the pattern {} finds nothing", quote(&self.value))),
            },
        }
    }

    fn faults(&self) -> Option<String> {
        text_fault(&self.value).or_else(|| self.regex().as_ref().err().cloned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::text::testing::{check, judge, sorts};

    #[test]
    fn finds_or_does_not() {
        let pattern = check::<Pattern>(r"value: '(?m)^\*\*As an? \w+'");
        sorts(&pattern, &["x\n**As a user"], &["see **As a user"]);
        assert_eq!(judge(&pattern, "**As an admin").reason(), "the pattern finds “**As an admin”");
        assert_eq!(pattern.faults(), None);
    }

    #[test]
    fn a_bad_pattern_is_a_fault() {
        let bad = check::<Pattern>("value: '(a'");
        assert_eq!(bad.faults().as_deref(), Some("the pattern “(a” is not valid: unclosed group"));
        assert!(matches!(judge(&bad, "a"), Verdict::Error { .. }));
        assert!(check::<Pattern>("value: '(?=a)'").faults().is_some_and(|f| f.contains("look-around")));
    }
}
