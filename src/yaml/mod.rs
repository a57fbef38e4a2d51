//! YAML that people wrote, read with every value's place kept.
//!
//! [`parse`] gives a tree of [`Node`]s that remember line and column. [`read`] turns a node into any `Deserialize` type
//! and reports *every* fault it meets (unknown keys with a "did you mean", wrong types, missing keys), each with file,
//! line, column and the line itself. `pmtune.yaml`, manifests and suites are all read this way. [`read_bounded`] also
//! holds the values to the bounds that the type's JSON Schema states, so that a bound stands once, at its field, for
//! reader and editors alike.
//!
//! Keys of structs are written in kebab-case; the spelling with `_` is read as the same key. Keys that users choose
//! (variables, terms, names) are left as they are.
//!
//! The events come from `saphyr-parser`; the tree and the serde half are our own, because no YAML crate for serde goes
//! on after its first fault or keeps places through `Deserialize`.

mod bounds;
mod de;
mod fault;
mod format;
mod hint;
mod node;
mod scalar;
pub mod schema;
mod stand_in;
mod tree;

pub use bounds::{outside, read_bounded};
pub use de::read;
pub use fault::with_faults;
pub use format::refuse_newer;
pub use hint::{closest, did_you_mean};
pub use node::{Key, Node};
pub use tree::parse;

#[cfg(test)]
mod tests;
