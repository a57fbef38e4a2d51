//! Reports of a run, a comparison, several versions against one, a history, gaps or a gate's decision; and what a dataset holds.
//!
//! A report is one value ([`Report`]), made once from data: every number formatted, every sentence written, every plot
//! drawn (`view`, `drawings`). Three renderers (`html`, `markdown`, `terminal`) lay it out and compute nothing, so that
//! the three forms say the same in the same words. Model output is hostile; `clean`, `answer` and `diff` make it inert,
//! and the formatter in `templates` lets nothing else reach a page.

mod answer;
mod audit;
mod clean;
mod dataset;
mod diff;
mod drawings;
mod extras;
mod gaps;
pub mod gate;
mod history;
mod html;
mod layout;
mod markdown;
mod months;
mod packed;
mod parity;
mod plot;
#[expect(clippy::module_inception, reason = "the room is named after what it makes")]
mod report;
mod several;
mod sheet;
mod templates;
mod terminal;
mod training;
mod view;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;

pub(crate) use answer::render as inert_markdown;
pub use audit::AuditReport;
pub use clean::{terminal as one_line, visible};
pub use dataset::{dataset_html, dataset_text};
pub use extras::Extras;
pub use gaps::GapsReport;
pub use history::{HistoryReport, history_csv};
pub(crate) use html::policy as page_policy;
pub use months::MonthsReport;
pub use parity::{ParityReport, steps as parity_steps};
pub use plot::loss_svg;
pub use report::Report;
pub use several::SeveralReport;
pub use sheet::{comparison_csv, run_csv, run_json};
pub(crate) use templates::{fill, json as json_text};
pub use training::Training;
