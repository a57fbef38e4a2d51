use super::{Document, List};
use crate::check::text::wording::{quote, range_fault, text_fault, within};
use crate::check::{Judge, Subject, Verdict};
use schemars::JsonSchema;
use serde::Deserialize;

/// Counts the items of outermost lists; items nested in items do not count. A numbered list that paragraphs or bullets
/// break up is one list.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ListItems {
    /// Fewest items.
    #[serde(default)]
    min: Option<usize>,
    /// Most items.
    #[serde(default)]
    max: Option<usize>,
    /// Count only under this heading or label.
    #[serde(default)]
    under: Option<String>,
    /// Count only numbered lists (true) or only bullets (false).
    #[serde(default)]
    ordered: Option<bool>,
}

impl Judge for ListItems {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let document = Document::parse(subject.text());
        let lists: Vec<&List> = match &self.under {
            None => document.lists().iter().collect(),
            Some(under) => match document.section(&[under]) {
                Some(section) => document.lists_in(section).collect(),
                None => return Verdict::fail(format!("no heading or label {}", quote(under))),
            },
        };
        let of_sort = lists.iter().filter(|list| self.ordered.is_none_or(|ordered| list.ordered == ordered));
        let count = of_sort.map(|list| list.items.len()).sum();
        let noun = match self.ordered {
            None => "list item",
            Some(true) => "numbered item",
            Some(false) => "bullet",
        };
        let place = self.under.as_deref().map(|under| format!(" under {}", quote(under))).unwrap_or_default();
        within(count, self.min, self.max, noun, &place)
    }

    fn faults(&self) -> Option<String> {
        self.under.as_deref().and_then(text_fault).or_else(|| range_fault(self.min, self.max))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::text::testing::{check, judge, sorts};

    #[test]
    fn counts_outermost_items() {
        sorts(
            &check::<ListItems>("{min: 2, max: 3}"),
            &["- a\n- b\n  - c\n  - d", "1. a\n\nBecause.\n\n2. b", "• a\n• b", "Steps\n1) a\n2) b\n3) c"],
            &["- a", "a\nb", "- a\n- b\n\ntext\n\n- c\n- d", ""],
        );
        sorts(&check::<ListItems>("{min: 2, ordered: true}"), &["1. a\n2. b"], &["- a\n- b"]);
        sorts(&check::<ListItems>("{min: 2, ordered: false}"), &["- a\n- b"], &["1. a\n2. b"]);
    }

    #[test]
    fn counts_under_a_heading_or_label() {
        let under = check::<ListItems>("{min: 2, under: acceptance criteria}");
        sorts(
            &under,
            &[
                "**Acceptance Criteria:**\n- a\n- b",
                "## Acceptance criteria for carts\n\n### Cart\n- a\n\n### Pay\n- b",
            ],
            &["- a\n- b\n\n**Acceptance Criteria:**\n- c\n\n**Notes:**\n- d"],
        );
        let verdict = judge(&under, "- a\n- b");
        assert_eq!(verdict.reason(), "no heading or label “acceptance criteria”");
        assert_eq!(
            judge(&under, "Acceptance criteria:\n- a").reason(),
            "1 list item under “acceptance criteria”; wanted: at least 2"
        );
    }
}
