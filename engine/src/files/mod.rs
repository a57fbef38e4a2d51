//! Model files: what is read of them, whatever their format, and the adapters that are written.
//!
//! [`open`] takes a `.gguf` file or a Hugging Face folder and gives a [`Source`]: the [`Config`] that fixes every shape,
//! the [`Weights`] by their Hugging Face names (whatever the file calls them), and the `Chat` that turns a conversation
//! into token ids. Files come from strangers: every size in them is checked against what is really there before use.
//! [`LoraWeights`] are an adapter's, in PEFT's format on disk. [`export`] writes what leaves: merged models and adapters
//! for other tools, rounded by `quantize`. Which layers a family has stands in one table each.

mod config;
mod config_json;
pub mod export;
mod family;
mod gguf;
mod keys;
mod layout;
mod lora;
mod peft;
mod quantize;
mod rope_json;
mod safetensors;
mod shape;
mod source;
mod vocabulary;
mod weights;
mod windows_json;

pub use config::{Config, Scales};
pub use family::Family;
pub use gguf::{architecture, part_names, parts};
pub use lora::{LoraPair, LoraWeights};
pub use peft::{LoraConfig, adapter_files, check_adapter};
pub use shape::Shape;
pub use source::{Source, open, open_weights};
pub use weights::{Weight, Weights};

pub(crate) use family::{Activation, EMBEDDINGS, HEAD, NORM, Name, Norms};
pub(crate) use layout::path;
pub(crate) use peft::{Peft, last_part};
