//! Training data: folders of JSONL, `<category>/<topic>.jsonl`, one [`Example`] a line.
//!
//! [`load`] wants every line right and reports all that are not. The linter ([`lint`]) wants nothing: it takes what
//! bytes it finds and lists every fault as a [`Finding`], broken lines among them. [`leaks`] names training examples
//! that give away a suite's case.

mod example;
mod line;
mod load;
mod read;

pub use example::{Example, Place};
pub use load::{files, load};
