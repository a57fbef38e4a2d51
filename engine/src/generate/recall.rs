//! What finished sequences have read, kept so that a later prompt which begins alike need not be read again: the next turn
//! of a conversation, or another question under the same system prompt.

use std::collections::VecDeque;

use crate::model::Forward;

/// The fewest tokens in common that are worth it.
const FEWEST: usize = 8;
/// The most caches that are kept: a search looks at each.
const MOST: usize = 64;

/// Caches of sequences that have left the batch, the one used last at the end.
pub(super) struct Recall<C> {
    kept: VecDeque<Kept<C>>,
    bytes: usize,
}

struct Kept<C> {
    adapter: Option<usize>,
    /// The tokens `cache` holds.
    read: Vec<u32>,
    cache: C,
    bytes: usize,
}

impl<C: Clone> Recall<C> {
    pub fn new() -> Self {
        Self { kept: VecDeque::new(), bytes: 0 }
    }

    /// Memory that is kept, at most: pages that several share count for each.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Keeps what a sequence has read, in the place of what it itself began with.
    pub fn keep<M: Forward<Cache = C>>(&mut self, decoder: &M, adapter: Option<usize>, read: Vec<u32>, cache: C) {
        if read.len() < FEWEST {
            return;
        }
        self.drop_where(|kept| kept.adapter == adapter && read.starts_with(&kept.read));
        let bytes = decoder.cache_bytes(read.len());
        self.bytes += bytes;
        self.kept.push_back(Kept { adapter, read, cache, bytes });
        if self.kept.len() > MOST {
            self.forget_one();
        }
    }

    /// The cache that has the most in common with the beginning of `prompt`, and how many tokens that is. The last token
    /// is always left, so that its row is computed.
    pub fn find<M: Forward<Cache = C>>(
        &mut self,
        decoder: &M,
        adapter: Option<usize>,
        prompt: &[u32],
    ) -> Option<(C, usize)> {
        let common = |kept: &Kept<C>| {
            let alike = kept.read.iter().zip(prompt).take_while(|(a, b)| a == b).count();
            if kept.adapter == adapter { alike.min(prompt.len().saturating_sub(1)) } else { 0 }
        };
        let found = self.kept.iter().enumerate().map(|(i, kept)| (common(kept), i)).max()?;
        let (common, at) = Some(found).filter(|(common, _)| *common >= FEWEST)?;
        let used = self.kept.remove(at)?;
        let mut cache = used.cache.clone();
        self.kept.push_back(used);
        decoder.truncate(&mut cache, common).ok()?;
        Some((cache, common))
    }

    /// Forgets what was used longest ago. False when nothing is left.
    pub fn forget_one(&mut self) -> bool {
        let gone = self.kept.pop_front();
        self.bytes -= gone.as_ref().map_or(0, |kept| kept.bytes);
        gone.is_some()
    }

    fn drop_where(&mut self, gone: impl Fn(&Kept<C>) -> bool) {
        self.kept.retain(|kept| !gone(kept));
        self.bytes = self.kept.iter().map(|kept| kept.bytes).sum();
    }
}
