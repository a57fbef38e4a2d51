//! An answer's structure, read once: headings, sections, lists, tables, code blocks, bold spans.
//!
//! Built from comrak's syntax tree (CommonMark with GFM tables, task lists and strikethrough) after `loose` has put
//! right what small models write loosely. Everything holds plain text: no `**`, `#` or bullets. Lines count from 1.

use super::label::{title_is, title_names};
use super::walk;
use std::ops::Range;

/// A parsed answer.
#[derive(Debug, Default, PartialEq)]
pub struct Document {
    pub(super) lines: Vec<Line>,
    pub(super) headings: Vec<Heading>,
    pub(super) sections: Vec<Section>,
    pub(super) lists: Vec<List>,
    pub(super) tables: Vec<Table>,
    pub(super) code_blocks: Vec<CodeBlock>,
    pub(super) bold_spans: Vec<Bold>,
}

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

impl Document {
    pub fn parse(answer: &str) -> Self {
        walk::document(answer)
    }

    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    pub fn headings(&self) -> &[Heading] {
        &self.headings
    }

    /// Sections in the order of their titles; they overlap where one lies beneath another.
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// The first section that one of `names` names, the names tried in order.
    pub fn section(&self, names: &[impl AsRef<str>]) -> Option<&Section> {
        names.iter().find_map(|name| self.sections.iter().find(|s| s.names(name.as_ref())))
    }

    /// All that stands in a section, the rest of its title's line included.
    pub fn text_of(&self, section: &Section) -> String {
        self.join(&section.lead, &section.range)
    }

    /// What stands in a section before the next title of any rank.
    pub fn own_text_of(&self, section: &Section) -> String {
        self.join(&section.lead, &section.own)
    }

    fn join(&self, lead: &str, range: &Range<usize>) -> String {
        let lines = self.lines.get(range.clone()).unwrap_or_default().iter().map(|l| l.text.as_str());
        let lead = Some(lead).filter(|lead| !lead.is_empty());
        lead.into_iter().chain(lines).collect::<Vec<_>>().join("\n")
    }

    /// Outermost lists, in order.
    pub fn lists(&self) -> &[List] {
        &self.lists
    }

    /// Outermost lists beneath a section's title.
    pub fn lists_in<'d>(&'d self, section: &'d Section) -> impl Iterator<Item = &'d List> {
        self.lists.iter().filter(|list| section.range.contains(&list.at))
    }

    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// Tables beneath a section's title.
    pub fn tables_in<'d>(&'d self, section: &'d Section) -> impl Iterator<Item = &'d Table> {
        self.tables.iter().filter(|table| section.range.contains(&table.at))
    }

    /// Fenced code blocks.
    pub fn code_blocks(&self) -> &[CodeBlock] {
        &self.code_blocks
    }

    pub fn bold_spans(&self) -> &[Bold] {
        &self.bold_spans
    }

    /// The words a reader sees, line by line.
    pub fn plain_text(&self) -> String {
        self.lines.iter().map(|l| l.text.as_str()).collect::<Vec<_>>().join("\n")
    }
}
