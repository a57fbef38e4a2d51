//! Automatic judges. Each check is a small pure struct in a file of its own: it reads a [`Subject`] and gives a
//! [`Verdict`]. Its fields are its YAML parameters, so one definition gives parser, JSON Schema and reference page.
//!
//! A family (`text`, `structure`, `similarity`, `quality`, `product`, `runtime`, `own`) lists its checks in a `KINDS` table;
//! `kinds()` is all of them.

mod facts;
mod kind;
pub mod lexicon;
pub mod own;
mod permit;
pub mod product;
pub mod quality;
mod rubric;
pub mod runtime;
pub mod similarity;
pub mod structure;
pub mod text;
mod verdict;

#[cfg(test)]
pub(crate) use kind::sample;
pub use kind::{Check, Judge, Kind, is_symptom, kinds, parse};
pub(crate) use kind::{Common, named, parse_among};
pub use lexicon::Lexicon;
pub use permit::Permit;
pub use rubric::{Criterion, Descriptors, TARGET_SCORE};
pub use verdict::{Subject, Verdict};
