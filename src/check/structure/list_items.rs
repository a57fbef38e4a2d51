use super::{Document, Mark, Section};
use crate::check::quality::prose::pattern;
use crate::check::text::wording::{quote, range_fault, text_fault, within};
use crate::check::{Judge, Subject, Verdict};
use regex::Regex;
use schemars::JsonSchema;
use serde::Deserialize;
use std::ops::Range;
use std::sync::LazyLock;

/// Counts the items of outermost lists; items nested in items do not count. A numbered list that paragraphs or bullets
/// break up is one list. Numbered headings and numbered bold paragraphs are items too; where there is no list, so are the
/// rows of a table, bold paragraphs and `Label:` lines.
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

/// "### 1. SSO", "**1) SSO**".
static NUMBERED: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\W*\d{1,2}[.):]\s"));

impl ListItems {
    /// How many items there are in another form than a list, where the lists found do not fit.
    fn other_forms(&self, document: &Document, range: &Range<usize>, listed: usize) -> Option<usize> {
        let fits = |n: usize| self.min.is_none_or(|min| n >= min) && self.max.is_none_or(|max| n <= max);
        if self.ordered == Some(false) || fits(listed) && listed > 0 {
            return None;
        }
        let lines: Vec<usize> = document.lines()[range.clone()].iter().map(|line| line.line).collect();
        let titles = || document.sections().iter().filter(|s| !s.in_list && lines.contains(&s.line));
        let text = |section: &Section| {
            document.lines().iter().find(|line| line.line == section.line).map_or("", |line| line.text.as_str())
        };
        let numbered = titles().filter(|s| NUMBERED.is_match(text(s))).count();
        if numbered > 1 && fits(numbered) || self.ordered == Some(true) || listed > 0 {
            return Some(numbered).filter(|n| *n > 1);
        }
        let rows = document.tables().iter().filter(|t| range.contains(&t.at)).map(|t| t.rows.len()).sum();
        let marked = |marks: &[Mark]| titles().filter(|s| marks.contains(&s.mark)).count();
        let bold = marked(&[Mark::BoldLine, Mark::BoldLead]);
        let plain = marked(&[Mark::PlainLine, Mark::PlainLead]);
        [rows, bold, plain].into_iter().find(|n| *n > 1)
    }
}

impl Judge for ListItems {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let document = Document::parse(subject.text());
        let range = match &self.under {
            None => 0..document.lines().len(),
            Some(under) => match document.section(&[under]) {
                Some(section) => section.range.clone(),
                None => return Verdict::fail(format!("no heading or label {}", quote(under))),
            },
        };
        let lists = document.lists().iter().filter(|list| range.contains(&list.at));
        let of_sort = lists.filter(|list| self.ordered.is_none_or(|ordered| list.ordered == ordered));
        let listed: usize = of_sort.map(|list| list.items.len()).sum();
        let count = self.other_forms(&document, &range, listed).unwrap_or(listed);
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
    fn items_may_be_written_in_other_forms() {
        sorts(
            &check::<ListItems>("{min: 2, max: 3}"),
            &[
                "### 1. SSO\n- a\n- b\n\n### 2. Export\n- c\n- d",
                "**1. SSO**\na\n\n**2. Export**\nb",
                "| Feature | Why |\n|---|---|\n| SSO | a |\n| Export | b |",
                "**SSO:** a\n\n**Export:** b",
                "SSO: a\nExport: b",
            ],
            &["### SSO\na\n\n### Export\nb", "| Feature |\n|---|\n| SSO |", "SSO, export and dark mode"],
        );
        sorts(
            &check::<ListItems>("{min: 2, ordered: true}"),
            &["### 1. SSO\na\n\n### 2. Export\nb"],
            &["SSO: a\nExport: b"],
        );
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
