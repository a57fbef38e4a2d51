//! Many files in one: a ZIP with `SHA256SUMS`, which `sha256sum -c` reads too. Archived versions and what is shared with
//! other people are both such packs.
//!
//! The same files give the same bytes: entries stand in order and carry no times. Reading trusts nothing: every name
//! must stay below the folder it is unpacked into, sizes are limited in bytes, links are refused, and every byte is hashed
//! before it counts.

mod path;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use path::{below, is_plain};
pub use read::{Pack, Sums};
pub use write::{Content, write};

/// The list of hashes.
const SUMS: &str = "SHA256SUMS";
const COMMENT: &str = "pmtune archive, format ";
const FORMAT: u32 = 1;
