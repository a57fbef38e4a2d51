use super::amounts::{Amount, Measure, amounts};
use super::dates::{Date, dates, unsure_dates};
use super::spoken::{Tongue, in_digits};
use super::units;
use crate::check::lexicon::plain_lower;
use crate::check::quality::prose::pattern;
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// A piece of a text that means something, with every reading it allows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Atom {
    /// In the text with its numbers in digits.
    pub span: Range<usize>,
    pub readings: Vec<Reading>,
    /// The first punctuation mark that sets it off from what stands before.
    pub mark: Option<char>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Reading {
    Date(Date),
    Amount(Amount),
    /// In lower case, without a possessive ending.
    Word(String),
    /// 0 is Monday.
    Weekday(usize),
}

impl Atom {
    fn new(span: Range<usize>, readings: Vec<Reading>) -> Self {
        Self { span, readings, mark: None }
    }

    pub fn word(&self) -> Option<&str> {
        self.readings.iter().find_map(|reading| match reading {
            Reading::Word(word) => Some(word.as_str()),
            _ => None,
        })
    }

    pub fn amounts(&self) -> impl Iterator<Item = &Amount> {
        self.readings.iter().filter_map(|reading| match reading {
            Reading::Amount(amount) => Some(amount),
            _ => None,
        })
    }

    pub fn is_date(&self) -> bool {
        self.readings.iter().any(|reading| matches!(reading, Reading::Date(_)))
    }
}

#[rustfmt::skip]
const WEEKDAYS: [&[&str]; 7] = [
    &["monday", "mon", "montag", "lundi", "lunes"],
    &["tuesday", "tue", "tues", "dienstag", "mardi", "martes"],
    &["wednesday", "wed", "mittwoch", "mercredi", "miércoles"],
    &["thursday", "thu", "thurs", "donnerstag", "jeudi", "jueves"],
    &["friday", "fri", "freitag", "vendredi", "viernes"],
    &["saturday", "sat", "samstag", "sonnabend", "samedi", "sábado"],
    &["sunday", "sun", "sonntag", "dimanche", "domingo"],
];

static WORD: LazyLock<Regex> = LazyLock::new(|| pattern(r"[\p{L}\p{M}\p{N}]+(?:['’][\p{L}]+)*|[→➔⇒↑↓▲▼📈📉]|->|=>"));
/// Between two figures of which the second says what both count: "8 to 5%".
static JOINT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)^\s*(?:[-–—/]|→|->|to|and|or|until|bis|auf|und|à|et|a|y|hasta|vs\.?|from|of)\s*$"));

/// Reads a text in one language.
pub(crate) fn atoms(text: &str, tongue: Tongue) -> Vec<Atom> {
    let text = in_digits(&text.replace('−', "-"), tongue);
    let mut found = dated(&text);
    for amount in amounts(&text) {
        let taken = |atom: &&mut Atom| atom.span.start < amount.span.end && amount.span.start < atom.span.end;
        let readings: Vec<Reading> = amount.readings.iter().copied().map(Reading::Amount).collect();
        match found.iter_mut().find(taken) {
            // `5.4.` may be a day and a number; the digits of a sure date are its own, but for those of its year.
            Some(atom) if atom.readings.len() > 1 => {}
            Some(atom) => atom.readings.extend(readings.into_iter().filter(|reading| {
                let unsure = text[atom.span.clone()].ends_with('.') && atom.span.len() <= 6;
                unsure || matches!(reading, Reading::Amount(a) if (1900.0..2100.0).contains(&a.value) && a.measure == Measure::Plain)
            })),
            None => {
                found.push(Atom::new(amount.span.clone(), readings));
                if let Some((span, unit)) = amount.unit {
                    found.push(Atom::new(span, vec![Reading::Word(unit.to_string())]));
                }
            }
        }
    }
    words(&text, &mut found);
    found.sort_by_key(|atom| atom.span.start);
    inherit(&text, &mut found);
    spell_units(&mut found);
    set_off(&text, &mut found);
    found
}

fn dated(text: &str) -> Vec<Atom> {
    let mut found: Vec<Atom> = Vec::new();
    for (span, readings) in dates(text) {
        // A bare year is read as a number.
        let bare = readings.iter().all(|d| d.month.or(d.quarter).is_none());
        if !bare {
            found.push(Atom::new(span, readings.into_iter().map(Reading::Date).collect()));
        }
    }
    for (span, date) in unsure_dates(text) {
        if !found.iter().any(|atom| atom.span.start < span.end && span.start < atom.span.end) {
            found.push(Atom::new(span, vec![Reading::Date(date)]));
        }
    }
    found
}

