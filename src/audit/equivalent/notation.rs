//! Dates, percentages and thousands, written otherwise.

use crate::audit::asks::Asks;
use crate::audit::facts::{Date, Sort, days, numbers, replaced};
use crate::audit::kind::{Kind, Mutant};
use crate::check::quality::prose::pattern;
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

pub(super) fn equivalents(asks: &Asks, gold: &str) -> Vec<Mutant> {
    let mut all = Vec::new();
    if !asks.names(&["yyyy", "dd.", "iso 8601", "date format"]) {
        let turned = all_dates(gold, |date| Some(if date.day_first { month_first(date) } else { day_first(date) }));
        all.push(Mutant::new(Kind::Dates, "5 April ↔ April 5", turned));
        all.push(Mutant::new(Kind::Dates, "5 April → 5 Apr", all_dates(gold, shortened)));
    }
    for (note, sign) in [("61%", "%"), ("61 %", " %"), ("61 percent", " percent")] {
        all.push(Mutant::new(Kind::Percents, note, percents(gold, sign)));
    }
    all.push(Mutant::new(Kind::Thousands, "1,200 → 1200", joined(gold)));
    all.push(Mutant::new(Kind::Thousands, "1200 → 1,200", parted(gold)));
    all
}

const SHORT: [(&str, &str); 9] = [
    ("January", "Jan"),
    ("February", "Feb"),
    ("March", "Mar"),
    ("April", "Apr"),
    ("August", "Aug"),
    ("September", "Sep"),
    ("October", "Oct"),
    ("November", "Nov"),
    ("December", "Dec"),
];

fn all_dates(text: &str, write: impl Fn(&Date) -> Option<String>) -> String {
    let alone = days(text).into_iter().filter(|date| !in_range(text, &date.span));
    let places: Vec<(Range<usize>, String)> =
        alone.filter_map(|date| Some((date.span.clone(), write(&date)?))).collect();
    replaced(text, &places)
}

/// "6 to 8 April": the month belongs to both days, and so stays where it is.
fn in_range(text: &str, span: &Range<usize>) -> bool {
    static BEFORE: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"\d(?:st|nd|rd|th)?(?:,| ?[-–—/]| to| and| or| until)? ?$"));
    static AFTER: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(?: ?[-–—/] ?| to | and | or | until |, )\d"));
    BEFORE.is_match(&text[..span.start]) || AFTER.is_match(&text[span.end..])
}

fn month_first(date: &Date) -> String {
    let year = date.year.as_ref().map(|year| format!(", {year}")).unwrap_or_default();
    format!("{} {}{year}", date.month, date.day)
}

fn day_first(date: &Date) -> String {
    let year = date.year.as_ref().map(|year| format!(" {year}")).unwrap_or_default();
    format!("{} {}{year}", date.day, date.month)
}

fn shortened(date: &Date) -> Option<String> {
    let (_, short) = SHORT.iter().find(|(long, _)| *long == date.month)?;
    let short = Date { month: (*short).to_string(), ..date.clone() };
    Some(if date.day_first { day_first(&short) } else { month_first(&short) })
}

fn percents(text: &str, sign: &str) -> String {
    static SIGN: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(?:[ \u{a0}]?%|[ \u{a0}]per ?cent\b)"));
    let percent = numbers(text).into_iter().filter(|number| number.sort == Sort::Percent);
    let places: Vec<(Range<usize>, String)> = percent
        .filter_map(|number| {
            let end = SIGN.find(&text[number.span.end..])?.end();
            Some((number.span.end..number.span.end + end, sign.to_string()))
        })
        .collect();
    replaced(text, &places)
}

fn joined(text: &str) -> String {
    static PARTED: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\d{1,3}(?:,\d{3})+(?:\.\d+)?$"));
    every_number(text, |number| PARTED.is_match(number).then(|| number.replace(',', "")))
}

/// A year is not parted.
fn parted(text: &str) -> String {
    static WHOLE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^[1-9]\d{3,8}$"));
    every_number(text, |number| {
        let year = number.len() == 4 && (number.starts_with("19") || number.starts_with("20"));
        (WHOLE.is_match(number) && !year).then(|| crate::words::thousands(number.parse().unwrap_or_default()))
    })
}

fn every_number(text: &str, write: impl Fn(&str) -> Option<String>) -> String {
    let numbers = numbers(text).into_iter();
    let places: Vec<(Range<usize>, String)> =
        numbers.filter_map(|n| Some((n.span.clone(), write(&text[n.span])?))).collect();
    replaced(text, &places)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(kind: Kind, gold: &str) -> Vec<String> {
        let all = equivalents(&Asks::of(None, "Tell me"), gold);
        all.into_iter().filter(|m| m.kind == kind && m.text != gold).map(|m| m.text).collect()
    }

    #[test]
    fn dates_in_three_forms() {
        assert_eq!(
            made(Kind::Dates, "Live on 24 June, not April 5, 2026."),
            ["Live on June 24, not 5 April 2026.", "Live on 24 June, not Apr 5, 2026."]
        );
        assert_eq!(made(Kind::Dates, "Between 6 and 8 April"), Vec::<String>::new(), "one month for two days");
        let asks = Asks::of(None, "Write dates as YYYY-MM-DD");
        assert!(equivalents(&asks, "On 5 April").iter().all(|m| m.kind != Kind::Dates));
    }

    #[test]
    fn percentages_in_three_forms() {
        assert_eq!(
            made(Kind::Percents, "From 61 % to 40%."),
            ["From 61% to 40%.", "From 61 % to 40 %.", "From 61 percent to 40 percent."]
        );
        assert_eq!(made(Kind::Percents, "12 percent"), ["12%", "12 %"]);
    }

    #[test]
    fn thousands_with_and_without_a_comma() {
        assert_eq!(
            made(Kind::Thousands, "£1,250 of 48000 in 2026"),
            ["£1250 of 48000 in 2026", "£1,250 of 48,000 in 2026"]
        );
        assert_eq!(made(Kind::Thousands, "12.5 and 999"), Vec::<String>::new());
    }
}
