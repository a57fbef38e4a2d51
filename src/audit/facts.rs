//! What a text states: its numbers, dates and names, each with its place.
//!
//! Only what is certain is found. A number that is left out costs a mutant; one that is none (the 2 of "B2B", the 3 of
//! "3. Third step") would make a mutant that is no worse than the reference.

use super::lines::{Line, lines};
use crate::check::quality::prose::pattern;
use regex::Regex;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::LazyLock;

/// What a number counts in. Only numbers of one sort change places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Plain,
    Percent,
    Money,
    /// `16:00`
    Time,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Number {
    pub span: Range<usize>,
    pub sort: Sort,
}

static DIGITS: LazyLock<Regex> = LazyLock::new(|| pattern(r"\d{1,2}:\d{2}\b|\d+(?:[.,]\d+)*"));
/// `3.` or `3)` before the item of a list, or as a heading's number.
static MARKER: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^[ \t]*(?:#+ |\*\*)?\d+[.)]"));
static PERCENT: LazyLock<Regex> = LazyLock::new(|| pattern(r"^[ \u{a0}]?(?:%|per ?cent\b)"));
static MONEY: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(?:[ \u{a0}]?[€$£¥]|[ \u{a0}](?:EUR|USD|GBP|euros?|dollars?|pounds?)\b)"));
static CURRENCY: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?:[€$£¥]|\b(?:EUR|USD|GBP))[ \u{a0}]?$"));

const MONTHS: &str = "January|February|March|April|May|June|July|August|September|October|November|December|Jan|Feb|Mar|\
                      Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec";
static DAY_MONTH: LazyLock<Regex> =
    LazyLock::new(|| pattern(&format!(r"\b(?<day>[1-9]|[12]\d|3[01]) (?<month>{MONTHS})\b(?: (?<year>\d{{4}})\b)?")));
static MONTH_DAY: LazyLock<Regex> =
    LazyLock::new(|| pattern(&format!(r"\b(?<month>{MONTHS}) (?<day>3[01]|[12]\d|[1-9])\b(?:, (?<year>\d{{4}})\b)?")));
static ISO: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b\d{4}-\d{2}-\d{2}\b"));
/// What may stand behind "April 5": "In April 25 studios" is no date.
static AFTER_DATE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?:$|[\n.,;:!?)|*]|\s*[|\n]| (?:at|by|and|or|to|until|till|from|for|with|we|is|was|in|on|if|because|[-–—])(?:\W|$))",
    )
});

/// A day with its month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Date {
    pub span: Range<usize>,
    pub day: String,
    pub month: String,
    pub year: Option<String>,
    /// `5 April`, not `April 5`.
    pub day_first: bool,
}

/// Days with their months, in order.
pub(super) fn days(text: &str) -> Vec<Date> {
    let mut found = Vec::new();
    for (pattern, day_first) in [(&*DAY_MONTH, true), (&*MONTH_DAY, false)] {
        for captures in pattern.captures_iter(text) {
            let Some(whole) = captures.get(0) else { continue };
            let part = |name: &str| captures.name(name).map(|part| part.as_str().to_string());
            let (day, month) = (part("day").unwrap_or_default(), part("month").unwrap_or_default());
            let rest = &text[whole.end()..];
            let more = rest.starts_with([',', '.']) && rest[1..].starts_with(|c: char| c.is_ascii_digit());
            if !more && (day_first || AFTER_DATE.is_match(rest)) {
                found.push(Date { span: whole.range(), day, month, year: part("year"), day_first });
            }
        }
    }
    found.sort_by_key(|date| date.span.start);
    // "5 April 6": whichever comes first.
    found.dedup_by(|later, earlier| later.span.start < earlier.span.end);
    found
}

/// Every date, `2026-04-05` included, in order.
pub(super) fn dates(text: &str) -> Vec<Range<usize>> {
    let mut all: Vec<Range<usize>> = days(text).into_iter().map(|date| date.span).collect();
    all.extend(ISO.find_iter(text).map(|found| found.range()));
    all.sort_by_key(|span| span.start);
    all
}

