use super::prose::enumerate;
use crate::check::lexicon::{has_term, plain_lower};
use crate::check::{Judge, Subject, Verdict};
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ForbiddenTerms {
    /// Words or phrases that must not appear. Each form counts by itself: "leverage" does not forbid "leveraged".
    value: Vec<String>,
}

impl Judge for ForbiddenTerms {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let text = plain_lower(subject.text());
        let found: Vec<String> = self
            .value
            .iter()
            .filter(|term| has_term(&text, plain_lower(term).trim()))
            .map(|term| format!("\"{}\"", term.trim()))
            .collect();
        match found.as_slice() {
            [] => Verdict::pass("no forbidden term appears"),
            _ => Verdict::fail(format!("forbidden: {}", enumerate(&found))),
        }
    }

    fn faults(&self) -> Option<String> {
        (self.value.is_empty() || self.value.iter().any(|t| t.trim().is_empty()))
            .then(|| "`value` lists at least one term, none of them empty".into())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_fails, assert_passes, judge};
    use super::*;

    #[test]
    fn whole_words_in_any_case() {
        let judge: ForbiddenTerms = judge(r#"{"value": ["synergy", "low-hanging fruit", "don't"]}"#);
        for good in ["", "We work together.", "Synergyst is a company", "low-hanging fruits", "Leverage it"] {
            assert_passes(&judge, good);
        }
        assert_fails(&judge, "Great SYNERGY!", "\"synergy\"");
        assert_fails(&judge, "Pick the Low-Hanging Fruit.", "low-hanging fruit");
        assert_fails(&judge, "We don’t know", "don't");
        assert_fails(&judge, "**synergy**", "synergy");
        assert_fails(&judge, "Don't seek synergy.", "\"synergy\" and \"don't\"");
    }

    #[test]
    fn an_empty_list_is_a_fault() {
        assert!(ForbiddenTerms { value: vec![] }.faults().is_some());
    }
}
