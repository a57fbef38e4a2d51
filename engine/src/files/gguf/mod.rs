//! GGUF files: a header of metadata and tensor descriptions, then the tensors' bytes.
//!
//! The format is described at <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>. [`header`] reads the first part
//! and trusts nothing in it; [`split`] finds the parts of a model in several files; [`tensors`] hands out weights under
//! Hugging Face's names; [`config`] reads the metadata, of which [`keys`] passes nothing over.

mod config;
mod header;
mod keys;
mod rope;
mod split;
mod tensors;
#[cfg(test)]
mod passed_over;
#[cfg(test)]
mod tests;

pub(super) use config::config;
pub(super) use header::Info;
pub use split::part_names;
pub(super) use tensors::{Gguf, decoded};
pub use tensors::{architecture, parts};
