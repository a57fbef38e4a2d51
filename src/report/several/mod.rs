//! Several versions against one: terminal, Markdown and HTML from one view.

mod report;
mod terminal;
mod view;

pub use report::SeveralReport;
