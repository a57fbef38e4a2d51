//! What training data holds, and what becomes of it. One file for each use case.

mod add;
mod check;
mod convert;
mod examples;
mod import;
pub mod inbox;
mod merge;
mod split;
mod stats;
mod write;

pub use add::{AddOptions, add};
pub(crate) use check::unsearched;
pub use check::{CheckOptions, check, verdict};
pub use convert::{Conversion, convert};
pub use import::{ImportDocuments, ImportedDrafts, import};
pub use merge::{Joined, merge};
pub use split::{Split, split};
pub use stats::dataset;
pub use write::{Brief, Remark, Sketch, WriteOptions, Writing};
