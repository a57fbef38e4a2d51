//! promptfoo: prompts × tests.
//!
//! [`Reader`] goes through the configuration: `prompts` to questions, `tests`, `scenarios` and `defaultTest` to tests with
//! their variables, assertions to checks by [`TABLE`].

mod assertion;
mod code;
mod names;
mod prompts;
mod read;
mod reader;
mod sheet;
mod test;
mod translate;
mod vars;

pub use names::{Row, TABLE};
pub(super) use reader::Reader;
