//! Calendar dates in text, in the many forms people write them in English, German, French and Spanish, normalised for
//! comparison.

use crate::check::quality::prose::pattern;
use regex::{Captures, Regex};
use std::ops::Range;
use std::sync::LazyLock;

/// What a date says; parts it leaves open are `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Date {
    pub year: Option<u32>,
    pub quarter: Option<u32>,
    pub month: Option<u32>,
    pub day: Option<u32>,
}

impl Date {
    const NONE: Date = Date { year: None, quarter: None, month: None, day: None };

    /// Whether `known` says all that this date says.
    pub fn is_said_by(&self, known: &Date) -> bool {
        let said = |mine: Option<u32>, theirs: Option<u32>| mine.is_none() || mine == theirs;
        said(self.year, known.year)
            && said(self.quarter, known.quarter)
            && said(self.month, known.month)
            && said(self.day, known.day)
    }

    /// Whether `told` names this date: all but the year must be there, and a year must not be another one.
    pub fn is_named_by(&self, told: &Date) -> bool {
        let dated = self.month.or(self.quarter).or(self.day).is_some();
        let year = match (self.year, told.year) {
            (Some(mine), Some(theirs)) => mine == theirs,
            (Some(_), None) => dated,
            (None, _) => true,
        };
        year && Date { year: None, ..*self }.is_said_by(told)
    }
}

/// The names of the months, whole ones before their abbreviations.
#[rustfmt::skip]
const MONTHS: [&[&str]; 12] = [
    &["january", "januar", "janvier", "jänner", "enero", "janv", "jan", "ene"],
    &["february", "februar", "février", "fevrier", "febrero", "févr", "feb", "fév"],
    &["march", "märz", "maerz", "marzo", "mars", "mrz", "mär", "mar"],
    &["april", "avril", "abril", "apr", "avr", "abr"],
    &["may", "mayo", "mai"],
    &["june", "juni", "junio", "juin", "jun"],
    &["july", "juli", "julio", "juillet", "juil", "jul"],
    &["august", "agosto", "août", "aout", "aug"],
    &["september", "septembre", "septiembre", "setiembre", "sept", "sep"],
    &["october", "oktober", "octobre", "octubre", "oct", "okt"],
    &["november", "novembre", "noviembre", "nov"],
    &["december", "dezember", "décembre", "decembre", "diciembre", "dec", "dez", "déc", "dic"],
];

fn month_names() -> String {
    let mut names: Vec<&str> = MONTHS.iter().flat_map(|names| names.iter().copied()).collect();
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    names.join("|")
}

fn month_of(name: &str) -> Option<u32> {
    let name = name.trim_end_matches('.').to_lowercase();
    MONTHS.iter().position(|names| names.contains(&name.as_str())).map(|at| at as u32 + 1)
}

static CALENDAR: LazyLock<Regex> = LazyLock::new(|| {
    let month = format!(r"(?:{})\b\.?", month_names());
    let nth = r"(?:st|nd|rd|th|er|º|ª|\.)?";
    let year = r"(?:(?:,?\s+(?:del?\s+)?|-)(?:19|20)\d\d\b|\s*['’]\d\d\b|-\d\d\b)?";
    pattern(&format!(
        r"(?ix)
        \b (?<iso_y>(?:19|20)\d\d)-(?<iso_m>\d{{1,2}})(?:-(?<iso_d>\d{{1,2}})(?:T[\d:.]+Z?)?)? \b
        | \b (?<ymd_y>(?:19|20)\d\d)[/.](?<ymd_m>\d{{1,2}})[/.](?<ymd_d>\d{{1,2}}) \b
        | \b (?<dot_d>\d{{1,2}})\.\s?(?<dot_m>\d{{1,2}})\.\s?(?<dot_y>(?:19|20)?\d\d) \b
        | \b (?<num_a>\d{{1,2}})/(?<num_b>\d{{1,2}})(?:/(?<num_y>\d{{4}}|\d{{2}}))? \b
        | \b (?<dash_a>\d{{1,2}})-(?<dash_b>\d{{1,2}})-(?<dash_y>(?:19|20)\d\d) \b
        | \b (?:(?<day0>\d{{1,2}}){nth}\s*(?:[-–—&,/]|to\b|and\b|until\b|bis\b|und\b|au\b|et\b|al\b|y\b)\s*(?:the\s+)?)?
          \b (?<day1>\d{{1,2}}){nth}(?:\s+(?:of\s+|de\s+)?|-)(?<month1>{month})(?<year1>{year})
        | \b (?<month2>{month})[\s-]+(?:the\s+)?(?<day2>\d{{1,2}})(?:st|nd|rd|th)?\b
          (?:\s*(?:[-–—]|\bto\b)\s*(?<day3>\d{{1,2}})(?:st|nd|rd|th)?\b)?(?<year2>{year})
        | \b (?<month3>{month}),?[\s-]+(?:of\s+|del?\s+)?(?<year3>(?:19|20)\d\d) \b
        | \b Q(?<quarter>[1-4]) \b (?<year4>(?:[\s/'’-]|FY)*(?:20)?\d\d\b)?
        | \b (?<nth_quarter>[1-4])(?:st|nd|rd|th|er|e|º|\.)?\s+(?:fiscal\s+)?(?:quarter|quartal|trimestre)\b
          (?:\s+(?:of\s+|del?\s+)?(?<year6>20\d\d)\b)?
        | \b (?<year5>20\d\d|19[5-9]\d) \b
        "
    ))
});

/// What only a reader who expects a date takes for one: `5.4.` may end a sentence, and `may` may be a verb.
static UNSURE: LazyLock<Regex> = LazyLock::new(|| {
    let month = month_names();
    pattern(&format!(r"(?i)\b(?<day>\d{{1,2}})\.\s?(?<number>\d{{1,2}})\.|\b(?<month>{month})\b"))
});

/// Days without a calendar date: enough for a due date in a plan.
static RELATIVE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b|\b(?:today|tomorrow|tonight|eod|eow|eom|asap)\b|\bend of (?:the )?(?:day|week|month|sprint|quarter|year|business)\b|\b(?:this|next) (?:week|month|sprint|quarter)\b|\b(?:within|in) (?:the next )?(?:\d+|one|two|three|four|five|six|seven|ten) (?:business |working )?(?:hours?|days?|weeks?|months?)\b|\b(?:week|sprint|day) \d+\b|\b(?:mon|tue|wed|thu|fri)\b",
    )
});

