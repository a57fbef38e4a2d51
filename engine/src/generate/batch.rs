//! Continuous batching: many jobs over one decoder, each step one pass over whatever rows are due.
//!
//! A step feeds one token of every sequence that is writing and some of the tokens of those that have just joined. A
//! finished sequence leaves and the next job joins. Prefixes that jobs share are computed once ([`super::stem`]). Since a
//! row's result depends on its own sequence only, none of this can be seen in the answers.

use rayon::prelude::*;
use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use super::engine::{Engine, not_finite};
use super::job::{Job, Outcome, Progress, Work};
use super::stem::{self, Stem};
use super::writer::Writer;
use crate::error::Result;
use crate::model::{Forward, Span, all_finite};

impl<M: Forward> Engine<M> {
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
        let mut batch = Batch::new(self, possible);
        while batch.admit() {
            // On a thread of the pool: from outside, every parallel loop would put this thread to sleep and wake it again.
            let step = rayon::scope(|_| batch.step())?;
            let tokens = (step.tokens > 0).then_some(Progress::Tokens(step.tokens));
            let now = Instant::now();
            let done = step.done.into_iter().map(|(id, outcome, joined)| Progress::Done {
                id,
                outcome,
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
}

/// The state of one run of the engine: who waits and who is in the batch.
struct Batch<'a, M: Forward> {
    engine: &'a Engine<M>,
    stems: Vec<Growing<M::Cache>>,
    waiting: VecDeque<Waiting>,
    running: Vec<Sequence<M::Cache>>,
}

/// A shared prefix and how far it is.
struct Growing<C> {
    stem: Stem,
    adapter: Option<usize>,
    state: State<C>,
    /// A number on its way was not finite; what builds on it is wrong.
    broken: bool,
}

enum State<C> {
    Untouched,
    InBatch,
    Ready(C),
    /// All its users have what they need.
    Spent,
}

struct Waiting {
    job: Job,
    stem: Option<usize>,
}

/// One member of the batch.
struct Sequence<C> {
    adapter: Option<usize>,
    cache: C,
    /// Tokens not fed yet; at least one.
    due: Vec<u32>,
    role: Role,
    joined: Instant,
    /// Memory set aside for it.
    reserved: usize,
    /// A number on its way was not finite.
    broken: bool,
}

enum Role {
    Stem(usize),
    Write {
        id: usize,
        writer: Box<Writer>,
    },
    /// `from` is the first row fed from now on whose next token is to be scored.
    Score {
        id: usize,
        next: Vec<u32>,
        from: usize,
        log_probs: Vec<f32>,
    },
}

/// A sequence that is about to choose its next token.
struct Writing<'s> {
    writer: &'s mut Writer,
    due: &'s mut Vec<u32>,
    broken: &'s mut bool,
}

impl Writing<'_> {
    fn go_on(&mut self, choose: impl FnOnce(&mut Writer) -> Result<Option<u32>>) {
        match choose(self.writer) {
            Ok(token) => self.due.extend(token),
            // The only thing that can go wrong.
            Err(_) => *self.broken = true,
        }
    }
}

/// What one step brought.
struct Step {
    tokens: usize,
    /// Job id, outcome and when the job joined.
    done: Vec<(usize, Result<Outcome>, Instant)>,
}

impl<'a, M: Forward> Batch<'a, M> {
    fn new(engine: &'a Engine<M>, jobs: Vec<Job>) -> Self {
        let mut batch = Self { engine, stems: Vec::new(), waiting: VecDeque::new(), running: Vec::new() };
        let mut stem_of = vec![None; jobs.len()];
        for adapter in std::iter::once(None).chain((0..engine.adapters.len()).map(Some)) {
            let members: Vec<usize> = (0..jobs.len()).filter(|&i| jobs[i].adapter == adapter).collect();
            let prompts: Vec<&[u32]> = members.iter().map(|&i| jobs[i].prompt.as_slice()).collect();
            let (stems, of) = stem::plan(&prompts);
            let before = batch.stems.len();
            batch.stems.extend(stems.into_iter().map(|stem| Growing {
                stem: Stem { parent: stem.parent.map(|p| p + before), ..stem },
                adapter,
                state: State::Untouched,
                broken: false,
            }));
            members.iter().zip(of).for_each(|(&i, stem)| stem_of[i] = stem.map(|s| s + before));
        }
        batch.waiting = jobs.into_iter().zip(stem_of).map(|(job, stem)| Waiting { job, stem }).collect();
        batch
    }