/// Every number in digits that states something, in order: not those of dates, list markers and names.
pub(super) fn numbers(text: &str) -> Vec<Number> {
    let mut taken = dates(text);
    taken.extend(MARKER.find_iter(text).map(|found| found.range()));
    let number = |found: regex::Match<'_>| {
        let (before, after) = (&text[..found.start()], &text[found.end()..]);
        let mut back = before.chars().rev();
        let (last, earlier) = (back.next(), back.next());
        let named = last.is_some_and(|c| c.is_alphabetic() || matches!(c, '_' | '#'))
            || last == Some('-') && earlier.is_some_and(char::is_alphabetic)
            || last == Some('.') && earlier.is_some_and(char::is_alphanumeric);
        if named || taken.iter().any(|span| span.start < found.end() && found.start() < span.end) {
            return None;
        }
        let sort = if found.as_str().contains(':') {
            Sort::Time
        } else if PERCENT.is_match(after) {
            Sort::Percent
        } else if CURRENCY.is_match(before) || MONEY.is_match(after) {
            Sort::Money
        } else {
            Sort::Plain
        };
        Some(Number { span: found.range(), sort })
    };
    DIGITS.find_iter(text).filter_map(number).collect()
}

/// Numbers as values, separators aside: `1,200` and `1200` are one.
pub(super) fn values(text: &str) -> BTreeSet<String> {
    DIGITS.find_iter(text).map(|found| found.as_str().replace(',', "")).collect()
}

static WORD: LazyLock<Regex> = LazyLock::new(|| pattern(r"\p{L}[\p{L}'’]*"));
/// Capitalised for other reasons than being a name.
const NO_NAMES: &[&str] = &[
    "The",
    "This",
    "That",
    "These",
    "Those",
    "When",
    "Then",
    "Given",
    "And",
    "But",
    "For",
    "From",
    "With",
    "Who",
    "What",
    "How",
    "Why",
    "Where",
    "Which",
    "Not",
    "Yes",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
    "Mon",
    "Tue",
    "Wed",
    "Thu",
    "Fri",
    "Sat",
    "Sun",
    "Dear",
    "Please",
    "Hello",
    "Regards",
    "Markdown",
    "Json",
    "English",
    "You",
    "Your",
    "She",
    "Her",
    "His",
    "Our",
    "They",
    "Their",
    "Its",
    "One",
    "Two",
    "Three",
    "Four",
    "Five",
];

/// Names that stand in both texts: words with a capital inside a sentence, never written without it, and none of a title,
/// a label or the head of a table.
pub(super) fn names(request: &str, text: &str) -> Vec<String> {
    let small: BTreeSet<&str> = [request, text]
        .iter()
        .flat_map(|text| WORD.find_iter(text).map(|word| word.as_str()))
        .filter(|word| word.starts_with(char::is_lowercase))
        .collect();
    let inside: BTreeSet<&str> =
        WORD.find_iter(request).filter(|w| !opens(request, w.start())).map(|w| w.as_str()).collect();
    let titles = titles(text);
    let mut found: Vec<String> = Vec::new();
    for word in WORD.find_iter(text).map(|word| word.as_str()) {
        let mut letters = word.chars();
        let capital = letters.next().is_some_and(char::is_uppercase) && letters.next().is_some_and(char::is_lowercase);
        let is_month = MONTHS.split('|').any(|month| month == word);
        let weekday = NO_NAMES.contains(&word.trim_end_matches('s'));
        let known = inside.contains(word)
            && !titles.contains(word)
            && !weekday
            && !small.contains(word.to_lowercase().as_str());
        let name = capital && known && word.chars().count() >= 3 && !is_month && !NO_NAMES.contains(&word);
        if name && !found.iter().any(|earlier| earlier == word) {
            found.push(word.to_string());
        }
    }
    found
}

