//! Reports of a run or a comparison: `report.html`, `report.md` and the table in the terminal; and what a dataset holds.
//!
//! First view structs ([`view`]): plain data in which every number is already formatted and every sentence written.
//! Then templates, which only lay them out, so that the three forms of a report say the same in the same words.
//! Model output is hostile; `clean`, `answer` and `diff` make it inert, and the formatter in `templates` lets nothing
//! else reach a page.

mod answer;
mod clean;
mod dataset;
mod diff;
mod extras;
pub mod gate;
mod history;
mod html;
mod layout;
mod markdown;
mod people;
mod plot;
pub mod table;
mod templates;
mod training;
mod view;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;

pub(crate) use answer::render as inert_markdown;
pub use clean::visible;
pub use dataset::{dataset_html, dataset_text};
pub use extras::Extras;
pub use history::{history_csv, history_html, history_markdown, history_text};
pub(crate) use html::base64;
pub use html::{comparison_html, run_html};
pub use markdown::{comparison_markdown, run_markdown};
pub use plot::loss_svg;
pub(crate) use templates::fill;
pub use training::Training;
