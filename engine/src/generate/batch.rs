//! Continuous batching: many jobs over one decoder, each step one pass over whatever rows are due.
//!
//! A step feeds one token of every sequence that is writing and some of the tokens of those that have just joined. A
//! finished sequence leaves and the next job joins. Prefixes that jobs share are computed once ([`super::stem`]). Since a
//! row's result depends on its own sequence only, none of this can be seen in the answers. An evaluation adds all its jobs
//! at once, a server adds them as they come; both are the same batch.

use rayon::prelude::*;
use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::engine::Engine;
use super::grammar::Grammar;
use super::job::{Job, Progress, Work};
use super::recall::Recall;
use super::sequence::{Left, Role, Sequence, Writing};
use super::stems::Stems;
use super::writer::Writer;
use crate::error::Result;
use crate::model::{Decoder, Forward, Span, all_finite};

/// The share of the memory for keys and values in which an open batch keeps what finished jobs have read.
const RECALL_SHARE: usize = 3;

impl<M: Forward> Engine<M> {
    /// Does all jobs, in order of joining but finishing as they may. Every job gets exactly one [`Progress::Done`]
    /// unless `sink` breaks, which ends everything after the current step.
    pub fn run(&self, jobs: Vec<Job>, sink: &mut dyn FnMut(Progress) -> ControlFlow<()>) -> Result<()> {
        let mut batch = Batch::new(self);
        let mut told = batch.add(jobs);
        loop {
            for progress in told {
                if sink(progress).is_break() {
                    return Ok(());
                }
            }
            if batch.is_idle() {
                return Ok(());
            }
            told = batch.step()?;
        }
    }
}

/// Jobs under way. They may be added and cancelled between any two steps.
pub struct Batch<'a, M: Forward = Decoder> {
    engine: &'a Engine<M>,
    stems: Stems<M::Cache>,
    recall: Recall<M::Cache>,
    waiting: VecDeque<Waiting>,
    running: Vec<Sequence<M::Cache>>,
    open: bool,
}

struct Waiting {
    job: Job,
    stem: Option<usize>,
    grammar: Option<Arc<Grammar>>,
}

/// Where a sequence starts: a cache, how many tokens of the prompt it holds, and whether it is broken.
struct Start<C> {
    cache: C,
    depth: usize,
    broken: bool,
}

impl<'a, M: Forward> Batch<'a, M> {
    /// An empty batch for a set of jobs that is known from the start.
    pub fn new(engine: &'a Engine<M>) -> Self {
        let (stems, recall) = (Stems::new(), Recall::new());
        Self { engine, stems, recall, waiting: VecDeque::new(), running: Vec::new(), open: false }
    }

    /// An empty batch for jobs that come and go: it tells texts while they are written ([`Progress::Text`]), and keeps what
    /// finished jobs have read for those that begin alike.
    pub fn open(engine: &'a Engine<M>) -> Self {
        Self { open: true, ..Self::new(engine) }
    }

    /// Lets jobs wait for their turn. Those that cannot be done at all are done with that: they are given back.
    pub fn add(&mut self, jobs: Vec<Job>) -> Vec<Progress> {
        let (mut possible, mut grammars, mut refused) = (Vec::with_capacity(jobs.len()), Vec::new(), Vec::new());
        for job in jobs {
            match self.engine.check(&job) {
                Ok(grammar) => {
                    possible.push(job);
                    grammars.push(grammar);
                }
                Err(error) => {
                    refused.push(Progress::Done { id: job.id, outcome: Err(error), elapsed: Duration::ZERO });
                }
            }
        }
        let stems = self.stems.plan(&possible);
        let each = possible.into_iter().zip(stems).zip(grammars);
        self.waiting.extend(each.map(|((job, stem), grammar)| Waiting { job, stem, grammar }));
        refused
    }

    /// Takes a job out, wherever it is; nothing more is told of it. A job that is done already is passed over.
    pub fn cancel(&mut self, id: usize) {
        if let Some(at) = self.waiting.iter().position(|waiting| waiting.job.id == id) {
            let stem = self.waiting.remove(at).and_then(|waiting| waiting.stem);
            stem.into_iter().for_each(|stem| self.stems.release(stem));
            // A stem for which nobody waits any more is not computed to its end.
            let stems = &self.stems;
            self.running.retain(|s| !matches!(s.role, Role::Stem(stem) if !stems.contains(stem)));
        }
        if let Some(at) = self.running.iter().position(|sequence| sequence.role.is_job(id)) {
            let gone = self.running.swap_remove(at);
            self.remember(gone.adapter, gone.read, gone.cache, gone.broken);
        }
    }

