//! Numbers in words made digits, in four languages (`text2num`), so that the rest of the room reads digits only.

use crate::check::quality::prose::pattern;
use regex::Regex;
use std::borrow::Cow;
use std::sync::LazyLock;
use text2num::{Language, Token, find_numbers};
use whatlang::{Detector, Lang};

/// A language whose numbers in words are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tongue {
    English,
    German,
    French,
    Spanish,
}

/// The languages to read an answer's numbers in: English, and the one it is written in. Not all four at once, because
/// Spanish "once" is eleven and French "six" and German "acht" hide in other words.
pub(crate) fn tongues(text: &str) -> Vec<Tongue> {
    let allowed = vec![Lang::Eng, Lang::Deu, Lang::Fra, Lang::Spa];
    let found = Detector::with_allowlist(allowed).detect_lang(text);
    let other = match found {
        Some(Lang::Deu) => Some(Tongue::German),
        Some(Lang::Fra) => Some(Tongue::French),
        Some(Lang::Spa) => Some(Tongue::Spanish),
        _ => None,
    };
    [Tongue::English].into_iter().chain(other).collect()
}

/// Whether a text is surely German.
pub(crate) fn is_german(text: &str) -> bool {
    let detector = Detector::with_allowlist(vec![Lang::Eng, Lang::Deu, Lang::Fra, Lang::Spa]);
    detector.detect(text).is_some_and(|found| found.lang() == Lang::Deu && found.is_reliable())
}

struct Word<'t> {
    text: &'t str,
    start: usize,
    /// Its unit or scale (`30 seconds`, `1.2 million`, `61 per cent`), not a number of its own.
    measures: bool,
}

impl Token for &Word<'_> {
    fn text(&self) -> Cow<'_, str> {
        self.text.into()
    }

    fn text_lowercase(&self) -> Cow<'_, str> {
        self.text.to_lowercase().into()
    }

    fn not_a_number_part(&self) -> bool {
        self.measures || self.text.eq_ignore_ascii_case("seconds")
    }
}

static WORD: LazyLock<Regex> = LazyLock::new(|| pattern(r"[\p{L}\p{M}]+(?:-[\p{L}\p{M}]+)*|\d[\d.,]*|[^\s]"));

/// The text with its numbers in words as digits: "sixty-one per cent" is "61 per cent", "fifth of April" is
/// "5th of April".
pub(super) fn in_digits(text: &str, tongue: Tongue) -> String {
    let language = match tongue {
        Tongue::English => Language::english(),
        Tongue::German => Language::german(),
        Tongue::French => Language::french(),
        Tongue::Spanish => Language::spanish(),
    };
    let mut words: Vec<Word<'_>> = Vec::new();
    for found in WORD.find_iter(text) {
        let before = words.last().map_or("", |word| word.text);
        let measures = before.starts_with(|c: char| c.is_ascii_digit()) || ["per", "pour", "por"].contains(&before);
        words.push(Word { text: found.as_str(), start: found.start(), measures });
    }
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    for number in find_numbers(words.iter(), &language, 0.0) {
        let (Some(first), Some(last)) = (words.get(number.start), words.get(number.end.saturating_sub(1))) else {
            continue;
        };
        let end = last.start + last.text.len();
        if text[first.start..end].starts_with(|c: char| c.is_ascii_digit()) {
            continue;
        }
        out.push_str(&text[copied..first.start]);
        out.push_str(&number.text);
        copied = end;
    }
    out.push_str(&text[copied..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_digits() {
        for (tongue, text, digits) in [
            (Tongue::English, "Sixty-one per cent of users", "61 per cent of users"),
            (Tongue::English, "one hundred and twenty; two, three", "120; 2, 3"),
            (Tongue::English, "on the fifth of April", "on the 5th of April"),
            (Tongue::English, "$1.2 million in 30 seconds", "$1.2 million in 30 seconds"),
            (Tongue::English, "two million dollars", "2000000 dollars"),
            (Tongue::German, "einundsechzig Prozent", "61 Prozent"),
            (Tongue::French, "soixante et un pour cent", "61 pour cent"),
            (Tongue::Spanish, "sesenta y uno por ciento", "61 por ciento"),
        ] {
            assert_eq!(in_digits(text, tongue), digits, "{tongue:?}");
        }
    }

    #[test]
    fn english_and_the_language_of_the_text_are_read() {
        assert_eq!(tongues("The launch moves to April because the data were late."), [Tongue::English]);
        let german = "Der Start verschiebt sich auf April, weil die Daten zu spät kamen.";
        assert_eq!(tongues(german), [Tongue::English, Tongue::German]);
        assert!(is_german(german) && !is_german("We spoke with Dana Scott about it."));
    }
}
