//! Text: what an answer says, how long it is, whether it refuses, which language it is in.
//!
//! Wording checks read the raw answer; counts of words and sentences read it as a person would, without Markdown's
//! marks.

mod affix;
mod contains;
mod direction;
mod equals;
mod language;
mod length;
mod mentions;
mod pattern;
mod refusal;
mod sentence_count;
#[cfg(test)]
pub(crate) mod testing;
mod together;
mod word_count;
pub(crate) mod wording;

use super::Criterion::{Accuracy, Completeness, Format, Relevance, Tone};
use super::Kind;

pub const KINDS: &[Kind] = &[
    Kind::new::<equals::Equals>("equals", Accuracy, 1, "The answer is this text, spaces around it aside."),
    Kind::new::<contains::One<false>>("contains", Accuracy, 1, "The answer contains this text, letter for letter."),
    Kind::new::<contains::One<true>>("icontains", Accuracy, 1, "The answer contains this text in any case."),
    Kind::new::<contains::All<false>>("contains-all", Accuracy, 1, "The answer contains each of these texts."),
    Kind::new::<contains::Any<false>>("contains-any", Accuracy, 1, "The answer contains at least one of these texts."),
    Kind::new::<contains::All<true>>("icontains-all", Accuracy, 1, "The answer contains each of these, in any case."),
    Kind::new::<contains::Any<true>>("icontains-any", Accuracy, 1, "The answer contains one of these, in any case."),
    Kind::new::<mentions::Mentions>(
        "mentions",
        Accuracy,
        1,
        "The answer mentions this date, number, percentage, amount of money or phrase, in any usual notation.",
    ),
    Kind::new::<together::Together>(
        "together",
        Accuracy,
        1,
        "The answer has all of these in one row, bullet, sentence or labelled item.",
    ),
    Kind::new::<direction::Direction>(
        "direction",
        Accuracy,
        1,
        "The answer says of this subject that it rose, fell or stayed.",
    ),
    Kind::new::<affix::StartsWith>("starts-with", Format, 1, "The answer begins with this text."),
    Kind::new::<affix::EndsWith>("ends-with", Format, 1, "The answer ends with this text."),
    Kind::new::<pattern::Pattern>("regex", Format, 1, "A regular expression finds something in the answer."),
    Kind::new::<word_count::WordCount>("word-count", Completeness, 1, "The answer has this many words.").of_symptoms(),
    Kind::new::<sentence_count::SentenceCount>("sentence-count", Format, 1, "The answer has this many sentences.")
        .of_symptoms(),
    Kind::new::<length::Length>("length", Format, 1, "The answer has this many characters.").of_symptoms(),
    Kind::new::<refusal::Refusal>("refusal", Relevance, 1, "The answer declines to do what was asked.").of_symptoms(),
    Kind::new::<language::Language>("language", Tone, 1, "The answer is written in this language.").of_symptoms(),
];