/// Every calendar date with its place; an ambiguous `3/4` gives both readings at the same place, and `5 to 7 April` both
/// days. Weekdays and bare month names are not calendar dates.
pub(crate) fn dates(text: &str) -> Vec<(Range<usize>, Vec<Date>)> {
    CALENDAR
        .captures_iter(text)
        .filter_map(|found| {
            let span = found.get(0).map(|m| m.range()).unwrap_or_default();
            // `4.5/5` is a mark, not a day in May.
            let tail_of_a_number = text[..span.start].ends_with(['.', ',']) && found.name("num_a").is_some();
            let readings = readings(&found);
            (!readings.is_empty() && !tail_of_a_number).then_some((span, readings))
        })
        .collect()
}

/// Dates that only one who looks for them would read: `5.4.`, and the bare names of months. English verbs in lower case
/// are none.
pub(super) fn unsure_dates(text: &str) -> Vec<(Range<usize>, Date)> {
    UNSURE
        .captures_iter(text)
        .filter_map(|found| {
            let whole = found.get(0)?;
            let date = match found.name("month") {
                Some(name) => {
                    let verb = matches!(name.as_str(), "may" | "march" | "mar" | "dec" | "jun" | "sep");
                    Date { month: month_of(name.as_str()).filter(|_| !verb), ..Date::NONE }
                }
                None => {
                    let number = |name: &str| found.name(name)?.as_str().parse::<u32>().ok();
                    let touched = text[..whole.start()].ends_with(['.', ',', '-', '/'])
                        || text[whole.end()..].starts_with(|c: char| c.is_ascii_digit());
                    let (day, month) = (number("day"), number("number"));
                    let fits = matches!((day, month), (Some(1..=31), Some(1..=12))) && !touched;
                    Date { day, month: month.filter(|_| fits), ..Date::NONE }
                }
            };
            date.month.map(|_| (whole.range(), date))
        })
        .collect()
}

/// Whether the text says when, as a calendar date or "by Friday".
pub(crate) fn says_when(text: &str) -> bool {
    RELATIVE.is_match(text) || !dates(text).is_empty()
}

