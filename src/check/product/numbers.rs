//! Numbers in text: digits with separators, suffixes and units, and written-out small numbers, with their values.

use crate::check::lexicon::{Lexicon, List};
use crate::check::quality::prose::pattern;
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Number {
    pub value: f64,
    pub percent: bool,
    /// A currency sign or word, a percent sign, or a noun right after it.
    pub unit: bool,
    pub money: bool,
    /// The word right after it, in the singular, unless that is a joint ("10 by June").
    pub noun: Option<String>,
    /// What its last written place is worth: 0.1 for 4.5, 100000 for 1.2m.
    pub step: f64,
    /// Written out: "three".
    pub word: bool,
    pub span: Range<usize>,
}

static DIGITS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?xi)
        (?<currency>[$€£¥]\s?|\b(?:usd|eur|gbp)\s)?
        (?<digits>[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:[.,][0-9]+)?)
        (?: (?<scale>[\s-]?(?:thousand|million|billion|mio|mn|bn)\b|k\b|m\b|b\b) )?
        (?<percent>\s?%|\s?percent(?:age)?\b|\s?per\ cent\b|\s?pp\b|\s?-?percentage\b)?
        ",
    )
});
/// What follows a number as its unit: a word right after it that is no joint between numbers.
static UNIT: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\s?-?(?<word>\p{L}+)|^\s?(?:€|\$|£|/5|/10|★)"));
const SMALL: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 8] = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

/// A small number after one of these only counts: "Key Result 2", "Step 3", "Phase 1".
static LABEL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)(?:\b(?:key result|kr|objective|step|phase|option|item|section|part|priority|milestone|version|scenario|story|criterion|criteria|requirement|point|idea|example|figure|table|level|tier|stage|sprint|week|day|goal|metric|feature|question|release|epic|task|action|risk|number|no\.?|rank|user story|test case|case)\s*#?|#)$",
    )
});

/// Every number, in order. Digits inside a name (`B2B`, `UTF-8`, `KR1`) are part of the name.
pub(crate) fn numbers(text: &str, lexicon: &Lexicon) -> Vec<Number> {
    let mut found: Vec<Number> = DIGITS.captures_iter(text).filter_map(|c| in_digits(text, &c, lexicon)).collect();
    found.extend(in_words(text, lexicon));
    found.sort_by_key(|n| n.span.start);
    found
}

fn in_digits(text: &str, captures: &regex::Captures<'_>, lexicon: &Lexicon) -> Option<Number> {
    let (whole, digits) = (captures.get(0)?, captures.name("digits")?);
    let mut before = text[..digits.start()].chars().rev();
    let (last, earlier) = (before.next(), before.next());
    let part_of_name = last.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '.')
        || (last == Some('-') && earlier.is_some_and(char::is_alphabetic));
    let currency = captures.name("currency").is_some();
    if part_of_name && !currency {
        return None;
    }
    let written = plain(digits.as_str());
    let mut value: f64 = written.parse().ok()?;
    let places = written.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let mut step = 0.1_f64.powi(places as i32);
    let mut end = digits.end();
    if let Some(scale) = captures.name("scale") {
        // "5 m" is metres and "2b" a house number: a lone letter scales only when it touches the digits.
        let factor = match scale.as_str().trim_start_matches(['-', ' ', '\u{a0}']).to_lowercase().as_str() {
            "k" | "thousand" => 1e3,
            "m" | "mn" | "mio" | "million" => 1e6,
            _ => 1e9,
        };
        (value, step) = (value * factor, step * factor);
        end = scale.end();
    }
    let percent = captures.name("percent").is_some();
    let rest = &text[whole.end()..];
    if !percent && end == digits.end() && glued_name(rest, lexicon) {
        return None;
    }
    let unit = percent || currency || has_unit(rest, lexicon);
    let noun = noun(rest, lexicon);
    Some(Number {
        value,
        percent,
        unit,
        money: currency || names_money(rest),
        noun,
        step,
        word: false,
        span: whole.range(),
    })
}

/// "3D", "5xx" and "2FA" are names; "10ms", "2x" and "30d" are measures.
fn glued_name(rest: &str, lexicon: &Lexicon) -> bool {
    let word: String = rest.chars().take_while(|c| c.is_alphanumeric()).collect();
    let measure =
        lexicon.has(List::Measures, &word) || word.len() > 1 && lexicon.has(List::Measures, &word.to_lowercase());
    !word.is_empty() && !measure
}

fn has_unit(rest: &str, lexicon: &Lexicon) -> bool {
    UNIT.captures(rest).is_some_and(|found| match found.name("word") {
        Some(word) => !lexicon.has(List::Joints, &word.as_str().to_lowercase()),
        None => true,
    })
}

fn noun(rest: &str, lexicon: &Lexicon) -> Option<String> {
    let word = UNIT.captures(rest)?.name("word")?.as_str().to_lowercase();
    let singular = if word.len() > 3 { word.strip_suffix('s').unwrap_or(&word).to_string() } else { word };
    (!lexicon.has(List::Joints, &singular)).then_some(singular)
}

