//! Suites of other tools, made into suites of ours: promptfoo's configuration, lm-evaluation-harness's tasks of multiple
//! choice, OpenAI evals' samples.
//!
//! [`import`] looks at a file, finds out which of them it is, and drafts a suite case by case. Nothing is dropped in
//! silence: everything that was read is a [`Remark`] with its file and line, as kept, changed or left out, and why. Every
//! case is read back through `suite` before it is taken, so that what is written passes `pmtune validate`. What stands in
//! these files is a stranger's: texts are read from their folder and the workspace alone, sizes are bounded, and code is
//! carried over only where a person asks for it.

mod case;
mod draft;
mod files;
mod ids;
mod import;
mod lm_eval;
mod openai_evals;
mod options;
mod promptfoo;
mod question;
mod remark;
mod write;

pub use import::{Imported, import};
pub use options::{Class, Options, Source};
pub use promptfoo::{Row, TABLE};
pub use remark::{Fate, Remark};

/// The exit code where something was left out and nobody said that this is fine.
pub const PARTIAL: u8 = 3;

#[cfg(test)]
mod tests;
