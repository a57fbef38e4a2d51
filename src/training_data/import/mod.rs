//! Own documents and tables as drafts of examples, which wait in the inbox until a person approves them.
//!
//! [`documents`] reads a file of any format and gives each document, or each row of a table, as Markdown with its title
//! and context: one reader for each format (`markdown`, `html`, `docx`, `tabular` with `sheet`), and `jira` for the markup
//! of cells. [`drafts`] makes of each what an example has (instruction, input, output), puts stand-ins for personal data, and
//! passes over what must not be learnt or is there already. Everything that a draft lacks of its document is counted and
//! said ([`Lost`]). Files are hostile: readers are bounded in bytes, depth and cells.

mod document;
mod docx;
mod draft;
mod html;
mod jira;
mod known;
mod markdown;
mod package;
mod sheet;
mod source;
mod styles;
mod tabular;
#[cfg(test)]
mod tests;
mod xml;

pub use document::{Document, Lost, Opened, Passed, Why};
pub use draft::{Asked, Draft, Drafts, drafts};
pub use known::Known;
pub use source::{MOST_FILE_BYTES, documents};
pub use tabular::Columns;
