use super::terminal;
use super::view::{GapsView, view};
use crate::gaps::{Gaps, Plan};
use crate::report::plot::{CountRow, Plot, counts};
use crate::report::{html, markdown};
use crate::words;
use engine::error::Result;
use serde::Serialize;

/// Bars in the drawing; what is left stands in one more.
const BARS: usize = 10;

/// The gaps of a version and the plan, made once and laid out three ways.
#[derive(Debug, Clone, Serialize)]
pub struct GapsReport {
    view: GapsView,
    plots: Vec<Plot>,
}

impl GapsReport {
    /// # Errors
    /// Only when the drawing cannot be made.
    pub fn new(gaps: &Gaps, plan: &Plan) -> Result<Self> {
        Ok(Self { view: view(gaps, plan), plots: drawing(gaps)?.into_iter().collect() })
    }

    /// One self-contained page.
    ///
    /// # Errors
    /// Only when a template is broken.
    pub fn html(&self) -> Result<String> {
        html::page("gaps.html", self)
    }

    /// For a wiki or an issue.
    ///
    /// # Errors
    /// Only when a template is broken.
    pub fn markdown(&self) -> Result<String> {
        markdown::page("gaps.md", self)
    }

    /// Lines of at most `width` columns (40 at least), the last one ended; the plan comes last.
    pub fn terminal(&self, width: usize, colour: bool) -> String {
        terminal::page(&self.view, width, colour)
    }
}

/// Of all the score that was lost, how much each task lost.
fn drawing(gaps: &Gaps) -> Result<Option<Plot>> {
    let lost: Vec<_> = gaps.tasks.iter().filter(|task| task.share > 0.0).collect();
    let thousandths = |share: f64| (share * 1000.0).round() as usize;
    let row =
        |name: String, share: f64, figures| CountRow { name, count: thousandths(share), recommended: None, figures };
    let (drawn, rest) = lost.split_at(lost.len().min(BARS));
    let mut rows: Vec<CountRow> = drawn
        .iter()
        .map(|task| {
            let figures = format!("{} ({} pass)", words::percent(task.share), task.passed.count());
            row(task.name.clone(), task.share, figures)
        })
        .collect();
    if !rest.is_empty() {
        let share = rest.iter().map(|task| task.share).sum();
        rows.push(row(words::count(rest.len(), "other task"), share, words::percent(share)));
    }
    (!rows.is_empty()).then(|| counts("Score lost by task", &rows)).transpose()
}
