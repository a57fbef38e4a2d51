//! Phrases that say nothing.

use super::{Code, Finding};
use crate::check::lexicon::{Lexicon, List};
use crate::check::quality::prose::{alternatives, enumerate, pattern};
use crate::training_data::Example;
use crate::training_data::Severity::Warning;
use regex::Regex;

pub(super) const CODES: &[Code] = &[CODE];
const CODE: Code = Code::new("filler", Warning, "A phrase that would fit any product; the model learns to write it.");

/// All phrases in one pattern: one pass over the text, however many there are.
fn any(phrases: &[String]) -> Regex {
    let phrases = alternatives(phrases).replace(' ', "[- ]").replace('\'', "['’]");
    pattern(&format!(r"(?i)\b(?:{phrases})\b"))
}

pub(super) fn find(example: &Example, lexicon: &Lexicon) -> Vec<Finding> {
    let shown: Vec<String> = lexicon
        .pattern(List::Filler, any)
        .find_iter(&example.output)
        .take(3)
        .map(|phrase| format!("\"{}\"", phrase.as_str().to_lowercase()))
        .collect();
    if shown.is_empty() {
        return Vec::new();
    }
    let message = format!("`output` says nothing with {}", enumerate(&shown));
    vec![Finding::new(&CODE, &example.place, message, "say what is true of this product alone, or leave it out")]
}
