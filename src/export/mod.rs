//! Leaving this program: a version as a file for other programs, and the proof that the file is still the model that was
//! evaluated.
//!
//! [`Parcel`] says what is written and where; `keys` what a GGUF file tells of the version; [`Opening`] how its system
//! prompt and worked examples travel. [`Parity`] is the proof: what was read back, how alike both speak, and how the file
//! does on the suites, each held to a limit. It is written last, so an exported file without one is not proven.

mod format;
mod keys;
mod limits;
mod opening;
mod parcel;
mod parity;
mod proofs;
mod speech;
mod step;
#[cfg(test)]
mod tests;

pub use format::Format;
pub use limits::Limits;
pub use opening::Opening;
pub use parcel::{Parcel, stem};
pub use parity::{FORMAT, Judged, OnCases, Parity, Prompts, ReadBack, Speech};
pub use proofs::{PARITY, exports, newest, proofs, read};
pub use speech::{speech, strings};
pub use step::{Outcome, Step};
