//! The one decoder for the llama, qwen2 and phi3 families, and the model files it is read from.
//!
//! [`open`] takes a `.gguf` file or a Hugging Face folder and gives a [`Source`]: the [`Config`] that fixes every shape,
//! the [`Weights`] by their Hugging Face names (whatever the file calls them), and the `Chat` that turns a conversation
//! into token ids. Files come from strangers: every size in them is checked against what is really there before use.

mod config;
mod config_json;
mod gguf;
mod safetensors;
mod source;
mod vocabulary;
mod weights;

pub use config::{Config, Family};
pub use source::{Source, open, open_weights};
pub use weights::{Weight, Weights};
