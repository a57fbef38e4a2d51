//! Continuous batching: many jobs over one decoder, each step one pass over whatever rows are due.
//!
//! A step feeds one token of every sequence that is writing and some of the tokens of those that have just joined. A
//! finished sequence leaves and the next job joins. Prefixes that jobs share are computed once ([`super::stem`]). Since a
//! row's result depends on its own sequence only, none of this can be seen in the answers.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::batch::Batch;
use super::{Finish, Sampling};
use crate::chat::Chat;
use crate::error::{Error, Result};
use crate::model::{Adapter, Decoder};

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
    pub work: Work,
}

#[derive(Debug, Clone)]
pub enum Work {
    /// Write an answer.
    Write(Sampling),
    /// Say how likely these tokens were as the continuation.
    Score(Vec<u32>),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    Written {
        text: String,
        tokens: usize,
        finish: Finish,
    },
    /// Log-probability (natural log) of every token of the continuation.
    Scored {
        log_probs: Vec<f32>,
    },
}

/// What the engine reports while it works.
#[derive(Debug)]
pub enum Progress {
    /// Tokens written since the last such report, over all sequences.
    Tokens(usize),
    /// A job is done, `elapsed` after it joined the batch.
    Done { id: usize, outcome: Result<Outcome>, elapsed: Duration },
}

/// A decoder with its tokenizer and the adapters that share it.
pub struct Engine {
    pub(super) decoder: Arc<Decoder>,
    pub(super) chat: Arc<Chat>,
    pub(super) adapters: Vec<Adapter>,
    limits: Limits,
}

impl Engine {
    pub fn new(decoder: Arc<Decoder>, chat: Arc<Chat>, adapters: Vec<Adapter>) -> Self {
        Self { decoder, chat, adapters, limits: Limits::default() }
    }

    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    pub fn chat(&self) -> &Chat {
        &self.chat
    }

    /// Prompt tokens to feed at once.
    pub(super) fn prompt_rows(&self) -> usize {
        self.limits.prompt_rows.max(1)
    }

    /// Does all jobs, in order of joining but finishing as they may. Every job gets exactly one [`Progress::Done`]
    /// unless `sink` breaks, which ends everything after the current step.
    pub fn run(&self, jobs: Vec<Job>, sink: &mut dyn FnMut(Progress) -> ControlFlow<()>) -> Result<()> {
        let mut possible = Vec::with_capacity(jobs.len());
        for job in jobs {
            match self.check(&job) {
                Ok(()) => possible.push(job),
                Err(error) => {
                    let done = Progress::Done { id: job.id, outcome: Err(error), elapsed: Duration::ZERO };
                    if sink(done).is_break() {
                        return Ok(());
                    }
                }
            }
        }
        let mut batch = Batch::new(self, self.limits, possible);
        while batch.admit() {
            // On a thread of the pool: from outside, every parallel loop would put this thread to sleep and wake it again.
            let step = rayon::scope(|_| batch.step())?;
            let tokens = (step.tokens > 0).then_some(Progress::Tokens(step.tokens));
            let now = Instant::now();
            let done = step.done.into_iter().map(|(id, outcome, joined)| Progress::Done {
                id,
                outcome: Ok(outcome),
                elapsed: now - joined,
            });
            for progress in tokens.into_iter().chain(done) {
                if sink(progress).is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Whether a job can be done at all.
    pub(super) fn check(&self, job: &Job) -> Result<()> {
        let context = self.decoder.config().context_length;
        if job.prompt.is_empty() {
            return Err(Error::input("the prompt is empty").hint("give the case a prompt"));
        }
        if job.adapter.is_some_and(|index| index >= self.adapters.len()) {
            return Err(Error::model("the job names an adapter that was not loaded"));
        }
        match &job.work {
            Work::Write(_) if job.prompt.len() >= context => Err(Error::input(format!(
                "the prompt is {} tokens long, but the model's context holds {context}",
                job.prompt.len()
            ))
            .hint(
                "shorten the prompt, the system prompt or the examples before it, or use a model with a longer context",
            )),
            Work::Score(next) if job.prompt.len() + next.len() > context => Err(Error::input(format!(
                "prompt and text to score are {} and {} tokens long, but the model's context holds {context}",
                job.prompt.len(),
                next.len()
            ))
            .hint("shorten the prompt or the text, or use a model with a longer context")),
            _ => Ok(()),
        }
    }
}
