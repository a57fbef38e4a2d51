//! Paragraphs, lists and grids on a terminal of a given width.

use super::clean::terminal;
use super::view::Tone;
use comfy_table::presets::NOTHING;
use comfy_table::{Attribute, Cell, CellAlignment, Color, ContentArrangement, Table};

/// How a piece of text looks where colour is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    Plain,
    Strong,
    Muted,
    Tone(Tone),
}

/// One cell of a grid. Lines are kept apart; each is cleaned of control characters.
#[derive(Debug, Clone)]
pub struct Field {
    lines: Vec<String>,
    style: Style,
    pub right: bool,
}

impl Field {
    pub fn words(text: &str, style: Style) -> Self {
        Self { lines: vec![terminal(text)], style, right: false }
    }

    /// A name such as `creative-problem-solving`, broken after its hyphens where it is longer than `width`.
    pub fn name(text: &str, style: Style, width: usize) -> Self {
        let text = terminal(text);
        let mut lines = vec![String::new()];
        for part in text.split_inclusive('-') {
            let last = lines.len() - 1;
            if !lines[last].is_empty() && lines[last].chars().count() + part.chars().count() > width {
                lines.push(part.to_string());
            } else {
                lines[last].push_str(part);
            }
        }
        Self { lines, style, right: false }
    }

    /// Figures stand at the right; each item on a line of its own.
    pub fn figures(lines: &[&str], style: Style) -> Self {
        Self { lines: lines.iter().map(|line| terminal(line)).collect(), style, right: true }
    }
}

/// Text under construction, never wider than `width` columns.
#[derive(Debug)]
pub struct Layout {
    pub text: String,
    width: u16,
    colour: bool,
}

impl Layout {
    /// Widths under 40 columns are treated as 40: nothing readable fits in less.
    pub fn new(width: usize, colour: bool) -> Self {
        Self { text: String::new(), width: width.clamp(40, 400) as u16, colour }
    }

    pub fn width(&self) -> usize {
        self.width.into()
    }

    /// One empty line, unless there is one already.
    pub fn space(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    pub fn heading(&mut self, text: &str) {
        self.space();
        self.paragraph(text, Style::Strong);
    }

    pub fn paragraph(&mut self, text: &str, style: Style) {
        let mut table = self.table();
        table.add_row(vec![self.cell(&Field::words(text, style))]);
        self.put(table, 0);
    }

    /// A list with a symbol before each item.
    pub fn items(&mut self, symbol: &str, style: Style, items: &[String]) {
        if items.is_empty() {
            return;
        }
        let mut table = self.table();
        for item in items {
            let row = [Field::words(symbol, style), Field::words(item, Style::Plain)];
            table.add_row(row.iter().map(|field| self.cell(field)).collect::<Vec<_>>());
        }
        self.put(table, 1);
    }

    /// Rows under a header; columns get the room that is there.
    ///
    /// A column without a head holds symbols and stands close to the next.
    pub fn grid(&mut self, header: &[Field], rows: &[Vec<Field>]) {
        let mut table = self.table();
        table.set_header(header.iter().map(|field| self.cell(field)).collect::<Vec<_>>());
        for row in rows {
            table.add_row(row.iter().map(|field| self.cell(field)).collect::<Vec<_>>());
        }
        self.put(table, 2);
    }

    /// Says how many are left out where only `shown` of `all` stand here.
    pub fn more(&mut self, all: usize, shown: usize) {
        if all > shown {
            self.paragraph(&format!("  and {} more, see the report", all - shown), Style::Muted);
        }
    }

    fn table(&self) -> Table {
        let mut table = Table::new();
        table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(self.width);
        if self.colour {
            table.enforce_styling();
        } else {
            table.force_no_tty();
        }
        table
    }

    fn put(&mut self, mut table: Table, gap: u16) {
        let last = table.column_count().saturating_sub(1);
        let close: Vec<bool> =
            table.header().map(|h| h.cell_iter().map(|c| c.content().is_empty()).collect()).unwrap_or_default();
        for (i, column) in table.column_iter_mut().enumerate() {
            let gap = if close.get(i) == Some(&true) { 1 } else { gap };
            column.set_padding((0, if i == last { 0 } else { gap }));
        }
        for line in table.lines() {
            self.text.push_str(line.trim_end());
            self.text.push('\n');
        }
    }

    fn cell(&self, field: &Field) -> Cell {
        let cell = Cell::new(field.lines.join("\n"));
        let cell = if field.right { cell.set_alignment(CellAlignment::Right) } else { cell };
        if !self.colour {
            return cell;
        }
        match field.style {
            Style::Plain | Style::Tone(Tone::Same | Tone::Unknown) => cell,
            Style::Strong => cell.add_attribute(Attribute::Bold),
            Style::Muted => cell.add_attribute(Attribute::Dim),
            // Blue and yellow, as in the HTML report: told apart by nearly everyone.
            Style::Tone(Tone::Better) => cell.fg(Color::Blue).add_attribute(Attribute::Bold),
            Style::Tone(Tone::Worse) => cell.fg(Color::Yellow).add_attribute(Attribute::Bold),
        }
    }
}
