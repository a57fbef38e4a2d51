//! LoRA adapters (Hu et al. 2021, arXiv:2106.09685) in PEFT's format: `adapter_config.json` beside
//! `adapter_model.safetensors`.
//!
//! What else is called an adapter (other methods, other trainers' files, weights trained whole) is told apart and refused
//! with its own reason: [`form`] by the files in the folder, [`config`] by the configuration, [`names`] by the tensors.

mod config;
mod form;
mod load;
mod names;
#[cfg(test)]
mod tests;
mod write;

pub use config::LoraConfig;
pub use form::adapter_files;
pub(crate) use load::Peft;
pub use load::check_adapter;
pub(crate) use names::last_part;
pub(super) use write::write;
