//! Plain-text helpers that several checks share: words, sentences, terms and quotations.

use crate::check::lexicon::{Lexicon, List};
use crate::check::structure::{Document, LineKind};
use regex::Regex;
use unicode_segmentation::UnicodeSegmentation;

/// A pattern of our own; a wrong one is caught by the first test that uses it. Terms from a workspace are escaped, and few
/// enough for a pattern's limit: [`crate::check::lexicon::Lexicon::of_workspace`] refuses longer files.
#[expect(clippy::expect_used, reason = "no input of a user's makes it wrong")]
pub(crate) fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a constant pattern compiles")
}

/// Terms for a pattern, any one of which may stand there; nothing may where there are none.
pub(crate) fn alternatives(terms: &[String]) -> String {
    if terms.is_empty() {
        return r"\P{any}".to_string();
    }
    terms.iter().map(|term| regex::escape(term)).collect::<Vec<_>>().join("|")
}

pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.unicode_words()
}

/// A quotation for a reason: one line, at most 80 characters.
pub(crate) fn quote(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= 80 {
        return format!("\"{line}\"");
    }
    let cut: String = line.chars().take(79).collect();
    format!("\"{}…\"", cut.trim_end())
}

/// "a", "a and b", "a, b and c".
pub(crate) fn enumerate<S: AsRef<str>>(parts: &[S]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.as_ref().to_string(),
        [head @ .., last] => {
            let head: Vec<&str> = head.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", head.join(", "), last.as_ref())
        }
    }
}

/// Faults one after another; of many, the first three and how many there are.
pub(crate) fn join(faults: &[String]) -> String {
    match faults {
        [first, second, third, rest @ ..] if !rest.is_empty() => {
            format!("{first}; {second}; {third}; and {} more", rest.len())
        }
        all => all.join("; "),
    }
}

/// Sentences of the lines that are prose. A line's end always ends one; `.`, `!` and `?` do when a space and no
/// lower-case letter follow, unless an abbreviation or a number stands before.
pub(crate) fn sentences(document: &Document, lexicon: &Lexicon) -> Vec<String> {
    let prose = document.lines().iter().filter(|l| matches!(l.kind, LineKind::Text | LineKind::Item));
    prose.flat_map(|line| line_sentences(&line.text, lexicon)).collect()
}

/// The sentences of one line of plain text.
pub(crate) fn line_sentences(line: &str, lexicon: &Lexicon) -> Vec<String> {
    let mut found = vec![];
    let mut current = String::new();
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        current.push(c);
        if matches!(c, '.' | '!' | '?' | '…')
            && rest.peek().is_some_and(|n| n.is_whitespace())
            && !abbreviated(&current, lexicon)
        {
            let next = rest.clone().find(|n| !n.is_whitespace());
            if next.is_none_or(|n| !n.is_lowercase()) {
                found.push(std::mem::take(&mut current));
            }
        }
    }
    found.push(current);
    found.into_iter().map(|s| s.trim().to_string()).filter(|s| words(s).next().is_some()).collect()
}

fn abbreviated(text: &str, lexicon: &Lexicon) -> bool {
    let last = text.split_whitespace().next_back().unwrap_or_default().to_lowercase();
    lexicon.has(List::Abbreviations, last.trim_start_matches(['(', '"', '*']))
        || last.chars().filter(|c| c.is_alphanumeric()).all(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_end_at_lines_and_full_stops() {
        let text = "# Plan\n1. **Ship it.** Then rest, e.g. on Sunday. Version 2.5 is out!\n2. Done\n\n```\nx. Y.\n```";
        let found = sentences(&Document::parse(text), &Lexicon::shipped());
        assert_eq!(found, ["Ship it.", "Then rest, e.g. on Sunday.", "Version 2.5 is out!", "Done"]);
    }

    #[test]
    fn a_quotation_is_short() {
        assert_eq!(quote("two\n lines"), "\"two lines\"");
        assert_eq!(quote(&"é".repeat(200)).chars().count(), 82);
    }

    #[test]
    fn many_faults_are_cut_short() {
        let faults: Vec<String> = (1..=5).map(|n| n.to_string()).collect();
        assert_eq!(join(&faults), "1; 2; 3; and 2 more");
        assert_eq!(join(&faults[..3]), "1; 2; 3");
    }

    #[test]
    fn enumerations_read_as_english() {
        assert_eq!(enumerate(&["owner", "date", "unit"]), "owner, date and unit");
    }
}
