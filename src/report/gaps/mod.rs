//! What a version falls short of, and the plan: terminal, Markdown and a page from one view.

mod report;
mod tables;
mod terminal;
mod view;

pub use report::GapsReport;
