//! Work that another engine does on other machines, as a folder: what it needs to run there, and what is needed here to take
//! the result back.
//!
//! [`Sheet`] is the folder's `manifest.json`, written last: without it a folder is no job. [`Steps`] divides a recipe's
//! batch among cards, [`trl`] writes what TRL trains by, [`vllm`] what vLLM answers by, [`shards`] what starts
//! `pmtune eval --shard` on the machines of a cluster, `launch` how each is started. Everything in a folder that came
//! back is held against the hashes of its sheet; what the engine wrote stands in `out/` and is trusted in nothing.

mod draft;
mod launch;
mod sheet;
#[cfg(test)]
mod sheet_tests;
pub mod shards;
mod steps;
pub mod trl;
pub mod vllm;
mod weights;

pub use draft::Draft;
pub use sheet::{Answerer, BaseThere, Probe, Pupil, Questions, Sheet, Task};
pub use steps::Steps;
pub use weights::Weights;

/// What the engine writes, in the job's folder.
pub const OUT: &str = "out";