    /// Lets jobs join while there is room. False when nothing is left to do.
    fn admit(&mut self) -> bool {
        let mut at = 0;
        while at < self.waiting.len() && self.running.len() < self.engine.limits.sequences.max(1) {
            let (depth, positions) = {
                let Waiting { job, stem } = &self.waiting[at];
                let answer = match &job.work {
                    Work::Write(sampling) => sampling.max_tokens,
                    Work::Score(next) => next.len(),
                };
                let depth = stem.map_or(0, |s| self.depth(s));
                (depth, (job.prompt.len() + answer).min(self.engine.decoder.config().context_length) - depth)
            };
            let reserved = self.engine.decoder.cache_bytes(positions);
            let in_use: usize = self.running.iter().map(|s| s.reserved).sum();
            if !self.running.is_empty() && in_use + reserved > self.engine.limits.cache_bytes {
                break;
            }
            let Some(cache) = self.start_from(self.waiting[at].stem) else {
                at += 1; // its stem is under way
                continue;
            };
            let Some(Waiting { job, stem }) = self.waiting.remove(at) else { break };
            self.release(stem);
            let broken = self.is_broken(stem);
            self.join(job, cache, depth, reserved, broken);
        }
        !self.running.is_empty()
    }

    fn depth(&self, stem: usize) -> usize {
        let Stem { parent, tokens, .. } = &self.stems[stem].stem;
        tokens.len() + parent.map_or(0, |p| self.depth(p))
    }

    /// The cache behind `stem`. `None` when it is still being computed; that is set going here if need be.
    fn start_from(&mut self, stem: Option<usize>) -> Option<M::Cache> {
        let Some(stem) = stem else { return Some(self.engine.decoder.cache()) };
        match &self.stems[stem].state {
            State::Ready(cache) => return Some(cache.clone()),
            State::InBatch | State::Spent => return None,
            State::Untouched => {}
        }
        let parent = self.stems[stem].stem.parent;
        let cache = self.start_from(parent)?;
        self.release(parent);
        let broken = self.is_broken(parent);
        let growing = &mut self.stems[stem];
        growing.state = State::InBatch;
        self.running.push(Sequence {
            adapter: growing.adapter,
            cache,
            due: growing.stem.tokens.clone(),
            role: Role::Stem(stem),
            joined: Instant::now(),
            reserved: self.engine.decoder.cache_bytes(growing.stem.tokens.len()),
            broken,
        });
        None
    }

    fn is_broken(&self, stem: Option<usize>) -> bool {
        stem.is_some_and(|stem| self.stems[stem].broken)
    }

    /// Notes that one user of `stem` has taken what it needs.
    fn release(&mut self, stem: Option<usize>) {
        if let Some(growing) = stem.map(|i| &mut self.stems[i]) {
            growing.stem.users -= 1;
            if growing.stem.users == 0 {
                growing.state = State::Spent;
            }
        }
    }

    fn join(&mut self, job: Job, cache: M::Cache, depth: usize, reserved: usize, broken: bool) {
        let Job { id, adapter, prompt, work } = job;
        let mut due = prompt[depth..].to_vec();
        let role = match work {
            Work::Write(sampling) => {
                let room = self.engine.decoder.config().context_length - prompt.len();
                let most = sampling.max_tokens.min(room);
                Role::Write { id, writer: Box::new(Writer::new(&self.engine.chat, &sampling, &prompt, most)) }
            }
            Work::Score(next) => {
                let from = due.len() - 1;
                due.extend(&next[..next.len().saturating_sub(1)]);
                Role::Score { id, next, from, log_probs: Vec::new() }
            }
        };
        self.running.push(Sequence { adapter, cache, due, role, joined: Instant::now(), reserved, broken });
    }

