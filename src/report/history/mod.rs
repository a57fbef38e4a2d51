//! A line of versions over time: `history.html`, `history.md`, the terminal and a table for spreadsheets, from one view.

mod charts;
mod csv;
mod notes;
mod report;
mod terminal;
mod view;

pub use csv::history_csv;
pub use report::HistoryReport;