fn titles(text: &str) -> BTreeSet<&str> {
    let mut rows = 0;
    let mut found = BTreeSet::new();
    for line in lines(text) {
        rows = if matches!(line, Line::Row(_)) { rows + 1 } else { 0 };
        let title = match line {
            Line::Heading(title) | Line::Title(title) | Line::Label { label: title, .. } => title,
            Line::Row(head) if rows == 1 => head,
            _ => continue,
        };
        found.extend(WORD.find_iter(title).map(|word| word.as_str()));
    }
    found
}

/// Whether a word stands where any word would have a capital: at the start of a line, a sentence or a quotation.
fn opens(text: &str, at: usize) -> bool {
    let before = text[..at].trim_end_matches([' ', '"', '“', '\'', '‘', '(', '*', '-', '|', '#', '•']);
    before.is_empty() || before.ends_with(['.', '!', '?', ':', '\n'])
}

/// Where a word stands as a whole.
pub(super) fn places(text: &str, word: &str) -> Vec<Range<usize>> {
    let whole = |span: &Range<usize>| {
        !text[..span.start].ends_with(char::is_alphanumeric) && !text[span.end..].starts_with(char::is_alphanumeric)
    };
    text.match_indices(word).map(|(at, found)| at..at + found.len()).filter(whole).collect()
}

/// The text with each place replaced. Places are in order and do not meet.
pub(super) fn replaced(text: &str, places: &[(Range<usize>, String)]) -> String {
    let mut out = String::with_capacity(text.len() + 32);
    let mut at = 0;
    for (span, with) in places {
        out.push_str(&text[at..span.start]);
        out.push_str(with);
        at = span.end;
    }
    out.push_str(&text[at..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Vec<&str> {
        numbers(text).into_iter().map(|number| &text[number.span]).collect()
    }

    #[test]
    fn numbers_state_something() {
        for (text, found) in [
            ("1. Sell 1,200 units at 4.5 % by 16:00.", vec!["1,200", "4.5", "16:00"]),
            ("B2B, UTF-8, KR1 and v2.1 are names", vec![]),
            ("£48 on 2 March and April 5", vec!["48"]),
            ("In April 25 studios cancelled", vec!["25"]),
            ("due 2026-04-05, 14 days", vec!["14"]),
            ("ticket #12, 60-day trial", vec!["60"]),
        ] {
            assert_eq!(said(text), found, "{text}");
        }
        let sorts = |text: &str| numbers(text).into_iter().map(|n| n.sort).collect::<Vec<_>>();
        assert_eq!(
            sorts("61 %, £48, 30 euros, 9:30, 7"),
            [Sort::Percent, Sort::Money, Sort::Money, Sort::Time, Sort::Plain]
        );
    }

    #[test]
    fn dates_are_days_with_their_months() {
        let text = "From 5 April 2026 to April 9, then 12 Oct; in May 14 people came. 2026-01-02";
        let found: Vec<&str> = dates(text).into_iter().map(|span| &text[span]).collect();
        assert_eq!(found, ["5 April 2026", "April 9", "12 Oct", "2026-01-02"]);
    }

    #[test]
    fn names_have_a_capital_inside_a_sentence_and_never_none() {
        let request = "Ask Jonas and Priya. The Problem is a problem; Ben wrote it on Monday, says Priya.";
        assert_eq!(
            names(request, "Jonas knows. Priya and Ben do not. The Problem: Monday."),
            ["Jonas", "Priya", "Ben"]
        );
        assert!(names("Jonas said so", "Jonas").is_empty(), "a first word has a capital anyway");
        let request = "Headings such as Done and Open, with Visa and Ines on Fridays";
        assert_eq!(names(request, "**Done**\n- Visa\n\nOpen: Ines\n| Visa |\n|---|\n| Fridays |"), ["Ines"]);
    }

    #[test]
    fn values_ignore_separators() {
        assert!(values("1,200 and 3.5").contains("1200") && values("3.5").contains("3.5"));
    }
}
