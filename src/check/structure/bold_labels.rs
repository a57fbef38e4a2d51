use super::Document;
use super::titles::title_starts;
use crate::check::text::wording::{list_fault, listing};
use crate::check::{Judge, Subject, Verdict};
use crate::words::count;
use schemars::JsonSchema;
use serde::Deserialize;

/// Looks for `**As a** user`, `**Impact:** none` and the like.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct BoldLabels {
    /// The labels, in any case and order, with or without their colon. Bold text may go on after the label
    /// (`**I want to**` for `I want`), and `an` counts as `a`. The score is the share found.
    value: Vec<String>,
}

impl Judge for BoldLabels {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let document = Document::parse(subject.text());
        let is_bold = |label: &str| document.bold_spans().iter().any(|bold| title_starts(&bold.text, label));
        let missing: Vec<&str> = self.value.iter().map(String::as_str).filter(|label| !is_bold(label)).collect();
        let (all, met) = (self.value.len(), self.value.len() - missing.len());
        let labels = count(all, "bold label");
        let reason = match missing.is_empty() {
            true => format!("all {labels} are there"),
            false => format!("{met} of {labels}; missing: {}", listing(&missing)),
        };
        Verdict::part(met, all, reason)
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
    fn labels_must_be_bold() {
        let story = check::<BoldLabels>("value: [As a, I want, So that]");
        sorts(
            &story,
            &[
                "**As a** user\n**I want to** log in\n**So that** I am safe",
                "- **As an** admin, **I WANT** x, __so that__ y",
                "***As a:*** u **I want** v **So that** w",
            ],
            &["As a user I want x so that y", "**As a** user I want x **so that** y", "`**As a**`"],
        );
        let verdict = judge(&story, "**As a** user, *I want* x, **So that** y");
        assert_eq!(verdict.reason(), "2 of 3 bold labels; missing: I want");
        assert_eq!(verdict.score(), Some(2.0 / 3.0));
    }
}
