//! What a [`super::Document`] is made of.

use super::titles::{title_is, title_names};
use std::ops::Range;

/// One line of plain text; a table row is one line, its cells joined by ` | `.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub text: String,
    /// Line of the answer.
    pub line: usize,
    pub kind: LineKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineKind {
    Heading,
    /// A line of a paragraph.
    Text,
    /// The first line of a list item.
    Item,
    TableRow,
    Code,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Heading {
    /// 1 to 6.
    pub level: u8,
    pub text: String,
    pub line: usize,
}

/// What marks a section's beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// `## Impact`, with its level.
    Heading(u8),
    /// `**Impact:**` on a line of its own.
    BoldLine,
    /// `**Impact:** none`.
    BoldLead,
    /// `Impact:` on a line of its own.
    PlainLine,
    /// `Impact: none`.
    PlainLead,
}

/// A title with what stands beneath it, up to the next title of its rank or above: headings by level, then bold lines,
/// then plain lines and bold leads, then plain leads; labels inside list items stand below all of these.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// Without number, ornaments and colon.
    pub title: String,
    pub mark: Mark,
    /// The label opens a list item: `1. **Problem:** …`.
    pub in_list: bool,
    pub line: usize,
    /// What follows the title on its own line; empty for headings and labels that stand alone.
    pub lead: String,
    /// Lines beneath, as indices into [`Document::lines`].
    pub range: Range<usize>,
    /// Lines beneath up to the next title of any rank.
    pub own: Range<usize>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct List {
    pub ordered: bool,
    /// Number of the first item; 1 for bullets.
    pub start: usize,
    pub items: Vec<Item>,
    /// Index into [`Document::lines`] of the first item.
    pub at: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Its own paragraphs, lines joined by `\n`; nested lists are not in it.
    pub text: String,
    /// `Some` for `[x]` (true) and `[ ]` (false).
    pub checked: Option<bool>,
    /// The label that opens it, if any: `**Impact:** …` gives `Impact`.
    pub label: Option<String>,
    pub line: usize,
    pub nested: Vec<List>,
}

impl Item {
    /// The item's text and that of everything nested in it.
    pub fn whole_text(&self) -> String {
        let mut text = self.text.clone();
        for item in self.nested.iter().flat_map(|list| &list.items) {
            text.push('\n');
            text.push_str(&item.whole_text());
        }
        text
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    pub columns: Vec<String>,
    /// Without the header row.
    pub rows: Vec<Vec<String>>,
    pub line: usize,
    /// Index into [`Document::lines`] of the header row.
    pub at: usize,
}

/// A fenced code block; indented text counts as text, since small models indent prose.
#[derive(Debug, Clone, PartialEq)]
pub struct CodeBlock {
    /// First word of the info string, lower case; empty when none.
    pub language: String,
    pub text: String,
    pub line: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Bold {
    pub text: String,
    pub line: usize,
}

impl Section {
    /// Whether the title names `wanted`. Headings and bold labels may say more (`User impact` names `Impact`); a plain
    /// label must say just that, since any sentence may end in a colon. Case, number, plural and hyphens do not matter.
    pub fn names(&self, wanted: &str) -> bool {
        match self.mark {
            Mark::Heading(_) | Mark::BoldLine | Mark::BoldLead => title_names(&self.title, wanted),
            Mark::PlainLine | Mark::PlainLead => title_is(&self.title, wanted),
        }
    }
}
