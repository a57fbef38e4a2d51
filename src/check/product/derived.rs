//! Figures that follow from given ones by a reader's arithmetic: sums, differences, products, ratios, shares and changes.
//!
//! Any figure is the result of something once enough numbers are given. So sums and differences need like units, and where
//! more than [`FEW`] numbers are given, products, ratios and shares no longer count.

use super::numbers::Number;
use crate::check::facts::dates::Date;
use crate::check::quality::prose::pattern;
use crate::check::structure::Document;
use jiff::civil;
use regex::Regex;
use std::sync::LazyLock;

/// So many numbers may be given for every kind of arithmetic to count.
const FEW: usize = 12;

/// What a figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Plain,
    Percent,
    Money,
}

fn sort(number: &Number) -> Sort {
    match (number.percent, number.money) {
        (true, _) => Sort::Percent,
        (_, true) => Sort::Money,
        _ => Sort::Plain,
    }
}

/// What may be derived from the prompt.
pub(super) struct Given {
    numbers: Vec<Number>,
    /// Sums over a column or a list, and how many rows or items it has.
    totals: Vec<f64>,
    /// Time between two dates or times of day, with its unit.
    spans: Vec<(f64, &'static str)>,
}

impl Given {
    pub fn new(document: &Document, numbers: Vec<Number>, dates: &[Date], read: impl Fn(&str) -> Vec<Number>) -> Self {
        let mut different: Vec<Number> = Vec::new();
        for number in numbers {
            if !different.iter().any(|d| d.value == number.value && sort(d) == sort(&number) && d.noun == number.noun) {
                different.push(number);
            }
        }
        let totals = totals(document, &different, read);
        let spans = days(dates).into_iter().chain(minutes(&document.plain_text())).collect();
        Self { numbers: different, totals, spans }
    }

    /// Whether arithmetic on the given numbers makes this one, rounded as it is written.
    pub fn makes(&self, claim: &Number) -> bool {
        // A small number is rounded too far to be what it is made from: 3.75 is not four.
        let exact = sort(claim) == Sort::Plain && claim.step == 1.0 && claim.value < 20.0;
        let margin = if exact { 0.0 } else { 0.5 * claim.step };
        let is = |value: f64| value.is_finite() && (value - claim.value).abs() <= margin + 1e-9 * value.abs().max(1.0);
        let span = |(value, unit): &(f64, &str)| claim.noun.as_deref() == Some(*unit) && is(*value);
        self.totals.iter().any(|total| is(*total))
            || self.spans.iter().any(span)
            || sort(claim) == Sort::Percent && self.numbers.iter().any(|n| n.percent && is(100.0 - n.value))
            || self.pairs().any(|(a, b)| self.pair_makes(claim, a, b, &is))
    }

    /// Whether a round figure is near one of these: "nearly 2,000", "more than three times".
    pub fn is_about(&self, claim: &Number) -> bool {
        let near = |value: f64| value.is_finite() && (value - claim.value).abs() <= 0.06 * claim.value;
        let ratio = |(a, b): (&Number, &Number)| times(claim) && a.value > b.value && near(a.value / b.value);
        self.numbers.iter().any(|n| sort(n) == sort(claim) && near(n.value))
            || self.numbers.len() <= FEW && claim.noun.is_some() && self.pairs().any(ratio)
    }

    fn pairs(&self) -> impl Iterator<Item = (&Number, &Number)> {
        let pairs = self.numbers.iter().enumerate();
        pairs.flat_map(move |(i, a)| {
            self.numbers.iter().enumerate().filter(move |(j, _)| i != *j).map(move |(_, b)| (a, b))
        })
    }

