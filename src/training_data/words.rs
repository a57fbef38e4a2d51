//! Texts as numbers, for comparing many of them: words, runs of words, similarity.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// FNV-1a with 64 bits (Fowler, Noll, Vo): the same in every process and on every machine.
fn fnv(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
}

const SEED: u64 = 0xCBF2_9CE4_8422_2325;

/// One number for each word, case and everything but letters and digits left aside.
pub(super) fn words(text: &str) -> Vec<u64> {
    let mut words = Vec::with_capacity(text.len() / 6);
    let mut hash = SEED;
    let mut open = false;
    let put = |c: char, hash: &mut u64| {
        let mut buffer = [0; 4];
        c.encode_utf8(&mut buffer).bytes().for_each(|byte| *hash = fnv(*hash, byte));
    };
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            hash = fnv(hash, c.to_ascii_lowercase() as u8);
            open = true;
        } else if !c.is_ascii() && c.is_alphanumeric() {
            c.to_lowercase().for_each(|c| put(c, &mut hash));
            open = true;
        } else if open && !matches!(c, '\'' | '’') {
            words.push(hash);
            (hash, open) = (SEED, false);
        }
    }
    if open {
        words.push(hash);
    }
    words
}

/// Mixes well, so that any bits of the result serve (the finalizer of SplitMix64, Steele et al. 2014).
pub(super) fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

/// Multiplier of the rolling hash: odd, with its bits spread (2^64 over the golden ratio).
const BASE: u64 = 0x9E37_79B9_7F4A_7C15;

/// One number for a run of words, in their order.
pub(super) fn run(words: &[u64]) -> u64 {
    mix(words.iter().fold(0, |hash: u64, word| hash.wrapping_mul(BASE).wrapping_add(*word)))
}

/// One number for each `n` words in a row, each the same as [`run`] gives (a rolling hash; Karp and Rabin 1987).
pub(super) fn runs(words: &[u64], n: usize) -> impl Iterator<Item = u64> {
    let leaving = (0..n).fold(1u64, |power, _| power.wrapping_mul(BASE));
    let mut hash = 0u64;
    words.iter().enumerate().filter_map(move |(at, word)| {
        hash = hash.wrapping_mul(BASE).wrapping_add(*word);
        if let Some(old) = at.checked_sub(n).and_then(|old| words.get(old)) {
            hash = hash.wrapping_sub(old.wrapping_mul(leaving));
        }
        (at + 1 >= n).then(|| mix(hash))
    })
}

/// Every run of `n` words, each once, sorted; a shorter text is one run.
pub(super) fn shingles(words: &[u64], n: usize) -> Vec<u32> {
    let mut all: Vec<u32> = match words.len() {
        0 => Vec::new(),
        length if length < n => vec![run(words) as u32],
        _ => runs(words, n).map(|run| run as u32).collect(),
    };
    all.sort_unstable();
    all.dedup();
    all
}

/// A map whose keys are random bits already and need no hashing.
pub(super) type Map<K, V> = HashMap<K, V, BuildHasherDefault<AsIs>>;

#[derive(Default)]
pub(super) struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = fnv(self.0, *byte));
    }

    fn write_u64(&mut self, key: u64) {
        self.0 ^= key;
    }

    fn write_u32(&mut self, key: u32) {
        // The map takes its bucket from the low bits and a tag from the highest seven.
        self.0 = u64::from(key).wrapping_mul(BASE);
    }
}

/// Jaccard similarity of two sorted sets: shared members over all members; 0 for two empty ones.
pub(super) fn jaccard(a: &[u32], b: &[u32]) -> f64 {
    let (mut i, mut j, mut shared) = (0, 0, 0usize);
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        match x.cmp(y) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                shared += 1;
                i += 1;
                j += 1;
            }
        }
    }
    let all = a.len() + b.len() - shared;
    if all == 0 { 0.0 } else { shared as f64 / all as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_ignore_case_and_punctuation() {
        assert_eq!(words("**Größe** isn't it?"), words("größe ISN'T it"));
        assert_eq!(words("isn’t"), words("isnt"));
        assert_eq!(words("a-b").len(), 2);
        assert!(words(" - ").is_empty());
        assert_ne!(run(&words("a b")), run(&words("b a")));
        let text = words("a b c a b c d");
        let each: Vec<u64> = text.windows(3).map(run).collect();
        assert_eq!(runs(&text, 3).collect::<Vec<_>>(), each);
    }

    #[test]
    fn similarity_is_the_share_of_common_runs() {
        let set = |text: &str| shingles(&words(text), 3);
        assert_eq!(jaccard(&set("a b c d e"), &set("a b c d e")), 1.0);
        // abc bcd cde | abc bcd cdx: two of four.
        assert_eq!(jaccard(&set("a b c d e"), &set("a b c d x")), 0.5);
        assert_eq!(jaccard(&set("a"), &set("b")), 0.0);
        assert_eq!(jaccard(&set(""), &set("")), 0.0);
    }
}
