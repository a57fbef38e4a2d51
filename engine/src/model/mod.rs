//! The one decoder for the llama, qwen2 and phi3 families, and the model files it is read from.
//!
//! [`open`] takes a `.gguf` file or a Hugging Face folder and gives a [`Source`]: the [`Config`] that fixes every shape,
//! the [`Weights`] by their Hugging Face names (whatever the file calls them), and the `Chat` that turns a conversation
//! into token ids. Files come from strangers: every size in them is checked against what is really there before use.
//!
//! A [`Decoder`] packs those weights and computes with them: [`Span`]s of many sequences in one pass, each with a
//! [`Cache`] of its own and, if it likes, an [`Adapter`] that adds a trained LoRA.

mod adapter;
mod attention;
mod cache;
mod codes;
mod config;
mod config_json;
mod decoder;
mod gguf;
mod kernel;
mod linear;
mod lora;
mod ops;
mod panels;
mod safetensors;
mod source;
mod training;
mod vocabulary;
mod weights;

pub use adapter::Adapter;
pub use cache::Cache;
pub use config::{Config, Family};
pub use decoder::{Decoder, Span};
pub use lora::{LoraConfig, LoraPair, LoraWeights};
pub use source::{Source, open, open_weights};
pub use training::{Dropout, Passage, Trainee};
pub use weights::{Weight, Weights};

pub(crate) use decoder::with_slice;
pub(crate) use ops::argmax;
