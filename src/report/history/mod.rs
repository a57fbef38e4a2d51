//! A line of versions over time: `history.html`, `history.md`, the terminal and a table for spreadsheets, from one view.

mod charts;
mod csv;
mod table;
mod view;

pub use csv::history_csv;
pub use table::history_text;

use super::{html, markdown, templates};
use crate::history::{History, Log};
use crate::suite::Split;
use engine::error::Result;
use serde::Serialize;

/// The history of one half of the cases as one self-contained page.
pub fn history_html(history: &History, log: &Log, half: Split) -> Result<String> {
    let mut view = view::view(history, log, half);
    view.charts = charts::charts(history, &view, half)?;
    html::page("history.html", &view, &[], false, Vec::new(), &[], html::Scores::default())
}

/// The same for a wiki or a pull request, without the drawings.
pub fn history_markdown(history: &History, log: &Log, half: Split) -> Result<String> {
    #[derive(Serialize)]
    struct Page {
        view: view::HistoryView,
    }
    templates::render("history.md", &Page { view: view::view(history, log, half) }).map(markdown::tidy)
}
