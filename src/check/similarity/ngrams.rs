//! Counting of n-grams, shared by the word and letter measures.

use std::collections::HashMap;
use std::hash::Hash;

/// How often each run of `n` stands in a sequence.
pub(super) fn ngrams<T: Eq + Hash>(sequence: &[T], n: usize) -> HashMap<&[T], usize> {
    let mut counts = HashMap::new();
    if n > 0 {
        for gram in sequence.windows(n) {
            *counts.entry(gram).or_insert(0) += 1;
        }
    }
    counts
}

/// How many runs two sequences share, each counted as often as it stands in both.
pub(super) fn shared<T: Eq + Hash>(a: &HashMap<&[T], usize>, b: &HashMap<&[T], usize>) -> usize {
    a.iter().map(|(gram, count)| b.get(gram).map_or(0, |other| *count.min(other))).sum()
}

/// How many runs of `n` a sequence of this length has.
pub(super) fn total(length: usize, n: usize) -> usize {
    (length + 1).saturating_sub(n)
}
