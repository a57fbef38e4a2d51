//! A version for other people: a [`pack`](crate::pack) with the version and, by choice, what it was trained on, suites and
//! runs; and such a pack taken in.
//!
//! [`gather`] says what would leave, [`audit`] looks through all of it for keys, passwords and people's addresses, and
//! [`send`] writes the file. [`receive`] trusts nothing in a pack, overwrites nothing, and puts the version in its place
//! last. An archived version is such a pack too.

mod audit;
mod base;
mod gather;
mod kind;
mod receive;
mod send;

pub use audit::{Disclosed, audit};
pub use gather::{Gathered, Scores, Selection, Suites, gather};
pub use kind::{Kind, is_name};
pub use receive::{ReceiveOptions, Received, receive};
pub use send::{Sent, send};
