//! Training data: folders of JSONL, `<category>/<topic>.jsonl`, one [`Example`] a line.
//!
//! [`load`] wants every line right and reports all that are not. The linter ([`mod@lint`]) wants nothing: it takes what
//! bytes it finds and lists every fault as a [`Finding`], broken lines among them. [`leaks`] names training examples
//! that give away a suite's case.

mod example;
mod leak;
mod line;
pub mod lint;
mod load;
mod read;
mod words;

pub use example::{Example, Place};
pub use leak::{Leak, Overlap, leaks};
pub use load::{files, load};
