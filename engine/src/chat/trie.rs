//! The vocabulary as llguidance reads it: the bytes of every id, laid out as a trie.

use std::sync::Arc;

use llguidance::toktrie::{ApproximateTokEnv, TokEnv, TokRxInfo, TokTrie};

/// The trie of `words`, by id; `ends` are the ids that end an answer, at least one.
pub(super) fn build(words: &[Vec<u8>], ends: &[u32]) -> TokEnv {
    // No text holds the byte 0xFF, with which the trie marks tokens that are none; without bytes a token is never allowed.
    let fits = |word: &Vec<u8>| !word.starts_with(&[TokTrie::SPECIAL_TOKEN_MARKER]) && word.len() <= LONGEST;
    let mut words: Vec<Vec<u8>> = words.iter().map(|word| if fits(word) { word.clone() } else { Vec::new() }).collect();
    // Whatever its word says, such a token is no part of an answer.
    ends.iter().for_each(|end| words[*end as usize].clear());
    let end = ends.first().copied().unwrap_or_default();
    let trie = TokTrie::from(&TokRxInfo::new(words.len() as u32, end), &words);
    // The model alone chooses how a text is cut into tokens; nothing is forced on it.
    Arc::new(ApproximateTokEnv::new(trie.with_eos_tokens(ends)))
}

/// Bytes of one token, less than the 1024 that the trie can hold; longer ones are never written.
const LONGEST: usize = 1000;
