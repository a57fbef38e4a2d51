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

/// Of the exchanges of one line.
pub(super) fn find(exchanges: &[Example], options: &Options<'_>) -> Vec<Finding> {
    let mut found: Vec<Finding> = exchanges.iter().flat_map(too_little).collect();
    let Some(place) = exchanges.first().map(|example| &example.place) else { return found };
    let limit = options.settings.max_tokens;
    let remedy = "shorten it or split it in two; `data.max-tokens` in pmtune.yaml sets the limit";
    let bytes: usize = exchanges.iter().flat_map(texts).map(str::len).sum();
    let message = if bytes > most_bytes(limit) {
        let bytes = count(bytes, "byte");
        format!("the example has {bytes}, prompt and output together; {limit} tokens fit. Only its beginning was read")
    } else {
        match tokens(exchanges, bytes, options) {
            Some((tokens, about)) if tokens > limit => {
                format!("the example has {about}{}, prompt and output together; {limit} fit", count(tokens, "token"))
            }
            _ => return found,
        }
    };
    found.push(Finding::new(&TOO_LONG, place, message, remedy));
    found
}

fn too_little(example: &Example) -> Vec<Finding> {
    let (place, mut found) = (&example.place, Vec::new());
    for (key, text) in [("instruction", &example.instruction), ("output", &example.output)] {
        if text.trim().is_empty() {
            found.push(Finding::new(&EMPTY, place, format!("`{key}` is empty"), "write it, or remove the line"));
        }
    }
    let words = example.output.split_whitespace().take(SHORTEST).count();
    if (1..SHORTEST).contains(&words) {
        let message = format!("`output` has {}", count(words, "word"));
        found.push(Finding::new(&TOO_SHORT, place, message, "write the whole answer you would want to get"));
    }
    found
}

fn texts(example: &Example) -> [&str; 3] {
    [&example.instruction, &example.input, &example.output]
}

/// More bytes than any vocabulary puts into one token: the longest in use are runs of 128 blanks.
const TOKEN_BYTES: usize = 128;

/// A text of more bytes cannot fit so many tokens: it is not counted, and not read beyond.
pub fn most_bytes(max_tokens: usize) -> usize {
    max_tokens.saturating_mul(TOKEN_BYTES)
}

/// Leaves no more than `most` bytes of each text. What a rule looks at must not cost many times its size in memory.
pub(super) fn shorten(example: &mut Example, most: usize) {
    for text in [&mut example.instruction, &mut example.input, &mut example.output] {
        if text.len() > most {
            text.truncate(text.floor_char_boundary(most));
            text.shrink_to_fit();
        }
    }
}

/// The tokens of so many words.
pub fn about_tokens(words: usize) -> usize {
    (words as f64 * TOKENS_PER_WORD).round() as usize
}

/// Tokens of prompts and outputs, and "about " where they are estimated. `None` where the text is far too small to be too
/// long: counting is slow, and English has four bytes to the token.
fn tokens(exchanges: &[Example], bytes: usize, options: &Options<'_>) -> Option<(usize, &'static str)> {
    let all = || exchanges.iter().flat_map(texts);
    let limit = options.settings.max_tokens;
    if bytes <= limit || (bytes <= 2 * limit && all().all(str::is_ascii)) {
        return None;
    }
    match options.count_tokens {
        Some(count) => Some((all().map(count).sum(), "")),
        None => {
            let words: usize = all().map(|text| text.split_whitespace().count()).sum();
            Some((about_tokens(words), "about "))
        }
    }
}
