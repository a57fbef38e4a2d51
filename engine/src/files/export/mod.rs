//! Models that leave: one GGUF file, a Hugging Face folder, or the adapter alone.
//!
//! [`Export`] joins a base and an adapter: [`Merge`] adds scale · B A to each matrix that was trained, in f32 and in the
//! row order of the file that is written; `mix` says how each tensor is stored, as llama.cpp's quantiser would; `writer`
//! streams to a temporary file that takes its name only when it is whole. What the adapter did not touch is taken over bit
//! for bit wherever the file type allows it.
//!
//! A file that was written is read back and held to its types' bounds by [`Export::verify`].
//!
//! A file is planned before it is written, so that its size is known first: [`Export::tensors`], [`Export::bytes`].

mod base;
mod file_type;
mod folder;
mod hf;
mod lora_gguf;
mod merge;
mod mix;
mod model;
mod tokens;
mod value;
mod verify;
mod writer;
#[cfg(test)]
mod tests;

pub use file_type::FileType;
pub use hf::write_folder;
pub use lora_gguf::write_lora;
pub use model::{Export, Planned, Way};
pub use value::Value;
pub use verify::{Checked, verify_folder};
pub use writer::{Progress, Written};
