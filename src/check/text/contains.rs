//! `contains` and its relatives; `ANY_CASE` compares Unicode lower case.

use super::wording::{list_fault, listing, quote, text_fault};
use crate::check::{Judge, Subject, Verdict};
use crate::words::count;
use schemars::JsonSchema;
use serde::Deserialize;
use std::borrow::Cow;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(rename = "Contains_{ANY_CASE}")]
pub struct One<const ANY_CASE: bool> {
    /// The text to look for.
    value: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(rename = "ContainsAll_{ANY_CASE}")]
pub struct All<const ANY_CASE: bool> {
    /// The texts to look for; the score is the share found.
    value: Vec<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(rename = "ContainsAny_{ANY_CASE}")]
pub struct Any<const ANY_CASE: bool> {
    /// The texts to look for; one is enough.
    value: Vec<String>,
}

fn fold(text: &str, any_case: bool) -> Cow<'_, str> {
    if any_case { text.to_lowercase().into() } else { text.into() }
}

impl<const ANY_CASE: bool> Judge for One<ANY_CASE> {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let found = fold(subject.text(), ANY_CASE).contains(fold(&self.value, ANY_CASE).as_ref());
        let verb = if found { "contains" } else { "does not contain" };
        Verdict::when(found, format!("the answer {verb} {}", quote(&self.value)))
    }

    fn faults(&self) -> Option<String> {
        text_fault(&self.value)
    }
}

impl<const ANY_CASE: bool> Judge for All<ANY_CASE> {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let text = fold(subject.text(), ANY_CASE);
        let missing: Vec<String> =
            self.value.iter().filter(|v| !text.contains(fold(v, ANY_CASE).as_ref())).map(|v| quote(v)).collect();
        let (all, met) = (self.value.len(), self.value.len() - missing.len());
        let reason = if missing.is_empty() {
            format!("the answer contains all {}", count(all, "text"))
        } else {
            format!("{met} of {}; missing: {}", count(all, "text"), listing(&missing))
        };
        Verdict::part(met, all, reason)
    }

    fn faults(&self) -> Option<String> {
        list_fault(&self.value)
    }
}

impl<const ANY_CASE: bool> Judge for Any<ANY_CASE> {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let text = fold(subject.text(), ANY_CASE);
        match self.value.iter().find(|v| text.contains(fold(v, ANY_CASE).as_ref())) {
            Some(found) => Verdict::pass(format!("the answer contains {}", quote(found))),
            None => {
                let wanted: Vec<String> = self.value.iter().map(|v| quote(v)).collect();
                Verdict::fail(format!("the answer contains none of {}", listing(&wanted)))
            }
        }
    }

    fn faults(&self) -> Option<String> {
        list_fault(&self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::text::testing::{check, judge, sorts};

    #[test]
    fn one() {
        sorts(&check::<One<false>>("value: NPS"), &["our NPS rose"], &["our nps rose", ""]);
        sorts(&check::<One<true>>("value: 'straße ÜBER'"), &["die Straße über"], &["strasse uber"]);
    }

    #[test]
    fn all_score_the_share_found() {
        let all = check::<All<false>>("value: [Impact, Risk, Owner]");
        let verdict = judge(&all, "Impact and Risk");
        assert_eq!(verdict.reason(), "2 of 3 texts; missing: “Owner”");
        assert_eq!(verdict.score(), Some(2.0 / 3.0));
        assert!(!verdict.passed() && judge(&all, "Owner, Impact, Risk").passed());
        sorts(&check::<All<true>>("value: [impact, RISK]"), &["IMPACT, risk"], &["impact"]);
    }

    #[test]
    fn any() {
        sorts(&check::<Any<false>>("value: [DAU, MAU]"), &["14k MAU"], &["14k mau"]);
        let any = check::<Any<true>>("value: [DAU, MAU]");
        sorts(&any, &["14k mau"], &["14k users"]);
        assert_eq!(judge(&any, "-").reason(), "the answer contains none of “DAU”, “MAU”");
    }

    #[test]
    fn empty_texts_are_faults() {
        assert!(check::<One<true>>("value: ''").faults().is_some());
        assert!(check::<All<true>>("value: []").faults().is_some());
        assert!(check::<Any<false>>("value: [a, '']").faults().is_some());
        assert_eq!(check::<Any<false>>("value: [a]").faults(), None);
    }
}
