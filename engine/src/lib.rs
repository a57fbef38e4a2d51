#![doc = include_str!("../README.md")]
//!
//! Modules stand in dependency order: each may use only those above it.

#![warn(missing_docs)]
// Whatever a model's file holds ends in an error, not in a panic.
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used))]
// Tests hold what is computed here against the system's own.
#![cfg_attr(test, allow(clippy::disallowed_methods))]

pub mod error;
pub mod store;
pub mod jinja;
pub mod chat;
pub mod files;
pub mod model;
pub mod embed;
pub mod generate;
pub mod train;
