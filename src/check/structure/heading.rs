use super::Document;
use crate::check::text::wording::{listing, quote, range_fault, text_fault, within};
use crate::check::{Judge, Subject, Verdict};
use schemars::JsonSchema;
use serde::Deserialize;

/// The `heading` check; counts headings written with `#` or underlined, not bold labels.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct HeadingCheck {
    /// Text the heading contains, in any case; without it any heading counts.
    #[serde(default)]
    value: Option<String>,
    /// Level 1 (`#`) to 6; without it any level counts.
    #[serde(default)]
    #[schemars(range(min = 1, max = 6))]
    level: Option<u8>,
    /// Fewest such headings (1 unless `max` is 0).
    #[serde(default)]
    min: Option<usize>,
    /// Most such headings.
    #[serde(default)]
    max: Option<usize>,
}

impl HeadingCheck {
    fn min(&self) -> usize {
        self.min.unwrap_or(if self.max == Some(0) { 0 } else { 1 })
    }
}

impl Judge for HeadingCheck {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let document = Document::parse(subject.text());
        let wanted = self.value.as_deref().map(str::to_lowercase);
        let of_level = document.headings().iter().filter(|h| self.level.is_none_or(|level| h.level == level));
        let count =
            of_level.filter(|h| wanted.as_deref().is_none_or(|w| h.text.to_lowercase().contains(w.trim()))).count();
        let mut place = self.level.map(|level| format!(" of level {level}")).unwrap_or_default();
        if let Some(value) = &self.value {
            place.push_str(&format!(" with {}", quote(value)));
        }
        let verdict = within(count, Some(self.min()), self.max, "heading", &place);
        match verdict {
            Verdict::Fail { score, reason } if count < self.min() && !document.headings().is_empty() => {
                let found: Vec<String> = document
                    .headings()
                    .iter()
                    .map(|h| format!("{} {}", "#".repeat(h.level.into()), quote(&h.text)))
                    .collect();
                let found = listing(found.get(..3).unwrap_or(&found));
                Verdict::Fail { score, reason: format!("{reason}; found: {found}") }
            }
            verdict => verdict,
        }
    }

    fn faults(&self) -> Option<String> {
        if let Some(level) = self.level.filter(|level| !(1..=6).contains(level)) {
            return Some(format!("level is {level}; headings have levels 1 to 6"));
        }
        self.value.as_deref().and_then(text_fault).or_else(|| range_fault(Some(self.min()), self.max))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::text::testing::{check, judge, sorts};

    #[test]
    fn counts_headings_that_fit() {
        sorts(&check::<HeadingCheck>("{}"), &["# A", "A\n==="], &["**A**", "A:", "```\n# A\n```", ""]);
        sorts(
            &check::<HeadingCheck>("{value: metrics, level: 2}"),
            &["## Success **Metrics**"],
            &["# Metrics", "## Met"],
        );
        sorts(&check::<HeadingCheck>("{max: 0}"), &["text"], &["# A"]);
        sorts(&check::<HeadingCheck>("{min: 2, max: 3}"), &["# A\n## B"], &["# A", "# A\n# B\n# C\n# D"]);
    }

    #[test]
    fn says_what_was_found_instead() {
        let verdict =
            judge(&check::<HeadingCheck>("{value: Risks, level: 2}"), "# Plan\n## Goals\n## Owners\n## Dates");
        assert_eq!(
            verdict.reason(),
            "0 headings of level 2 with “Risks”; wanted: at least 1; found: # “Plan”, ## “Goals”, ## “Owners”"
        );
    }

    #[test]
    fn faults() {
        assert!(check::<HeadingCheck>("level: 7").faults().is_some());
        assert!(check::<HeadingCheck>("{min: 3, max: 2}").faults().is_some());
        assert_eq!(check::<HeadingCheck>("max: 0").faults(), None);
    }
}