    /// One pass of the decoder over the rows that are due, and what follows from it.
    fn step(&mut self) -> Result<Step> {
        // Rows with the same adapter side by side, so that each adapter is applied once.
        self.running.sort_by_key(|s| s.adapter);
        let rows = self.share_rows();
        let tokens: Vec<u32> = self.running.iter().zip(&rows).flat_map(|(s, &n)| s.due[..n].iter().copied()).collect();
        let adapters = &self.engine.adapters;
        let mut spans: Vec<Span<'_, M::Cache, M::Adapter>> =
            (self.running.iter_mut().zip(&rows).filter(|(_, rows)| **rows > 0))
                .map(|(s, &rows)| Span { rows, cache: &mut s.cache, adapter: s.adapter.and_then(|i| adapters.get(i)) })
                .collect();
        let hidden = self.engine.decoder.forward(&tokens, &mut spans)?; // (tokens, hidden)
        let (mut start, width) = (0, self.engine.decoder.config().hidden);
        for (sequence, &rows) in self.running.iter_mut().zip(&rows) {
            sequence.due.drain(..rows);
            sequence.broken |= !all_finite(&hidden[start * width..(start + rows) * width]);
            start += rows;
        }
        self.score(&hidden, &rows)?;
        let written = self.write(&hidden, &rows)?;
        Ok(Step { tokens: written, done: self.leave() })
    }

    /// How many rows each sequence gets in this step: those that are writing their one, and those still reading their
    /// prompt what the limit leaves, first come first served.
    fn share_rows(&self) -> Vec<usize> {
        let mut left = self.engine.prompt_rows();
        let mut share = |s: &Sequence<M::Cache>| match s.due.len() {
            1 => 1,
            due => {
                let rows = due.min(left);
                left -= rows;
                rows
            }
        };
        self.running.iter().map(&mut share).collect()
    }

    fn score(&mut self, hidden: &[f32], rows: &[usize]) -> Result<()> {
        let (mut start, width) = (0, self.engine.decoder.config().hidden);
        for (sequence, &rows) in self.running.iter_mut().zip(rows) {
            if let Role::Score { next, from, log_probs, .. } = &mut sequence.role {
                let skip = (*from).min(rows);
                *from -= skip;
                let targets = &next[log_probs.len()..][..(rows - skip).min(next.len() - log_probs.len())];
                if !targets.is_empty() && !sequence.broken {
                    let hidden = &hidden[(start + skip) * width..][..targets.len() * width];
                    let scored = self.engine.decoder.log_probs(hidden, targets)?;
                    sequence.broken |= !all_finite(&scored);
                    log_probs.extend(scored);
                }
            }
            start += rows;
        }
        Ok(())
    }

    /// Chooses a token for every sequence that has read all it has. Gives how many.
    fn write(&mut self, hidden: &[f32], rows: &[usize]) -> Result<usize> {
        let decoder = &self.engine.decoder;
        let width = decoder.config().hidden;
        let (mut last_rows, mut writing, mut end) = (Vec::new(), Vec::new(), 0); // (writing, hidden)
        for (sequence, &rows) in self.running.iter_mut().zip(rows) {
            end += rows;
            if let Role::Write { writer, .. } = &mut sequence.role
                && sequence.due.is_empty()
                && !sequence.broken
                && writer.finish().is_none()
            {
                last_rows.extend_from_slice(&hidden[(end - 1) * width..end * width]);
                writing.push(Writing { writer, due: &mut sequence.due, broken: &mut sequence.broken });
            }
        }
        if writing.is_empty() {
            return Ok(0);
        }
        if writing.iter().all(|writing| writing.writer.is_plainly_greedy()) {
            let tokens = decoder.likeliest(&last_rows)?;
            writing.iter_mut().zip(tokens).for_each(|(writing, token)| writing.go_on(|writer| writer.take(token)));
            return Ok(writing.len());
        }
        let logits = decoder.logits(&last_rows)?; // (writing, vocab)
        let rows = logits.par_chunks_exact(decoder.config().vocab);
        writing.par_iter_mut().zip(rows).for_each(|(writing, logits)| writing.go_on(|writer| writer.next(logits)));
        Ok(writing.len())
    }

    /// Takes out the sequences that are finished, and those that are broken.
    fn leave(&mut self) -> Vec<(usize, Result<Outcome>, Instant)> {
        let mut done = Vec::new();
        for sequence in std::mem::take(&mut self.running) {
            if !sequence.due.is_empty() && !sequence.broken {
                self.running.push(sequence);
                continue;
            }
            let (id, outcome) = match sequence.role {
                Role::Stem(stem) => {
                    self.stems[stem].state = State::Ready(sequence.cache);
                    self.stems[stem].broken = sequence.broken;
                    continue;
                }
                Role::Write { id, writer } => (id, writer.outcome()),
                Role::Score { id, log_probs, .. } => (id, Outcome::Scored { log_probs }),
            };
            let outcome = if sequence.broken { Err(not_finite()) } else { Ok(outcome) };
            done.push((id, outcome, sequence.joined));
        }
        done
    }
}