    fn pair_makes(&self, claim: &Number, a: &Number, b: &Number, is: &impl Fn(f64) -> bool) -> bool {
        let few = self.numbers.len() <= FEW;
        let like = sort(a) == sort(b) && (a.noun == b.noun || few && (a.noun.is_none() || b.noun.is_none()));
        let points = sort(a) == Sort::Percent && claim.noun.as_deref() == Some("point");
        let counts = sort(claim) == sort(a) && self.may_count(claim, a, b) || points;
        // "40 designers and 60 engineers" are a hundred people.
        let adds = like || few && sort(a) == sort(b);
        if adds && counts && (is(a.value + b.value) || is((a.value - b.value).abs())) {
            return true;
        }
        let change = 100.0 * (b.value - a.value).abs() / a.value.abs();
        if like && sort(claim) == Sort::Percent && is(change) {
            return true;
        }
        few && match (sort(claim), sort(a), sort(b)) {
            (Sort::Percent, one, two) if one == two && one != Sort::Percent => is(100.0 * a.value / b.value),
            (Sort::Plain, Sort::Percent, Sort::Plain) | (Sort::Money, Sort::Percent, Sort::Money) => {
                is(a.value * b.value / 100.0)
            }
            (Sort::Money, Sort::Money, Sort::Plain) => is(a.value * b.value) || is(a.value / b.value),
            (Sort::Plain, Sort::Plain, Sort::Plain) if !like || a.noun.is_none() => {
                is(a.value * b.value) || is(a.value / b.value)
            }
            (Sort::Plain, one, two) if one == two => times(claim) && is(a.value / b.value),
            _ => false,
        }
    }

    /// Whether a sum or difference of these may count what the claim counts: "7 engineers" is no difference of weeks.
    fn may_count(&self, claim: &Number, a: &Number, b: &Number) -> bool {
        let noun = |n: &Number| n.noun.is_some() && n.noun == claim.noun;
        let known = self.numbers.iter().any(noun);
        claim.noun.is_none() || noun(a) || noun(b) || !known
    }
}

/// "2x", "3 times".
fn times(claim: &Number) -> bool {
    claim.noun.as_deref().is_none_or(|noun| matches!(noun, "x" | "time" | "fold"))
}

fn totals(document: &Document, numbers: &[Number], read: impl Fn(&str) -> Vec<Number>) -> Vec<f64> {
    let mut found = Vec::new();
    let sum = |cells: Vec<&str>| {
        let first = cells.iter().filter_map(|cell| read(cell).into_iter().next().map(|n| n.value));
        let values: Vec<f64> = first.collect();
        (values.len() > 2).then(|| values.iter().sum::<f64>())
    };
    for table in document.tables() {
        found.push(table.rows.len() as f64);
        let columns = 0..table.columns.len();
        found.extend(
            columns.filter_map(|at| sum(table.rows.iter().filter_map(|row| row.get(at)).map(String::as_str).collect())),
        );
    }
    for list in document.lists() {
        found.push(list.items.len() as f64);
        found.extend(sum(list.items.iter().map(|item| item.text.as_str()).collect()));
    }
    // A list within a sentence: "12, 15 and 9 tickets".
    for number in numbers {
        let alike: Vec<f64> =
            numbers.iter().filter(|n| sort(n) == sort(number) && n.noun == number.noun).map(|n| n.value).collect();
        if alike.len() > 2 {
            found.push(alike.iter().sum());
        }
    }
    found
}

/// Days, weeks and years between any two dates that say as much; a year left out is the same for all.
fn days(dates: &[Date]) -> Vec<(f64, &'static str)> {
    let year = dates.iter().find_map(|date| date.year).unwrap_or(2026);
    let day = |date: &Date| {
        let year = i16::try_from(date.year.unwrap_or(year)).ok()?;
        civil::Date::new(year, i8::try_from(date.month?).ok()?, i8::try_from(date.day?).ok()?).ok()
    };
    let known: Vec<civil::Date> = dates.iter().filter_map(day).collect();
    let between = |a: &civil::Date, b: &civil::Date| f64::from((*a - *b).get_days().abs());
    let days = known.iter().flat_map(|a| known.iter().map(move |b| between(a, b)));
    let mut found: Vec<(f64, &str)> = days.filter(|n| *n > 0.0).flat_map(|n| [(n, "day"), (n / 7.0, "week")]).collect();
    let years: Vec<f64> = dates.iter().filter_map(|date| date.year.map(f64::from)).collect();
    found.extend(years.iter().flat_map(|a| years.iter().map(move |b| ((a - b).abs(), "year"))));
    found
}

/// Minutes and hours between any two times of day.
fn minutes(text: &str) -> Vec<(f64, &'static str)> {
    static CLOCK: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(?<h>\d{1,2}):(?<m>\d{2})\b"));
    let number = |text: &str| text.parse::<f64>().unwrap_or_default();
    let times: Vec<f64> = CLOCK.captures_iter(text).map(|c| 60.0 * number(&c["h"]) + number(&c["m"])).collect();
    let between = times.iter().flat_map(|a| times.iter().map(move |b| (a - b).abs())).filter(|n| *n > 0.0);
    between.flat_map(|n| [(n, "minute"), (n / 60.0, "hour")]).collect()
}
