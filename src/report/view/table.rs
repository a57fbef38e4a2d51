//! A table, before anybody knows where it will stand.
//!
//! Each of the three renderers lays out every table alike: it knows columns and cells, not what they are about.

use super::tone::Tone;
use serde::Serialize;

/// How long a version's name may be in the head of a column in a terminal.
pub const HEAD: usize = 16;

#[derive(Debug, Clone, Serialize)]
pub struct Table {
    /// Above the table; empty where the place says enough.
    pub caption: String,
    pub columns: Vec<Column>,
    pub rows: Vec<Row>,
    /// Head of a last column that says in words what each row shows; a terminal without room for it prints symbols
    /// before the rows and the words below.
    pub finding: Option<&'static str>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Column {
    pub head: String,
    /// The head in a terminal, where room is short.
    pub short: String,
    /// Figures stand at the right.
    pub figures: bool,
    pub room: Room,
}

/// Where there is room for a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Room {
    Everywhere,
    /// On the page and in Markdown.
    Written,
    Page,
}

#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// The row that sums up the others.
    pub strong: bool,
    pub cells: Vec<Cell>,
    pub found: Option<Found>,
}

/// What a row shows.
#[derive(Debug, Clone, Serialize)]
pub struct Found {
    pub tone: Tone,
    pub symbol: &'static str,
    pub words: &'static str,
    /// A sentence, for who wants to know more.
    pub hint: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct Cell {
    pub text: String,
    /// Beside the text and smaller: its interval, or how many cases it rests on.
    pub range: String,
    pub mark: Option<Mark>,
    /// Colours the symbol, or the text where there is none.
    pub tone: Option<Tone>,
    pub symbol: &'static str,
    /// A name as it is typed.
    pub code: bool,
}

/// A word behind a figure.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Mark {
    pub words: &'static str,
    /// The same where there is no room.
    pub short: &'static str,
    pub good: bool,
}

impl Table {
    pub fn new(caption: impl Into<String>, columns: Vec<Column>, rows: Vec<Row>) -> Self {
        Self { caption: caption.into(), columns, rows, finding: None }
    }

    /// None where there are no rows.
    pub fn filled(self) -> Option<Self> {
        (!self.rows.is_empty()).then_some(self)
    }
}

impl Column {
    pub fn words(head: impl Into<String>) -> Self {
        let head = head.into();
        Self { short: head.to_lowercase(), head, figures: false, room: Room::Everywhere }
    }

    pub fn figures(head: impl Into<String>) -> Self {
        Self { figures: true, ..Self::words(head) }
    }

    pub fn short(self, short: impl Into<String>) -> Self {
        Self { short: short.into(), ..self }
    }

    pub fn on(self, room: Room) -> Self {
        Self { room, ..self }
    }
}

impl Row {
    pub fn new(cells: Vec<Cell>) -> Self {
        Self { strong: false, cells, found: None }
    }

    pub fn strong(self, strong: bool) -> Self {
        Self { strong, ..self }
    }

    pub fn found(self, tone: Tone, symbol: &'static str, words: &'static str, hint: impl Into<String>) -> Self {
        Self { found: Some(Found { tone, symbol, words, hint: hint.into() }), ..self }
    }
}

impl Cell {
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), range: String::new(), mark: None, tone: None, symbol: "", code: false }
    }

    pub fn code(text: impl Into<String>) -> Self {
        Self { code: true, ..Self::new(text) }
    }

    pub fn range(self, range: impl Into<String>) -> Self {
        Self { range: range.into(), ..self }
    }

    pub fn tone(self, tone: Tone) -> Self {
        Self { tone: Some(tone), ..self }
    }

    /// With a symbol behind the text, where the tone is news.
    pub fn symbol(self, tone: Tone) -> Self {
        match tone {
            Tone::Unknown => self,
            _ => Self { tone: Some(tone), symbol: tone.symbol(), ..self },
        }
    }

    pub fn mark(self, words: &'static str, short: &'static str, good: bool) -> Self {
        Self { mark: Some(Mark { words, short, good }), ..self }
    }

    /// Whether points reach the rubric's target of 4.
    pub fn target(self, reached: bool) -> Self {
        if reached { self.mark("✓ 4+", "✓", true) } else { self.mark("below 4", "", false) }
    }
}
