//! Empty, too short, too long.

use super::options::Options;
use super::{Code, Finding};
use crate::training_data::Example;
use crate::training_data::Severity::{Error, Warning};
use crate::words::count;

pub(super) const CODES: &[Code] = &[EMPTY, TOO_SHORT, TOO_LONG];

const EMPTY: Code = Code::new("empty", Error, "An instruction or output without a word teaches nothing.");
const TOO_SHORT: Code =
    Code::new("too-short", Warning, "An output of a few words teaches the model to say too little.");
const TOO_LONG: Code = Code::new("too-long", Warning, "An example longer than `max-tokens` would be cut in training.");

/// Fewest words of an output.
const SHORTEST: usize = 8;
/// Tokens per English word, for want of a tokenizer.
const TOKENS_PER_WORD: f64 = 1.4;

/// Whether the output is too short to have a format.
pub(super) fn is_stub(output: &str) -> bool {
    output.split_whitespace().count() < SHORTEST
}

pub(super) fn find(example: &Example, options: &Options<'_>) -> Vec<Finding> {
    let place = &example.place;
    let mut found = Vec::new();
    for (key, text) in [("instruction", &example.instruction), ("output", &example.output)] {
        if text.trim().is_empty() {
            found.push(Finding::new(&EMPTY, place, format!("`{key}` is empty"), "write it, or remove the line"));
        }
    }
    let words = example.output.split_whitespace().count();
    if (1..SHORTEST).contains(&words) {
        let message = format!("`output` has {}", count(words, "word"));
        found.push(Finding::new(&TOO_SHORT, place, message, "write the whole answer you would want to get"));
    }
    let limit = options.settings.max_tokens;
    if let Some((tokens, about)) = tokens(example, options).filter(|(tokens, _)| *tokens > limit) {
        let message =
            format!("the example has {about}{}, prompt and output together; {limit} fit", count(tokens, "token"));
        let remedy = "shorten it or split it in two; `data.max-tokens` in pmtune.yaml sets the limit";
        found.push(Finding::new(&TOO_LONG, place, message, remedy));
    }
    found
}

/// Tokens of prompt and output, and "about " where they are estimated. `None` where the text is far too small to be too
/// long: counting is slow, and English has four bytes to the token.
fn tokens(example: &Example, options: &Options<'_>) -> Option<(usize, &'static str)> {
    let texts = [&example.instruction, &example.input, &example.output];
    let bytes: usize = texts.iter().map(|t| t.len()).sum();
    let limit = options.settings.max_tokens;
    let plain = texts.iter().all(|t| t.is_ascii());
    if bytes <= limit || (plain && bytes <= 2 * limit) {
        return None;
    }
    match options.count_tokens {
        Some(count) => Some((texts.iter().map(|t| count(t)).sum(), "")),
        None => {
            let words: usize = texts.iter().map(|t| t.split_whitespace().count()).sum();
            Some(((words as f64 * TOKENS_PER_WORD).round() as usize, "about "))
        }
    }
}