/// "40 dollars", "40 €".
fn names_money(rest: &str) -> bool {
    static MONEY: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"(?i)^\s?(?:[$€£]|(?:dollars?|euros?|pounds?|usd|eur|gbp)\b)"));
    MONEY.is_match(rest)
}

/// Digits with a decimal point only: `1,200` is 1200 and `3,5` is 3.5.
fn plain(digits: &str) -> String {
    match digits.split_once(',') {
        Some((_, tail)) if !digits.contains('.') && tail.len() != 3 && !tail.contains(',') => digits.replace(',', "."),
        _ => digits.replace(',', ""),
    }
}

fn in_words(text: &str, lexicon: &Lexicon) -> Vec<Number> {
    static WORD: LazyLock<Regex> = LazyLock::new(|| pattern(r"\p{L}+"));
    let words: Vec<(Range<usize>, String)> =
        WORD.find_iter(text).map(|m| (m.range(), m.as_str().to_lowercase())).collect();
    let mut found = vec![];
    let mut at = 0;
    while let Some((span, word)) = words.get(at) {
        at += 1;
        let small = |w: &str| SMALL.iter().position(|s| *s == w).map(|n| n as f64);
        let tens = TENS.iter().position(|t| *t == word).map(|n| 10.0 * (n + 2) as f64);
        let Some(mut value) = small(word).or(tens).or((word == "hundred").then_some(100.0)) else { continue };
        let mut span = span.clone();
        if let (true, Some((next, ones))) = (tens.is_some(), words.get(at)) {
            let joined = matches!(&text[span.end..next.start], "-" | " " | "‑");
            if let (true, Some(ones @ 1.0..10.0)) = (joined, small(ones)) {
                value += ones;
                span.end = next.end;
                at += 1;
            }
        }
        if let Some((next, scale)) = words.get(at) {
            let factor = match scale.as_str() {
                "hundred" if value < 100.0 => 100.0,
                "thousand" => 1e3,
                "million" => 1e6,
                "billion" => 1e9,
                _ => 1.0,
            };
            if factor > 1.0 && text[span.end..next.start].trim().is_empty() {
                value *= factor;
                span.end = next.end;
                at += 1;
            }
        }
        let percent = text[span.end..].trim_start().to_lowercase().starts_with("per");
        let percent = percent && words.get(at).is_some_and(|(_, w)| w.starts_with("percent") || w == "per");
        let percent = percent
            && (words.get(at).is_some_and(|(_, w)| w != "per") || words.get(at + 1).is_some_and(|(_, w)| w == "cent"));
        let unit = percent || has_unit(&text[span.end..], lexicon);
        let rest = &text[span.end..];
        let (noun, money) = (noun(rest, lexicon), names_money(rest));
        found.push(Number { value, percent, unit, money, noun, step: 1.0, word: true, span });
    }
    found
}

/// The numbers of a text that measure something: not those of dates, quarters and "Key Result 1".
pub(super) fn measures(text: &str, lexicon: &Lexicon) -> Vec<Number> {
    let dates = crate::check::facts::dates::dates(text);
    let mut found = numbers(text, lexicon);
    found.retain(|n| {
        let labelled = is_label(text, n);
        !labelled && !dates.iter().any(|(span, _)| span.start < n.span.end && n.span.start < span.end)
    });
    found
}

/// "Key Result 2": the number is part of a label.
pub(super) fn is_label(line: &str, number: &Number) -> bool {
    !number.percent
        && number.value < 100.0
        && number.value.fract() == 0.0
        && LABEL.is_match(line[..number.span.start].trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_in_many_forms() {
        for (text, value, percent) in [
            ("1,200 users", 1200.0, false),
            ("1.2k", 1200.0, false),
            ("$4M", 4e6, false),
            ("4 million", 4e6, false),
            ("15%", 15.0, true),
            ("15 percent", 15.0, true),
            ("3,5 Punkte", 3.5, false),
            ("three", 3.0, false),
            ("Twenty-five", 25.0, false),
            ("two hundred", 200.0, false),
            ("twelve percent", 12.0, true),
            ("€ 9.99", 9.99, false),
            ("30-day", 30.0, false),
            ("2x", 2.0, false),
        ] {
            let found = numbers(text, &Lexicon::shipped());
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            assert_eq!((found[0].value, found[0].percent), (value, percent), "{text}");
        }
    }

    #[test]
    fn digits_in_names_are_no_numbers() {
        for text in ["B2B", "UTF-8", "KR1", "OAuth2", "v2.1", "P0", "SOC2", "someone", "3D", "2FA"] {
            assert_eq!(numbers(text, &Lexicon::shipped()), [], "{text}");
        }
    }

    #[test]
    fn units_stand_right_after() {
        for (text, unit) in [
            ("10 users", true),
            ("10%", true),
            ("$10", true),
            ("10-day", true),
            ("10", false),
            ("10 by June", false),
            ("from 10 to 20", false),
        ] {
            assert_eq!(numbers(text, &Lexicon::shipped())[0].unit, unit, "{text}");
        }
    }
}
