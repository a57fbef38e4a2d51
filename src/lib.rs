//! Is the new version of my fine-tuned model really better than the last one, and what should I train next?
//!
//! Modules stand in dependency order: each may use only those above it (`tests/architecture.rs` holds them to it).

// Whatever a user hands in ends in an error, not in a panic.
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used))]

pub mod words;
pub mod yaml;
pub mod table;
pub mod pack;
pub mod base;
pub mod workspace;
pub mod provider;
pub mod check;
pub mod suite;
pub mod foreign;
pub mod training_data;
pub mod registry;
pub mod run;
pub mod tally;
pub mod route;
pub mod audit;
pub mod compare;
pub mod export;
pub mod deploy;
pub mod review;
pub mod share;
pub mod job;
pub mod gate;
pub mod history;
pub mod gaps;
pub mod improve;
pub mod report;
pub mod work;
pub mod settings;
pub mod http;
pub mod desk;
pub mod pad;
pub mod serve;
pub mod cli;
