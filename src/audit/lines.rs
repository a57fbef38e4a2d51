//! The parts of a text: lines, what each of them is, and sentences.

use crate::check::quality::prose::pattern;
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

static BULLET: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(?<indent>[ \t]*)(?<mark>[-*•+]) +(?<rest>\S.*)$"));
static NUMBERED: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(?<indent>[ \t]*)(?<number>\d+)(?<mark>[.)]) +(?<rest>\S.*)$"));
static HEADING: LazyLock<Regex> = LazyLock::new(|| pattern(r"^#{1,6} +(?<rest>\S.*?)(?: +#+)?$"));
/// `**Done**` or `**Done:**` alone on its line.
static BOLD_TITLE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\*\*(?<rest>[^*]+?):?\*\*:?$"));
static BOLD_LABEL: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^\*\*(?<label>[^*:]{1,60})(?::\*\*|\*\*:) +(?<rest>\S.*)$"));
static LABEL: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(?<label>\p{Lu}[\p{L}\d'’/ -]{0,40}?(?: \([^)]*\))?): +(?<rest>\S.*)$"));

/// A label has so many words at most: "You are booked for one place only: Tuesdays" is a sentence.
const WORDS: usize = 4;

/// What a line is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line<'a> {
    Blank,
    /// `## Risks`
    Heading(&'a str),
    /// `**Risks**`, or `Risks` or `Risks:` alone before what belongs to it.
    Title(&'a str),
    /// `**Owner:** Ines` (bold) or `Owner: Ines`.
    Label {
        label: &'a str,
        rest: &'a str,
        bold: bool,
    },
    Bullet {
        indent: &'a str,
        mark: char,
        rest: &'a str,
    },
    Numbered {
        indent: &'a str,
        number: &'a str,
        mark: char,
        rest: &'a str,
    },
    Row(&'a str),
    /// Of a fenced block, the fences included.
    Code(&'a str),
    Text(&'a str),
}

/// Every line of a text, as what it is.
pub(super) fn lines(text: &str) -> Vec<Line<'_>> {
    let all: Vec<&str> = text.lines().collect();
    let mut fenced = false;
    let mut found = Vec::with_capacity(all.len());
    for (at, line) in all.iter().enumerate() {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        if fence || fenced {
            found.push(Line::Code(line));
            continue;
        }
        let free = |at: Option<usize>| at.and_then(|at| all.get(at)).is_none_or(|line| line.trim().is_empty());
        // A title stands free above and has something beneath, at once or after one blank line; one that ends in a colon
        // may also stand between the items of two lists.
        let above = free(at.checked_sub(1));
        let beneath = [at + 1, at + 2].iter().any(|&next| !free(Some(next)));
        let introduces = line.ends_with(':') && all.get(at + 1).is_some_and(|next| BULLET.is_match(next));
        found.push(kind(line, above && beneath || introduces));
    }
    found
}

fn kind(line: &str, may_be_title: bool) -> Line<'_> {
    fn part<'a>(captures: &regex::Captures<'a>, name: &str) -> &'a str {
        captures.name(name).map_or("", |found| found.as_str())
    }
    let mark = |captures: &regex::Captures<'_>| part(captures, "mark").chars().next().unwrap_or('-');
    let trimmed = line.trim();
    if trimmed.is_empty() {
        Line::Blank
    } else if trimmed.starts_with('|') {
        Line::Row(line)
    } else if let Some(found) = HEADING.captures(line) {
        Line::Heading(part(&found, "rest"))
    } else if let Some(found) = BOLD_TITLE.captures(line) {
        Line::Title(part(&found, "rest"))
    } else if let Some(found) = BOLD_LABEL.captures(line) {
        Line::Label { label: part(&found, "label"), rest: part(&found, "rest"), bold: true }
    } else if let Some(found) = BULLET.captures(line) {
        Line::Bullet { indent: part(&found, "indent"), mark: mark(&found), rest: part(&found, "rest") }
    } else if let Some(found) = NUMBERED.captures(line) {
        let (indent, number) = (part(&found, "indent"), part(&found, "number"));
        Line::Numbered { indent, number, mark: mark(&found), rest: part(&found, "rest") }
    } else if let Some(found) = LABEL.captures(line).filter(|found| part(found, "label").split(' ').count() <= WORDS) {
        Line::Label { label: part(&found, "label"), rest: part(&found, "rest"), bold: false }
    } else if may_be_title && is_title(trimmed) {
        Line::Title(trimmed.trim_end_matches(':'))
    } else {
        Line::Text(line)
    }
}

/// A few words with a capital and without a full stop: "Out of scope", "Leave out:".
fn is_title(line: &str) -> bool {
    let bare = line.trim_end_matches(':');
    let words = line.split_whitespace().count();
    words <= 6
        && bare.starts_with(char::is_uppercase)
        && bare.ends_with(|c: char| c.is_alphanumeric() || c == ')')
        && !bare.contains(", ")
        && !bare.contains(['"', '|', '='])
}

/// Where each sentence, bullet and row stands; a sentence ends before a capital.
pub(super) fn passages(text: &str) -> Vec<Range<usize>> {
    static END: LazyLock<Regex> = LazyLock::new(|| pattern(r#"[.!?]["”')]*\s+["“(]?\p{Lu}"#));
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let mut from = start;
        for end in END.find_iter(line) {
            // The sentence ends with its mark; the capital begins the next one.
            let cut = start + end.start() + 1;
            if cut > from {
                found.push(from..cut);
                from = cut;
            }
        }
        start += line.len();
        if !text[from..start].trim().is_empty() {
            found.push(from..start);
        }
    }
    found
}

/// The line as it is written when it is a title of a document.
pub(super) fn written(line: &Line<'_>) -> String {
    match line {
        Line::Blank => String::new(),
        Line::Heading(rest) => format!("## {rest}"),
        Line::Title(rest) => (*rest).to_string(),
        Line::Label { label, rest, bold: true } => format!("**{label}:** {rest}"),
        Line::Label { label, rest, bold: false } => format!("{label}: {rest}"),
        Line::Bullet { indent, mark, rest } => format!("{indent}{mark} {rest}"),
        Line::Numbered { indent, number, mark, rest } => format!("{indent}{number}{mark} {rest}"),
        Line::Row(line) | Line::Code(line) | Line::Text(line) => (*line).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_told_apart() {
        let text = "# Plan\n\nOut of scope\n- One: two\n1. First\n**Owner:** Ines\nTarget: 40 %\n| a | b |\n\n**Done**\n\
                    * x\n\nJust a sentence.\n```\n- code\n```";
        let found = lines(text);
        assert_eq!(found[0], Line::Heading("Plan"));
        assert_eq!(found[2], Line::Title("Out of scope"));
        assert_eq!(found[3], Line::Bullet { indent: "", mark: '-', rest: "One: two" });
        assert_eq!(found[4], Line::Numbered { indent: "", number: "1", mark: '.', rest: "First" });
        assert_eq!(found[5], Line::Label { label: "Owner", rest: "Ines", bold: true });
        assert_eq!(found[6], Line::Label { label: "Target", rest: "40 %", bold: false });
        assert_eq!(found[7], Line::Row("| a | b |"));
        assert_eq!(found[9], Line::Title("Done"));
        assert_eq!(found[12], Line::Text("Just a sentence."));
        assert!(found[13..].iter().all(|line| matches!(line, Line::Code(_))));
    }

    #[test]
    fn a_closing_or_a_sentence_is_no_title() {
        assert_eq!(lines("Thanks.\n\nKind regards")[2], Line::Text("Kind regards"));
        assert_eq!(lines("Dear Priya,\n\nWe are sorry.")[0], Line::Text("Dear Priya,"));
        let sentence = "You are booked for one place only: Tuesdays.";
        assert_eq!(lines(sentence)[0], Line::Text(sentence));
    }

    #[test]
    fn a_title_with_a_colon_may_stand_between_two_lists() {
        let found = lines("Keep:\n- a\nLeave out:\n- b");
        assert_eq!((&found[0], &found[2]), (&Line::Title("Keep"), &Line::Title("Leave out")));
    }

    #[test]
    fn passages_are_sentences_bullets_and_rows() {
        let text = "One is 1.5 m. Two is \"2\". \"Three.\"\n- Four.\n\n| a | b |";
        let found: Vec<&str> = passages(text).into_iter().map(|span| text[span].trim()).collect();
        assert_eq!(found, ["One is 1.5 m.", "Two is \"2\".", "\"Three.\"", "- Four.", "| a | b |"]);
    }
}
