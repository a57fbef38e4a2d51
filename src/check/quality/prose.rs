//! Plain-text helpers that several checks share: words, sentences, terms and quotations.

use crate::check::structure::{Document, LineKind};
use regex::Regex;
use unicode_segmentation::UnicodeSegmentation;

/// A pattern of our own; a wrong one is caught by the first test that uses it.
pub(crate) fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a constant pattern compiles")
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

/// "1 criterion", "2 criteria".
pub(crate) fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// How often `term` stands in `text` as whole words; both in lower case.
pub(crate) fn term_count(text: &str, term: &str) -> usize {
    if term.is_empty() {
        return 0;
    }
    let apart = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    text.match_indices(term)
        .filter(|(at, _)| apart(text[..*at].chars().next_back()) && apart(text[at + term.len()..].chars().next()))
        .count()
}

pub(crate) fn has_term(text: &str, term: &str) -> bool {
    term_count(text, term) > 0
}

/// The terms of `lexicon` that stand in `text` (lower case) as whole words.
pub(crate) fn terms_in<'l>(text: &str, lexicon: &[&'l str]) -> Vec<&'l str> {
    lexicon.iter().copied().filter(|term| has_term(text, term)).collect()
}

/// Typographic apostrophes and quotation marks made plain, lower case: what lexicons are matched against.
pub(crate) fn plain_lower(text: &str) -> String {
    text.replace(['’', '‘', 'ʼ'], "'").to_lowercase()
}

/// Sentences of the lines that are prose. A line's end always ends one; `.`, `!` and `?` do when a space and no
/// lower-case letter follow, unless an abbreviation or a number stands before.
pub(crate) fn sentences(document: &Document) -> Vec<String> {
    let prose = document.lines().iter().filter(|l| matches!(l.kind, LineKind::Text | LineKind::Item));
    prose.flat_map(|line| line_sentences(&line.text)).collect()
}

/// The sentences of one line of plain text.
pub(crate) fn line_sentences(line: &str) -> Vec<String> {
    let mut found = vec![];
    let mut current = String::new();
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        current.push(c);
        if matches!(c, '.' | '!' | '?' | '…')
            && rest.peek().is_some_and(|n| n.is_whitespace())
            && !abbreviated(&current)
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

fn abbreviated(text: &str) -> bool {
    const ABBREVIATIONS: [&str; 13] =
        ["e.g.", "i.e.", "etc.", "vs.", "dr.", "mr.", "mrs.", "ms.", "no.", "approx.", "inc.", "ltd.", "st."];
    let last = text.split_whitespace().next_back().unwrap_or_default().to_lowercase();
    ABBREVIATIONS.contains(&last.trim_start_matches(['(', '"', '*']))
        || last.chars().filter(|c| c.is_alphanumeric()).all(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_end_at_lines_and_full_stops() {
        let text = "# Plan\n1. **Ship it.** Then rest, e.g. on Sunday. Version 2.5 is out!\n2. Done\n\n```\nx. Y.\n```";
        let found = sentences(&Document::parse(text));
        assert_eq!(found, ["Ship it.", "Then rest, e.g. on Sunday.", "Version 2.5 is out!", "Done"]);
    }

    #[test]
    fn terms_are_whole_words() {
        assert_eq!(term_count("synergy, synergies and synergy", "synergy"), 2);
        assert!(!has_term("a leveraged buy-out", "leverage"));
        assert!(has_term("c++ and c#", "c++"));
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
