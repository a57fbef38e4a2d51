//! Is the new version of my fine-tuned model really better than the last one, and what should I train next?
//!
//! Modules stand in dependency order: each may use only those above it (`tests/architecture.rs` holds them to it).

pub mod base;
pub mod chat;
pub mod check;
pub mod cli;
pub mod compare;
pub mod error;
pub mod generate;
pub mod model;
pub mod provider;
pub mod registry;
pub mod report;
pub mod run;
pub mod store;
pub mod suite;
pub mod workspace;
pub mod yaml;
