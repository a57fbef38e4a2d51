use super::terminal;
use super::view::{AuditView, view};
use crate::audit::Audit;
use crate::report::{html, markdown};
use engine::error::Result;
use serde::Serialize;

/// An audit, made once and laid out three ways.
#[derive(Debug, Clone, Serialize)]
pub struct AuditReport {
    view: AuditView,
}

impl AuditReport {
    pub fn new(audit: &Audit) -> Self {
        Self { view: view(audit) }
    }

    /// One self-contained page.
    ///
    /// # Errors
    /// Only when a template is broken.
    pub fn html(&self) -> Result<String> {
        html::page("audit.html", self)
    }

    /// For a wiki or a pull request, without the texts that were judged wrongly.
    ///
    /// # Errors
    /// Only when a template is broken.
    pub fn markdown(&self) -> Result<String> {
        markdown::page("audit.md", self)
    }

    /// Lines of at most `width` columns (40 at least), the last one ended.
    pub fn terminal(&self, width: usize, colour: bool) -> String {
        terminal::page(&self.view, width, colour)
    }
}
