//! Other tools' training files in, and out again.
//!
//! [`read`] finds out what a file holds (chat messages, ShareGPT, Alpaca, prompt and completion, CSV, or our own
//! examples) by looking at it, record by record, and gathers every fault with its line. [`write`] gives the text of a
//! file in one of the formats; what `read` makes of it are the same conversations again.
//!
//! Formats without a place for `input` carry the whole question in one text: instruction, a blank line, input. That is
//! also what a model is shown, so nothing is lost by reading it back at its first blank line.

mod format;
mod read;
mod table;
mod write;

#[cfg(test)]
mod tests;

pub use format::Format;
pub use read::{Imported, read};
pub use write::{Written, write};
