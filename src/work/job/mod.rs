//! Work for other engines on other machines: a folder is written ([`write_training`], [`write_evaluation`]), somebody runs it
//! there, and [`import`] takes back what came of it: ordinary versions and ordinary runs, of which every claim was looked at
//! here. [`write_shards`] hands the same evaluation to machines that run pmtune itself.

mod answers;
mod asked;
mod batch;
mod eval;
mod import;
mod lines;
mod missing;
mod outcome;
mod probe;
mod shards;
mod train;
mod versions;

pub use crate::job::shards::Cluster;
pub use eval::{EvaluationOptions, WrittenEvaluation, write_evaluation};
pub use import::import;
pub use missing::{Missing, write_missing};
pub use outcome::{Answered, ImportOptions, Imported, Incoming, Refused};
pub use shards::{ShardsOptions, write_shards};
pub use train::{Specialist, TrainingOptions, WrittenTraining, write_training};
