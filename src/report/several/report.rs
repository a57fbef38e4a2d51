use super::terminal;
use super::view::{SeveralView, view};
use crate::compare::Several;
use crate::report::terminal::Extent;
use crate::report::{html, markdown};
use engine::error::Result;
use serde::Serialize;

/// A table of versions against one of them, made once and laid out three ways.
#[derive(Debug, Clone, Serialize)]
pub struct SeveralReport {
    view: SeveralView,
}

impl SeveralReport {
    /// `links`: where each version's own comparison lies, from the place of this page.
    pub fn new(several: &Several, links: &[String]) -> Self {
        Self { view: view(several, links) }
    }

    /// One self-contained page.
    ///
    /// # Errors
    /// Only when a template is broken.
    pub fn html(&self) -> Result<String> {
        html::page("several.html", self)
    }

    /// For a wiki or a pull request.
    ///
    /// # Errors
    /// Only when a template is broken.
    pub fn markdown(&self) -> Result<String> {
        markdown::page("several.md", self)
    }

    /// Lines of at most `width` columns (40 at least), the last one ended.
    pub fn terminal(&self, width: usize, colour: bool) -> String {
        terminal::page(&self.view, Extent::Full, width, colour)
    }

    /// As [`terminal`](Self::terminal), the held-out cases alone and the verdict again at the end.
    pub fn brief(&self, width: usize, colour: bool) -> String {
        terminal::page(&self.view, Extent::Brief, width, colour)
    }
}
