use super::terminal;
use super::view::{HistoryView, view};
use crate::history::{History, Log};
use crate::report::{html, markdown};
use crate::suite::Split;
use engine::error::Result;
use serde::Serialize;

/// The history of one half of the cases, made once and laid out three ways.
#[derive(Debug, Clone, Serialize)]
pub struct HistoryReport {
    view: HistoryView,
}

impl HistoryReport {
    /// # Errors
    /// Only when a chart cannot be drawn.
    pub fn new(history: &History, log: &Log, half: Split) -> Result<Self> {
        Ok(Self { view: view(history, log, half)? })
    }

    /// One self-contained page.
    ///
    /// # Errors
    /// Only when a template is broken.
    pub fn html(&self) -> Result<String> {
        html::page("history.html", self)
    }

    /// For a wiki or a pull request, without the drawings.
    ///
    /// # Errors
    /// Only when a template is broken.
    pub fn markdown(&self) -> Result<String> {
        markdown::page("history.md", self)
    }

    /// Lines of at most `width` columns (40 at least), the last one ended.
    pub fn terminal(&self, width: usize, colour: bool) -> String {
        terminal::page(&self.view, width, colour)
    }
}
