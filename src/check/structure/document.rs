//! An answer's structure, read once: headings, sections, lists, tables, code blocks, bold spans.
//!
//! Built from comrak's syntax tree (CommonMark with GFM tables, task lists and strikethrough) after `loose` has put
//! right what small models write loosely. Everything holds plain text: no `**`, `#` or bullets. Lines count from 1.

use super::parts::{Bold, CodeBlock, Heading, Line, List, Section, Table};
use super::titles::{tidy, title_names};
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

impl Document {
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

    /// What tables say under one of these names: the rest of a row that begins with it, or the cells of its column.
    pub fn tabled(&self, names: &[impl AsRef<str>]) -> Option<String> {
        let named = |title: &str| names.iter().any(|name| title_names(&tidy(title), name.as_ref()));
        let said = |cells: Vec<&str>| Some(cells.join("\n")).filter(|text| !text.trim().is_empty());
        self.tables.iter().find_map(|table| {
            let row = table.rows.iter().find(|row| row.len() > 1 && row.first().is_some_and(|cell| named(cell)));
            let head = || table.columns.len() == 2 && table.columns.first().is_some_and(|cell| named(cell));
            match (row, table.columns.iter().position(|title| named(title))) {
                (Some(row), _) => said(row.iter().skip(1).map(String::as_str).collect()),
                // The head of a table without titles may be its first row.
                (None, Some(0)) if head() => table.columns.get(1).and_then(|cell| said(vec![cell])),
                (None, Some(at)) => said(table.rows.iter().filter_map(|row| row.get(at)).map(String::as_str).collect()),
                (None, None) => None,
            }
        })
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
