//! Proper names in text, by capital letters, on the safe side: better to miss a name than to accuse an innocent word.
//!
//! A capitalised word is taken for a name only where capitals mean something: inside a sentence (not its first word, not
//! after a colon, bullet, bracket or quotation mark), or in the value of a field that names people ("Owner: Ana"). It is
//! not a name when the same word also stands in lower case in the same text, when most words around it are capitalised
//! (a title), when it is an acronym, or when it is a word of the trade, a day or a month.

use crate::check::lexicon::{Lexicon, List, plain_lower};
use crate::check::quality::prose::pattern;
use crate::check::structure::LineKind;
use regex::Regex;
use std::collections::HashSet;
use std::sync::LazyLock;

static WORD: LazyLock<Regex> = LazyLock::new(|| pattern(r"\p{L}[\p{L}\p{M}'’]*"));
static PEOPLE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:owner|owners|assignee|assigned to|author|contact|from|dri|interviewee|responsible|point of contact|sponsor)\s*:\s*",
    )
});

/// Names in one line of an answer. `lower` holds the words that stand in lower case somewhere in the answer.
pub(super) fn names(line: &str, kind: LineKind, lower: &HashSet<String>, lexicon: &Lexicon) -> Vec<String> {
    if kind == LineKind::Heading || kind == LineKind::Code {
        return vec![];
    }
    let words: Vec<regex::Match<'_>> = WORD.find_iter(line).collect();
    let long = words.iter().filter(|w| w.as_str().chars().count() > 3);
    let (capital, all) = long.fold((0, 0), |(c, n), w| (c + usize::from(is_capital(w.as_str())), n + 1));
    let title = all >= 2 && capital * 4 >= all * 3;
    let field = PEOPLE.find(line).map(|f| f.end());
    let mut found: Vec<(usize, usize, &str)> = vec![];
    for word in words {
        let text = word.as_str();
        let owner = field
            .is_some_and(|from| word.start() >= from && !line[from..word.start()].contains(['.', ';', '|', ',', '(']));
        let inside = !title && !opens(&line[..word.start()]);
        let compound = line[..word.start()].chars().next_back().is_some_and(|c| c.is_numeric() || "-_/@.".contains(c))
            || line[word.end()..].starts_with(|c: char| c.is_numeric() || c == '_');
        let plain = singular(text);
        if !(owner || inside)
            || compound
            || !is_capital(text)
            || lexicon.has(List::NoNames, &plain)
            || lower.contains(&plain)
        {
            continue;
        }
        match found.last_mut() {
            // "Maria Lopez" is one name.
            Some(last) if line[last.1..word.start()] == *" " => {
                *last = (last.0, word.end(), &line[last.0..word.end()]);
            }
            _ => found.push((word.start(), word.end(), text)),
        }
    }
    found.into_iter().map(|(_, _, name)| name.to_string()).collect()
}

/// Words of a text that stand in lower case.
pub(super) fn lower_case_words(text: &str) -> HashSet<String> {
    let plain =
        |w: regex::Match<'_>| w.as_str().chars().next().is_some_and(char::is_lowercase).then(|| singular(w.as_str()));
    WORD.find_iter(text).filter_map(plain).collect()
}

/// All words of a text, for looking names up.
pub(super) fn all_words(text: &str) -> HashSet<String> {
    WORD.find_iter(text).map(|w| singular(w.as_str())).collect()
}

/// The words of one name, as `all_words` gives them.
pub(super) fn parts(name: &str) -> Vec<String> {
    WORD.find_iter(name).map(|w| singular(w.as_str())).collect()
}

/// Lower case, without "'s".
fn singular(word: &str) -> String {
    let lower = plain_lower(word);
    lower.strip_suffix("'s").unwrap_or(&lower).trim_matches('\'').to_string()
}

/// A capital and then small letters: acronyms and `eBay` are left alone.
fn is_capital(word: &str) -> bool {
    let mut letters = word.chars();
    letters.next().is_some_and(char::is_uppercase) && letters.next().is_some_and(char::is_lowercase)
}

/// Whether a word after `before` begins something.
fn opens(before: &str) -> bool {
    let trimmed = before.trim_end_matches(|c: char| c.is_whitespace() || "*_`".contains(c));
    trimmed.chars().next_back().is_none_or(|c| !c.is_alphanumeric() && !matches!(c, ',' | '’' | '\'' | '%' | ')'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        names(text, LineKind::Text, &lower_case_words(text), &Lexicon::shipped())
    }

    #[test]
    fn names_are_found_inside_sentences_and_as_owners() {
        assert_eq!(found("We spoke with Maria Lopez from Acme on Friday."), ["Maria Lopez", "Acme"]);
        assert_eq!(found("Owner: Dana"), ["Dana"]);
        assert_eq!(found("The delay was caused by Stripe, says the team."), ["Stripe"]);
    }

    #[test]
    fn titles_beginnings_and_trade_words_are_no_names() {
        for text in [
            "Success Metrics And Launch Plan For Beta",
            "Users can pay. Nobody waits: Everyone pays (Free)",
            "The Product Manager tells Engineering in March that the OKR is due.",
            "we ask Nobody about nobody",
            "- Click Save to keep it",
            "",
        ] {
            assert_eq!(found(text), Vec::<String>::new(), "{text}");
        }
    }
}
