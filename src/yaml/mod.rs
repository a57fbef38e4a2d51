//! YAML that people wrote, read with every value's place kept.
//!
//! [`parse`] gives a tree of [`Node`]s that remember line and column. [`read`] turns a node into any `Deserialize` type
//! and reports *every* fault it meets (unknown keys with a "did you mean", wrong types, missing keys), each with file,
//! line, column and the line itself. `pmtune.yaml`, manifests and suites are all read this way.
//!
//! The events come from `saphyr-parser`; the tree and the serde half are our own, because no YAML crate for serde goes
//! on after its first fault or keeps places through `Deserialize`.

mod de;
mod fault;
mod hint;
mod node;
mod scalar;
mod stand_in;
mod tree;

pub use de::read;
pub use hint::{closest, did_you_mean};
pub use node::{Key, Node};
pub use tree::parse;

#[cfg(test)]
mod tests;
