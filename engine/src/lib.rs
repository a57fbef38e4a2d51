//! Small language models on a CPU: reading them, answering with them, training LoRA adapters for them.
//!
//! Modules stand in dependency order: each may use only those above it.

pub mod error;
pub mod store;
pub mod chat;
pub mod model;
pub mod embed;
pub mod generate;
pub mod train;
