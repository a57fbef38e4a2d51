//! Calendar dates in text, in the many forms people write them, normalised for comparison.

use crate::check::quality::prose::pattern;
use regex::{Captures, Regex};
use std::ops::Range;
use std::sync::LazyLock;

/// What a date says; parts it leaves open are `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Date {
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
}

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

static CALENDAR: LazyLock<Regex> = LazyLock::new(|| {
    let month = r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?";
    let year = r"(?:,?\s+(?:19|20)\d\d\b)?";
    pattern(&format!(
        r"(?ix)
        \b (?<iso_y>(?:19|20)\d\d)-(?<iso_m>\d{{1,2}})(?:-(?<iso_d>\d{{1,2}}))? \b
        | \b (?<num_a>\d{{1,2}})/(?<num_b>\d{{1,2}})(?:/(?<num_y>\d{{4}}|\d{{2}}))? \b
        | \b (?<day1>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?<month1>{month})(?<year1>{year})
        | \b (?<month2>{month})\s+(?:the\s+)?(?<day2>\d{{1,2}})(?:st|nd|rd|th)?\b(?<year2>{year})
        | \b (?<month3>{month}),?\s+(?<year3>(?:19|20)\d\d) \b
        | \b Q(?<quarter>[1-4]) \b (?<year4>(?:[\s/'’-]|FY)*(?:20)?\d\d\b)?
        | \b (?<year5>20\d\d|19[5-9]\d) \b
        "
    ))
});

/// Days without a calendar date: enough for a due date in a plan.
static RELATIVE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b|\b(?:today|tomorrow|tonight|eod|eow|eom|asap)\b|\bend of (?:the )?(?:day|week|month|sprint|quarter|year|business)\b|\b(?:this|next) (?:week|month|sprint|quarter)\b|\b(?:within|in) (?:the next )?(?:\d+|one|two|three|four|five|six|seven|ten) (?:business |working )?(?:hours?|days?|weeks?|months?)\b|\b(?:week|sprint|day) \d+\b|\b(?:mon|tue|wed|thu|fri)\b",
    )
});

/// Every calendar date with its place; an ambiguous `3/4` gives both readings at the same place. Weekdays and bare month
/// names are not calendar dates.
pub(super) fn dates(text: &str) -> Vec<(Range<usize>, Vec<Date>)> {
    CALENDAR
        .captures_iter(text)
        .filter_map(|found| {
            let readings = readings(&found);
            (!readings.is_empty()).then(|| (found.get(0).map(|m| m.range()).unwrap_or_default(), readings))
        })
        .collect()
}

/// Whether the text says when, as a calendar date or "by Friday".
pub(super) fn says_when(text: &str) -> bool {
    RELATIVE.is_match(text) || !dates(text).is_empty()
}

fn readings(found: &Captures<'_>) -> Vec<Date> {
    let number = |name: &str| found.name(name).and_then(|m| m.as_str().parse::<u32>().ok());
    let year = |name: &str| {
        let digits: String = found.name(name)?.as_str().chars().filter(char::is_ascii_digit).collect();
        digits.parse::<u32>().ok().map(|y| if y < 100 { 2000 + y } else { y })
    };
    let month = |name: &str| {
        let start: String = found.name(name)?.as_str().chars().take(3).collect::<String>().to_lowercase();
        MONTHS.iter().position(|m| *m == start).map(|at| at as u32 + 1)
    };
    let day_of = |year, month, day| match (month, day) {
        (Some(1..=12), Some(1..=31)) => Some(Date { year, month, day, quarter: None }),
        _ => None,
    };
    if let (Some(a), Some(b)) = (number("num_a"), number("num_b")) {
        let y = year("num_y");
        if (a, b, y) == (24, 7, None) {
            return vec![];
        }
        return [day_of(y, Some(b), Some(a)), day_of(y, Some(a), Some(b))].into_iter().flatten().collect();
    }
    let date = if let Some(y) = number("iso_y") {
        let (month, day) = (number("iso_m"), number("iso_d"));
        let fits = matches!(month, Some(1..=12)) && matches!(day, None | Some(1..=31));
        fits.then_some(Date { year: Some(y), month, day, quarter: None })
    } else if let Some(m) = month("month1") {
        day_of(year("year1"), Some(m), number("day1"))
    } else if let Some(m) = month("month2") {
        day_of(year("year2"), Some(m), number("day2"))
    } else if let Some(m) = month("month3") {
        Some(Date { year: year("year3"), month: Some(m), ..Date::NONE })
    } else if let Some(q) = number("quarter") {
        Some(Date { year: year("year4"), quarter: Some(q), ..Date::NONE })
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
}
