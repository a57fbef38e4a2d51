//! The shared prefixes of a batch: which of them are computed, and who still waits for them.

use std::collections::HashMap;
use std::time::Instant;

use super::job::Job;
use super::sequence::{Role, Sequence};
use super::stem;
use crate::model::Forward;

/// By a number that is never used twice; a stem is dropped when its last user has what it needs.
pub(super) struct Stems<C> {
    growing: HashMap<usize, Growing<C>>,
    next: usize,
}

/// A shared prefix and how far it is.
struct Growing<C> {
    parent: Option<usize>,
    /// The tokens behind the parent's.
    tokens: Vec<u32>,
    /// How many tokens it ends behind, those of its parents included.
    depth: usize,
    /// Jobs and stems that have not started from it yet.
    users: usize,
    adapter: Option<usize>,
    state: State<C>,
    /// A number on its way was not finite; what builds on it is wrong.
    broken: bool,
}

enum State<C> {
    Untouched,
    InBatch,
    Ready(C),
}

impl<C: Clone> Stems<C> {
    pub fn new() -> Self {
        Self { growing: HashMap::new(), next: 0 }
    }

    /// Finds what `jobs` share. Gives each job's stem.
    pub fn plan(&mut self, jobs: &[Job]) -> Vec<Option<usize>> {
        let mut stem_of = vec![None; jobs.len()];
        let mut order: Vec<usize> = (0..jobs.len()).collect();
        order.sort_by_key(|&i| jobs[i].adapter);
        for members in order.chunk_by(|&a, &b| jobs[a].adapter == jobs[b].adapter) {
            let prompts: Vec<&[u32]> = members.iter().map(|&i| jobs[i].prompt.as_slice()).collect();
            let (stems, of) = stem::plan(&prompts);
            let (first, count) = (self.next, stems.len());
            self.next += count;
            for (i, stem) in stems.into_iter().enumerate() {
                let parent = stem.parent.map(|p| p + first);
                let depth = parent.map_or(0, |p| self.depth(p)) + stem.tokens.len();
                let (adapter, tokens, users) = (jobs[members[0]].adapter, stem.tokens, stem.users);
                let growing = Growing { parent, tokens, depth, users, adapter, state: State::Untouched, broken: false };
                self.growing.insert(first + i, growing);
            }
            members.iter().zip(of).for_each(|(&i, stem)| stem_of[i] = stem.map(|s| s + first));
        }
        stem_of
    }

    /// How many tokens a stem ends behind.
    pub fn depth(&self, stem: usize) -> usize {
        self.growing.get(&stem).map_or(0, |growing| growing.depth)
    }

    pub fn contains(&self, stem: usize) -> bool {
        self.growing.contains_key(&stem)
    }

    /// The cache behind `stem`, and whether it is broken; the caller has then one use less. `None` while it is computed,
    /// which is set going here if need be: its sequence goes to `running`.
    pub fn start<M: Forward<Cache = C>>(
        &mut self,
        stem: usize,
        decoder: &M,
        running: &mut Vec<Sequence<C>>,
    ) -> Option<(C, bool)> {
        let growing = self.growing.get(&stem)?;
        match &growing.state {
            State::InBatch => return None,
            State::Ready(cache) => {
                let start = (cache.clone(), growing.broken);
                self.release(stem);
                return Some(start);
            }
            State::Untouched => {}
        }
        let (cache, broken) = match growing.parent {
            None => (decoder.cache(), false),
            Some(parent) => self.start(parent, decoder, running)?,
        };
        let growing = self.growing.get_mut(&stem)?;
        growing.state = State::InBatch;
        running.push(Sequence {
            adapter: growing.adapter,
            cache,
            due: growing.tokens.clone(),
            read: Vec::new(),
            role: Role::Stem(stem),
            joined: Instant::now(),
            reserved: decoder.cache_bytes(growing.tokens.len()),
            broken,
        });
        None
    }

    /// A stem's sequence has left the batch.
    pub fn computed(&mut self, stem: usize, cache: C, broken: bool) {
        if let Some(growing) = self.growing.get_mut(&stem) {
            growing.state = State::Ready(cache);
            growing.broken = broken;
        }
    }

    /// Notes that one user of `stem` has taken what it needs, or needs nothing any more.
    pub fn release(&mut self, stem: usize) {
        let Some(growing) = self.growing.get_mut(&stem) else { return };
        growing.users -= 1;
        if growing.users > 0 {
            return;
        }
        let Some(Growing { parent: Some(parent), state: State::Untouched, .. }) = self.growing.remove(&stem) else {
            return;
        };
        self.release(parent);
    }
}