fn words(text: &str, found: &mut Vec<Atom>) {
    let taken: Vec<Range<usize>> = found.iter().map(|atom| atom.span.clone()).collect();
    for word in WORD.find_iter(text) {
        let lower = plain_lower(word.as_str());
        let lower = lower.strip_suffix("'s").unwrap_or(&lower).to_string();
        let over = |span: &Range<usize>| span.start < word.end() && word.start() < span.end;
        if taken.iter().any(over) {
            // "May" and "March" are words as well.
            if let Some(atom) = found.iter_mut().find(|a| a.span.start == word.start() && a.span.end <= word.end() + 1)
                && atom.is_date()
            {
                atom.readings.push(Reading::Word(lower));
            }
            continue;
        }
        let weekday = WEEKDAYS.iter().position(|names| names.contains(&lower.as_str())).map(Reading::Weekday);
        let readings = weekday.into_iter().chain([Reading::Word(lower)]).collect();
        found.push(Atom::new(word.range(), readings));
    }
}

/// Gives a plain figure the measure of the one it is joined with: "8 to 5%", "$3-5".
fn inherit(text: &str, atoms: &mut [Atom]) {
    let figures: Vec<usize> = (0..atoms.len()).filter(|at| atoms[*at].amounts().next().is_some()).collect();
    for pair in figures.windows(2) {
        let [one, two] = [pair[0], pair[1]];
        let between = text.get(atoms[one].span.end..atoms[two].span.start).unwrap_or_default();
        if !JOINT.is_match(between) {
            continue;
        }
        for (from, to) in [(two, one), (one, two)] {
            let Some(given) = atoms[from].amounts().next().copied() else { continue };
            let plain = atoms[to].amounts().next().filter(|a| a.measure == Measure::Plain).copied();
            let prefixed = matches!(given.measure, Measure::Money(_));
            // "$3 to 5 users": what a percent sign stands behind it does not reach forward.
            if let Some(plain) = plain
                && (from == two && given.measure != Measure::Plain || prefixed)
            {
                atoms[to].readings.push(Reading::Amount(Amount { measure: given.measure, ..plain }));
            }
        }
    }
}

fn set_off(text: &str, atoms: &mut [Atom]) {
    let mut end = 0;
    for atom in atoms {
        let between = text.get(end..atom.span.start).unwrap_or_default();
        atom.mark = between.chars().find(|c| ",;:.!?()|—–\n".contains(*c)).or(between.contains(" - ").then_some('–'));
        end = atom.span.end;
    }
}

/// The word after a number is its unit, spelt as all others of that unit.
fn spell_units(atoms: &mut [Atom]) {
    for at in 1..atoms.len() {
        if atoms[at - 1].amounts().next().is_none() {
            continue;
        }
        for reading in &mut atoms[at].readings {
            if let Reading::Word(word) = reading
                && let Some(usual) = units::unit(word)
            {
                *word = usual.to_string();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Atom> {
        atoms(text, Tongue::English)
    }

    #[test]
    fn every_reading_is_kept() {
        let may = read("May");
        assert_eq!(may.len(), 1);
        assert!(may[0].is_date() && may[0].word() == Some("may"));
        let dotted = read("It grew to 5.4.");
        assert!(dotted[3].is_date() && dotted[3].amounts().any(|a| a.value == 5.4));
        let dated = read("5 April 2026");
        assert!(dated[0].is_date() && dated[0].amounts().any(|a| a.value == 2026.0));
        assert!(!dated[0].amounts().any(|a| a.value == 5.0));
    }

    #[test]
    fn figures_that_are_joined_share_their_measure() {
        let percent = |text: &str| read(text)[1].amounts().any(|a| a.measure == Measure::Percent);
        assert!(percent("from 8 to 5%") && percent("from 8-5 per cent") && !percent("from 8 users to 5%"));
    }

    #[test]
    fn units_are_spelt_alike() {
        let words = |text: &str| read(text).iter().filter_map(|a| a.word().map(String::from)).collect::<Vec<_>>();
        assert_eq!(words("4 hrs"), ["hour"].map(|_| "hour"));
        assert_eq!(words("4h"), words("four Stunden").into_iter().map(|_| "hour".to_string()).collect::<Vec<_>>());
    }
}