    /// Whether nothing is left to do.
    pub fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.running.is_empty()
    }

    /// Lets jobs join while there is room, makes one pass of the decoder over the rows that are due, and tells what came
    /// of it. Where nothing is to be done, nothing is told.
    ///
    /// # Errors
    /// The decoder fails; no job of this batch can be answered any more.
    pub fn step(&mut self) -> Result<Vec<Progress>> {
        self.admit();
        if self.running.is_empty() {
            return Ok(Vec::new());
        }
        // On a thread of the pool: from outside, every parallel loop would put this thread to sleep and wake it again.
        rayon::scope(|_| self.pass())
    }

    fn admit(&mut self) {
        let mut at = 0;
        while at < self.waiting.len() && self.running.len() < self.engine.limits.sequences.max(1) {
            let reserved = self.needs(&self.waiting[at]);
            if !self.make_room(reserved) {
                break;
            }
            let Some(start) = self.start(at) else {
                at += 1; // its stem is under way
                continue;
            };
            let Some(Waiting { job, grammar, .. }) = self.waiting.remove(at) else { break };
            self.join(job, grammar.as_deref(), start, reserved);
        }
    }

    /// Memory for what a job adds to its stem.
    fn needs(&self, Waiting { job, stem, .. }: &Waiting) -> usize {
        let answer = match &job.work {
            Work::Write(sampling) => sampling.max_tokens,
            Work::Score(next) => next.len(),
        };
        let whole = job.prompt.len().saturating_add(answer).min(self.engine.decoder.config().context_length);
        self.engine.decoder.cache_bytes(whole - stem.map_or(0, |stem| self.stems.depth(stem)))
    }

    /// Whether there is room for so many bytes, made by forgetting if need be. One sequence always gets in.
    fn make_room(&mut self, bytes: usize) -> bool {
        let in_use: usize = self.running.iter().map(|s| s.reserved).sum();
        while in_use + self.recall.bytes() + bytes > self.engine.limits.cache_bytes && self.recall.forget_one() {}
        self.running.is_empty() || in_use + bytes <= self.engine.limits.cache_bytes
    }

    /// Where the waiting job at `at` starts; `None` while its stem is computed.
    fn start(&mut self, at: usize) -> Option<Start<M::Cache>> {
        let (Waiting { job, stem, .. }, decoder) = (&self.waiting[at], &*self.engine.decoder);
        if let Some(stem) = *stem {
            let depth = self.stems.depth(stem);
            let (cache, broken) = self.stems.start(stem, decoder, &mut self.running)?;
            return Some(Start { cache, depth, broken });
        }
        let (cache, depth) =
            self.recall.find(decoder, job.adapter, &job.prompt).unwrap_or_else(|| (decoder.cache(), 0));
        Some(Start { cache, depth, broken: false })
    }

    fn join(&mut self, job: Job, grammar: Option<&Grammar>, start: Start<M::Cache>, reserved: usize) {
        let Job { id, adapter, prompt, work } = job;
        let Start { cache, depth, broken } = start;
        let mut due = prompt[depth..].to_vec();
        let role = match work {
            Work::Write(sampling) => {
                let room = self.engine.decoder.config().context_length - prompt.len();
                let most = sampling.max_tokens.min(room);
                let writer = Writer::new(&self.engine.chat, &sampling, &prompt, most, grammar);
                Role::Write { id, writer: Box::new(writer) }
            }
            Work::Score(next) => {
                let from = due.len() - 1;
                due.extend(&next[..next.len().saturating_sub(1)]);
                Role::Score { id, next, from, log_probs: Vec::new() }
            }
        };
        let read = if self.open { prompt[..depth].to_vec() } else { Vec::new() };
        self.running.push(Sequence { adapter, cache, due, read, role, joined: Instant::now(), reserved, broken });
    }

    fn pass(&mut self) -> Result<Vec<Progress>> {
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
            let fed = sequence.due.drain(..rows);
            if self.open {
                sequence.read.extend(fed);
            } else {
                drop(fed);
            }
            sequence.broken |= !all_finite(&hidden[start * width..(start + rows) * width]);
            start += rows;
        }
        self.score(&hidden, &rows)?;
        let written = self.write(&hidden, &rows)?;
        let mut told: Vec<Progress> = (written > 0).then_some(Progress::Tokens(written)).into_iter().collect();
        if self.open {
            told.extend(self.running.iter_mut().filter_map(text));
        }
        self.leave(&mut told);
        Ok(told)
    }

    /// How many rows each sequence gets in this step: those that are writing their one, and those still reading their
    /// prompt what the limit leaves, first come first served.
    fn share_rows(&self) -> Vec<usize> {
        let (mut left, mut rows) = (self.engine.prompt_rows(), vec![0; self.running.len()]);
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_by_key(|&i| self.running[i].joined);
        for i in order {
            rows[i] = self.running[i].share(&mut left);
        }
        rows
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
    fn leave(&mut self, told: &mut Vec<Progress>) {
        let now = Instant::now();
        for sequence in std::mem::take(&mut self.running) {
            if !sequence.is_done() {
                self.running.push(sequence);
                continue;
            }
            let Sequence { adapter, cache, read, role, joined, broken, .. } = sequence;
            match role.left(broken) {
                Left::Stem(stem) => self.stems.computed(stem, cache, broken),
                Left::Job(id, outcome) => {
                    told.push(Progress::Done { id, outcome, elapsed: now - joined });
                    self.remember(adapter, read, cache, broken);
                }
            }
        }
    }

    /// Keeps what a job has read, within the memory there is for it.
    fn remember(&mut self, adapter: Option<usize>, read: Vec<u32>, cache: M::Cache, broken: bool) {
        if !self.open || broken {
            return;
        }
        self.recall.keep(&*self.engine.decoder, adapter, read, cache);
        while self.recall.bytes() > self.engine.limits.cache_bytes / RECALL_SHARE && self.recall.forget_one() {}
    }
}

/// The text that a sequence has newly written.
fn text<C>(sequence: &mut Sequence<C>) -> Option<Progress> {
    match &mut sequence.role {
        Role::Write { id, writer } if !sequence.broken => {
            writer.fresh().map(|text| Progress::Text { id: *id, text: text.to_string() })
        }
        _ => None,
    }
}
