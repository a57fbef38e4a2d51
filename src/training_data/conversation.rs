//! What versions are trained on: a question with its answer, or several in a row.

use super::Example;
use engine::train::{Lesson, Place, Turn};

/// Questions and their answers, one after the other; every answer is taught.
#[derive(Debug, Clone, PartialEq)]
pub struct Conversation {
    /// Its own system message, which comes before the version's.
    pub system: Option<String>,
    first: Example,
    more: Vec<Example>,
}

impl From<Example> for Conversation {
    fn from(first: Example) -> Self {
        Self { system: None, first, more: Vec::new() }
    }
}

impl Conversation {
    /// Exchanges in a row; `None` where there is none.
    pub(super) fn of(system: Option<String>, exchanges: impl IntoIterator<Item = Example>) -> Option<Self> {
        let mut exchanges = exchanges.into_iter();
        let first = exchanges.next()?;
        Some(Self { system, first, more: exchanges.collect() })
    }

    /// What is said of the whole stands with its first exchange.
    pub(super) fn describe(&mut self, id: Option<String>, tags: Vec<String>, source: Option<String>) {
        (self.first.id, self.first.tags, self.first.source) = (id, tags, source);
    }

    /// Whether it is one question with its answer and nothing else, as a line of ours holds.
    pub fn is_single(&self) -> bool {
        self.more.is_empty() && self.system.is_none()
    }

    /// Each question with its answer; at least one.
    pub fn exchanges(&self) -> impl Iterator<Item = &Example> {
        std::iter::once(&self.first).chain(&self.more)
    }

    pub(super) fn into_exchanges(self) -> impl Iterator<Item = Example> {
        std::iter::once(self.first).chain(self.more)
    }

    /// What opens it, by which [`split`] decides the side of the whole.
    ///
    /// [`split`]: super::split
    pub fn first(&self) -> &Example {
        &self.first
    }

    pub fn place(&self) -> &Place {
        &self.first.place
    }

    /// The folder's name.
    pub fn category(&self) -> &str {
        self.first.category()
    }

    /// What a training reads and teaches of it.
    pub fn lesson(&self) -> Lesson {
        let turn = |exchange: &Example| Turn { prompt: exchange.prompt(), answer: exchange.output.clone() };
        Lesson { system: self.system.clone(), turns: self.exchanges().map(turn).collect(), place: self.place().clone() }
    }
}
