//! Continuous batching over ragged sequences, sampling, stopping and token log-probabilities.
//!
//! An [`Engine`] takes many [`Job`]s and keeps one [`Batch`] full until all are done; a server holds a batch open and lets
//! jobs come and go. What a job gives never depends on the jobs beside it: the decoder computes every row on its own, and
//! every sequence draws from its own seed. An answer that must be [`Json`] is JSON by construction: a grammar says before
//! every choice which tokens may come next.

mod agreement;
mod batch;
mod conversation;
mod engine;
mod grammar;
mod job;
mod json;
mod recall;
mod sampler;
mod sampling;
mod schema;
mod sequence;
mod stem;
mod stems;
mod writer;

pub use agreement::{Agreement, Continuation, Voice};
pub use batch::Batch;
pub use conversation::Conversation;
pub use engine::Engine;
pub use job::{Finish, Job, Limits, Outcome, Progress, Work};
pub use json::Json;
pub use sampling::{Sampling, SamplingOptions};
