//! What an audit found: terminal, Markdown and HTML from one view.

mod parts;
mod report;
mod terminal;
mod unasked;
mod view;

pub use report::AuditReport;
