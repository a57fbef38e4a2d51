//! What Python's `str` knows of letters, spaces and lines.

use regex::Regex;
use std::sync::LazyLock;

/// `str.isspace` of one character.
pub(super) fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\x1c'..='\x1f').contains(&c)
}

fn is_line_end(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\x0b' | '\x0c' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// `str.splitlines`.
pub(super) fn lines(text: &str, keep_ends: bool) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text;
    while let Some((at, c)) = rest.char_indices().find(|(_, c)| is_line_end(*c)) {
        let mut end = at + c.len_utf8();
        if c == '\r' && rest[end..].starts_with('\n') {
            end += 1;
        }
        lines.push(if keep_ends { &rest[..end] } else { &rest[..at] });
        rest = &rest[end..];
    }
    if !rest.is_empty() {
        lines.push(rest);
    }
    lines
}

/// `str.capitalize`.
pub(super) fn capitalize(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| title_char(first) + &lower(text, first.len_utf8()))
}

/// The text from `from` in small letters, a final sigma judged by the whole text.
fn lower(text: &str, from: usize) -> String {
    let before = text[..from].to_lowercase().len();
    text.to_lowercase()[before..].to_string()
}

/// `str.title`: every letter after something that has no case is a capital.
pub(super) fn title(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut inside = false;
    let lowered = text.to_lowercase();
    let sigma = text.contains('Σ') && lowered.contains('ς');
    for (at, c) in text.char_indices() {
        match inside {
            false => out.push_str(&title_char(c)),
            true if c == 'Σ' && sigma => {
                let ends = !text[at + c.len_utf8()..].chars().find(|c| !is_case_ignorable(*c)).is_some_and(is_cased);
                out.push(if ends { 'ς' } else { 'σ' });
            }
            true => out.extend(c.to_lowercase()),
        }
        inside = is_cased(c);
    }
    out
}

fn is_case_ignorable(c: char) -> bool {
    matches!(c, '\'' | '.' | ':' | '^' | '`' | '\u{b7}' | '\u{2019}' | '\u{300}'..='\u{36f}')
}

/// Unicode's `Cased`.
fn is_cased(c: char) -> bool {
    static CASED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\A\p{Cased}\z").ok());
    if c.is_ascii() {
        return c.is_ascii_alphabetic();
    }
    CASED.as_ref().is_some_and(|cased| cased.is_match(c.encode_utf8(&mut [0; 4])))
}

/// A character as the first of a word. The standard library knows capitals only, which differ where one character stands
/// for two letters.
fn title_char(c: char) -> String {
    match c {
        '\u{1c4}'..='\u{1c6}' => "\u{1c5}".to_string(),
        '\u{1c7}'..='\u{1c9}' => "\u{1c8}".to_string(),
        '\u{1ca}'..='\u{1cc}' => "\u{1cb}".to_string(),
        '\u{1f1}'..='\u{1f3}' => "\u{1f2}".to_string(),
        '\u{10d0}'..='\u{10fa}' | '\u{10fd}'..='\u{10ff}' => c.to_string(),
        _ => {
            let mut upper = c.to_uppercase();
            match upper.len() {
                0 | 1 => upper.collect(),
                _ => upper.next().into_iter().chain(upper.flat_map(char::to_lowercase)).collect(),
            }
        }
    }
}

/// The filter `title`: words begin after white space, `-` and opening brackets.
pub(super) fn title_words(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let begins = |c: char| is_space(c) || matches!(c, '-' | '(' | '{' | '[' | '<');
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c| begins(c) != begins(first)).unwrap_or(rest.len());
        let word = &rest[..end];
        out.extend(first.to_uppercase());
        out.push_str(&word[first.len_utf8()..].to_lowercase());
        rest = &rest[end..];
    }
    out
}

/// `str.isupper` or `str.islower`.
pub(super) fn is_all(text: &str, upper: bool) -> bool {
    let wrong = |c: char| if upper { c.is_lowercase() } else { c.is_uppercase() };
    let right = |c: char| if upper { c.is_uppercase() } else { c.is_lowercase() };
    text.chars().any(right)
        && !text.chars().any(|c| wrong(c) || matches!(c, '\u{1c5}' | '\u{1c8}' | '\u{1cb}' | '\u{1f2}'))
}

/// Whether Python's `repr` shows the character as it is.
pub(super) fn is_printable(c: char) -> bool {
    static HIDDEN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"[\p{C}\p{Z}]").ok());
    if c.is_ascii() {
        return !c.is_ascii_control();
    }
    !HIDDEN.as_ref().is_some_and(|hidden| hidden.is_match(c.encode_utf8(&mut [0; 4])))
}