fn readings(found: &Captures<'_>) -> Vec<Date> {
    let number = |name: &str| found.name(name).and_then(|m| m.as_str().parse::<u32>().ok());
    let year = |name: &str| {
        let digits: String = found.name(name)?.as_str().chars().filter(char::is_ascii_digit).collect();
        digits.parse::<u32>().ok().map(|y| if y < 100 { 2000 + y } else { y })
    };
    let month = |name: &str| month_of(found.name(name)?.as_str());
    let day_of = |year, month, day| match (month, day) {
        (Some(1..=12), Some(1..=31)) => Some(Date { year, month, day, quarter: None }),
        _ => None,
    };
    let either = |year, a, b| [day_of(year, Some(b), Some(a)), day_of(year, Some(a), Some(b))];
    if let (Some(a), Some(b)) = (number("num_a"), number("num_b")) {
        let y = year("num_y");
        return if (a, b, y) == (24, 7, None) { vec![] } else { either(y, a, b).into_iter().flatten().collect() };
    }
    if let (Some(a), Some(b)) = (number("dash_a"), number("dash_b")) {
        return either(year("dash_y"), a, b).into_iter().flatten().collect();
    }
    for (days, month, year_name) in
        [(["day0", "day1"], month("month1"), "year1"), (["day2", "day3"], month("month2"), "year2")]
    {
        if month.is_some() {
            let days = days.into_iter().filter_map(number);
            return days.filter_map(|day| day_of(year(year_name), month, Some(day))).collect();
        }
    }
    let date = if let Some(y) = number("iso_y") {
        let (month, day) = (number("iso_m"), number("iso_d"));
        let fits = matches!(month, Some(1..=12)) && matches!(day, None | Some(1..=31));
        fits.then_some(Date { year: Some(y), month, day, quarter: None })
    } else if let Some(y) = number("ymd_y") {
        day_of(Some(y), number("ymd_m"), number("ymd_d"))
    } else if let Some(d) = number("dot_d") {
        day_of(year("dot_y"), number("dot_m"), Some(d))
    } else if let Some(m) = month("month3") {
        Some(Date { year: year("year3"), month: Some(m), ..Date::NONE })
    } else if let Some(q) = number("quarter") {
        Some(Date { year: year("year4"), quarter: Some(q), ..Date::NONE })
    } else if let Some(q) = number("nth_quarter") {
        Some(Date { year: year("year6"), quarter: Some(q), ..Date::NONE })
    } else {
        number("year5").map(|y| Date { year: Some(y), ..Date::NONE })
    };
    date.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(text: &str) -> Date {
        let found = dates(text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        found[0].1[0]
    }

    #[test]
    fn one_date_in_many_forms() {
        let day = Date { year: Some(2025), month: Some(3), day: Some(12), quarter: None };
        for text in
            ["2025-03-12", "12 March 2025", "12th of March 2025", "March 12, 2025", "Mar. 12th, 2025", "12/3/2025"]
        {
            assert_eq!(only(text), day, "{text}");
        }
        for text in [
            "12. März 2025",
            "le 12 mars 2025",
            "12 de marzo de 2025",
            "12.3.2025",
            "12.03.25",
            "12-Mar-2025",
            "2025/03/12",
        ] {
            assert_eq!(only(text), day, "{text}");
        }
        assert!(only("12 March").is_said_by(&day));
        assert!(only("March 2025").is_said_by(&day));
        assert!(!only("12 March 2026").is_said_by(&day));
        assert!(!only("13 March").is_said_by(&day));
        assert_eq!(only("Q3 2024"), Date { year: Some(2024), quarter: Some(3), ..Date::NONE });
        assert_eq!(dates("3/4")[0].1.len(), 2);
    }

    #[test]
    fn not_every_number_is_a_date() {
        for text in ["24/7", "99 bottles", "may 5x", "1200", "45 Marchers", "Q5", "2025x", "13/13/2025", "May we?"] {
            assert!(dates(text).is_empty(), "{text}: {:?}", dates(text));
        }
    }

    #[test]
    fn due_dates_may_be_relative() {
        for text in ["by Friday", "end of week", "within 2 weeks", "5 April", "EOD", "next sprint"] {
            assert!(says_when(text), "{text}");
        }
        for text in ["soon", "as needed", "Mondayish", "later", "ongoing"] {
            assert!(!says_when(text), "{text}");
        }
    }

    #[test]
    fn a_date_is_named_with_or_without_its_year() {
        let day = only("5 April 2026");
        for text in ["5 April", "5. April 2026", "April 5th, 2026", "05.04.2026"] {
            assert!(day.is_named_by(&only(text)), "{text}");
        }
        for text in ["5 April 2025", "April 2026", "6 April", "2026"] {
            assert!(!day.is_named_by(&only(text)), "{text}");
        }
        assert_eq!(dates("5 to 7 April")[0].1.len(), 2);
        assert_eq!(only("the 3rd quarter of 2025"), only("Q3 2025"));
    }

    #[test]
    fn one_who_looks_for_dates_reads_more() {
        let months = |text: &str| unsure_dates(text).into_iter().map(|(_, d)| (d.day, d.month)).collect::<Vec<_>>();
        assert_eq!(months("am 5.4. und im Mai"), [(Some(5), Some(4)), (None, Some(5))]);
        assert_eq!(months("we may march; 1.13. or 6.1.2"), []);
    }
}
