//! GGUF files: a header of metadata and tensor descriptions, then the tensors' bytes.
//!
//! The format is described at <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>. [`header`] reads the first part
//! and trusts nothing in it; [`tensors`] hands out weights under Hugging Face's names.

mod config;
mod header;
mod tensors;
#[cfg(test)]
mod tests;

pub(super) use config::config;
pub(super) use tensors::Gguf;
