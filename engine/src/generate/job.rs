//! What is asked of the engine and what it reports.

use std::time::Duration;

use super::sampling::Sampling;
use crate::error::Result;

/// How much goes on at once.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Sequences in the batch.
    pub sequences: usize,
    /// Memory for keys and values, all sequences together. One sequence always gets in.
    pub cache_bytes: usize,
    /// Prompt tokens fed per step, so that those already writing do not wait long.
    pub prompt_rows: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { sequences: 96, cache_bytes: 3 << 30, prompt_rows: 256 }
    }
}

/// One thing to do with one prompt.
#[derive(Debug, Clone)]
pub struct Job {
    /// The caller's; comes back with the outcome.
    pub id: usize,
    /// Which of the engine's adapters to use.
    pub adapter: Option<usize>,
    /// Token ids up to where the answer begins.
    pub prompt: Vec<u32>,
    /// What to do behind it.
    pub work: Work,
}

/// What a job asks for.
#[derive(Debug, Clone)]
pub enum Work {
    /// Write an answer.
    Write(Sampling),
    /// Say how likely these tokens were as the continuation.
    Score(Vec<u32>),
}

/// Why writing ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finish {
    /// The model chose a token that ends its turn.
    End,
    /// The longest allowed answer was reached, or the context was full.
    Length,
    /// A stop string appeared; the text ends before it.
    StopString,
}

/// What came of a job.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// An answer.
    Written {
        /// What was written, without what ended it.
        text: String,
        /// How many tokens that took.
        tokens: usize,
        /// Why it ends there.
        finish: Finish,
    },
    /// How likely a continuation was.
    Scored {
        /// Log-probability (natural log) of each of its tokens.
        log_probs: Vec<f32>,
    },
}

/// What the engine reports while it works.
#[derive(Debug)]
pub enum Progress {
    /// Tokens written since the last such report, over all sequences.
    Tokens(usize),
    /// A job has written more of its answer; all such texts together are the answer. Only an open batch tells it.
    Text {
        /// The job's.
        id: usize,
        /// Whole characters that no stop string can take back any more.
        text: String,
    },
    /// A job is done.
    Done {
        /// The job's.
        id: usize,
        /// What came of it.
        outcome: Result<Outcome>,
        /// Time since it joined.
        elapsed: Duration,
    },
}
