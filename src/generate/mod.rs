//! Continuous batching over ragged sequences, sampling, stopping and token log-probabilities.

mod sampling;

pub use sampling::{Sampling, SamplingOptions};
