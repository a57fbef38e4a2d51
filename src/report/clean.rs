//! Model output is hostile until it has passed through here: three places to print it, three ways to make it inert.
//!
//! Templates reach these functions through the formatter in `templates.rs`, so a value can't be printed unescaped by
//! forgetting a filter.

use std::fmt::Write;

/// What stands where a character was that could not be shown safely.
const REPLACED: char = '\u{fffd}';

/// Replaces characters that act instead of being read: control characters (ANSI escapes, NUL, backspace) and the
/// Unicode marks that reorder text. Line ends become `\n`; tabs stay.
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' => {
                chars.next_if_eq(&'\n');
                out.push('\n');
            }
            '\u{2028}' | '\u{2029}' => out.push('\n'),
            '\n' | '\t' => out.push(c),
            // Neither XML nor a terminal takes the last two.
            c if c.is_control() || reorders(c) || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push(REPLACED),
            c => out.push(c),
        }
    }
    out
}

/// Bidirectional embeddings, overrides and isolates ("Trojan source"), and the invisible tag characters.
fn reorders(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{e0000}'..='\u{e007f}' | '\u{feff}')
}

/// Text as HTML, safe between tags and inside a quoted attribute.
pub fn html(text: &str) -> String {
    let text = visible(text);
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// Text as one line of GitHub Markdown that renders as itself: no markup, no table cell break, no HTML, and no link,
/// mention or issue reference. Those are found by GitHub after rendering, where backslashes are gone, so a zero-width
/// space parts them.
pub fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    let flat = flat(text);
    let (start, rest) = flat.split_at(list_mark(&flat).unwrap_or(0));
    out.push_str(start);
    if list_mark(&flat).is_some() {
        out.push('\\');
    }
    let mut before = ' ';
    for c in rest.chars() {
        match c {
            '@' | '#' => {
                let _ = write!(out, "\\{c}\u{200b}");
            }
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '|' | '~' | '$' => {
                out.push('\\');
                out.push(c);
            }
            '/' if before == ':' => out.push_str("\u{200b}/"),
            '.' if out.to_lowercase().ends_with("www") => out.push_str("\u{200b}."),
            c => out.push(c),
        }
        before = c;
    }
    // `GH-12` refers to an issue too.
    out.replace("GH-", "GH\u{200b}-").replace("gh-", "gh\u{200b}-")
}

/// Text as a fenced block whose fence is longer than any run of backticks in it.
pub fn fenced(text: &str) -> String {
    let text = visible(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}text\n{}\n{fence}", text.trim_end())
}

/// Text as one line for the terminal.
pub fn terminal(text: &str) -> String {
    flat(text)
}

/// One line of visible characters; no-break spaces stay what they are.
fn flat(text: &str) -> String {
    visible(text).split([' ', '\n', '\t']).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The bytes before the character that would make a line a list item, a rule or a heading's underline.
fn list_mark(line: &str) -> Option<usize> {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let rest = line.as_bytes().get(digits..).unwrap_or_default();
    let ends = matches!(rest.get(1), None | Some(b' '));
    match rest.first() {
        Some(b'.' | b')') if digits > 0 && ends => Some(digits),
        Some(b'+') if digits == 0 && ends => Some(0),
        Some(b'-' | b'=') if digits == 0 && (ends || rest.first() == rest.get(1)) => Some(0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn acting_characters_are_replaced_and_text_is_kept() {
        assert_eq!(visible("a\u{1b}[31mb\0\u{202e}c\r\nd\u{2028}e\tf"), "a�[31mb��c\nd\ne\tf");
        assert_eq!(visible("naïve 日本 👩‍💻"), "naïve 日本 👩‍💻");
    }

    #[test]
    fn markdown_breaks_mentions_issues_links_cells_and_markup() {
        assert_eq!(markdown("@octocat see #12"), "\\@\u{200b}octocat see \\#\u{200b}12");
        assert_eq!(markdown("a | b\n**c** <img>"), "a \\| b \\*\\*c\\*\\* &lt;img&gt;");
        assert_eq!(markdown("https://x.y www.z.y"), "https:\u{200b}//x.y www\u{200b}.z.y");
        for (text, inert) in [("- item", "\\- item"), ("12. a", "12\\. a"), ("---", "\\---"), ("+0.12", "+0.12")] {
            assert_eq!(markdown(text), inert);
        }
    }

    #[test]
    fn a_fence_is_longer_than_the_backticks_inside() {
        assert_eq!(fenced("a\n````\nb"), "`````text\na\n````\nb\n`````");
        assert_eq!(fenced("a"), "```text\na\n```");
    }

    proptest! {
        #[test]
        fn html_has_no_markup_and_terminal_no_controls(text in any::<String>()) {
            let html = html(&text);
            prop_assert!(!html.contains(['<', '>', '"', '\'']));
            let line = terminal(&text);
            prop_assert!(line.chars().all(|c| !c.is_control()));
        }
    }
}
