//! Similarity: how close an answer comes to the text it should be, by letters, words or meaning.
//!
//! Each measure is its own, and each is held to the reference implementation it follows (`tests/oracle/similarity.py`;
//! of meaning, `engine/tests/oracle/embeddings.py`).
//! The other text is the check's `value`, or else the case's reference. All pass at 0.5 unless `threshold` says
//! otherwise.

mod against;
mod bleu;
mod chrf;
mod levenshtein;
mod ngrams;
mod rouge;
mod similar;

use super::Criterion::{Accuracy, Relevance};
use super::Kind;

pub const KINDS: &[Kind] = &[
    Kind::new::<levenshtein::Levenshtein>("levenshtein", Accuracy, 1, "The answer's letters are close to a text."),
    Kind::new::<rouge::RougeN>("rouge-n", Accuracy, 1, "The answer shares runs of n words with a text (F1)."),
    Kind::new::<rouge::RougeL>("rouge-l", Accuracy, 1, "The answer has a text's words in the same order (F1)."),
    Kind::new::<bleu::Bleu>("bleu", Accuracy, 1, "The answer's word runs are those of a text (sentence BLEU)."),
    Kind::new::<chrf::Chrf>("chrf", Accuracy, 1, "The answer shares runs of letters with a text (chrF2)."),
    Kind::new::<similar::Similar>(
        "similar",
        Relevance,
        1,
        "The answer means much the same as a text, whatever its words; beyond some 190 words neither is read.",
    ),
];

#[cfg(test)]
mod tests;
