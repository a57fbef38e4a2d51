use super::derived::Given;
use super::names::{all_words, lower_case_words, names, parts};
use super::numbers::{Number, is_label, measures, numbers};
use crate::check::facts::dates::{Date, dates};
use crate::check::facts::is_german;
use crate::check::lexicon::{Lexicon, List, has_term, plain_lower};
use crate::check::quality::prose::{enumerate, pattern};
use crate::check::structure::{Document, Line};
use crate::check::{Judge, Subject, Verdict};
use crate::words::count;
use regex::Regex;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct GroundedNumbers {
    /// Further numbers, dates and names that may appear, as written: "2025", "30 days", "Jira".
    #[serde(default)]
    allow: Vec<Allowed>,
    #[serde(skip, default = "Lexicon::shipped")]
    lexicon: Arc<Lexicon>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Allowed {
    Number(f64),
    Text(String),
}

/// A small number before one of these counts the answer's own points: "three reasons", "5 ways".
static OWN_COUNT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^\s+(?:(?:\p{L}|-)+\s+){0,4}?(?:reasons?|steps?|ways?|points?|things?|options?|factors?|parts?|items?|sections?|types?|benefits?|ideas?|areas?|examples?|categories|aspects?|questions?|criteria|key results?|objectives?|suggestions?|recommendations?|features?|concepts?|kinds?|components?|differences?|user stories|stories|metrics?|priorities|of (?:these|them|the))\b",
    )
});
/// The number at the head of a line, a list or a heading.
static ORDINAL: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\W*\d{1,2}(?:\.\d{1,2})*(?:[.):]|\s[-–—])\s"));
/// Times of day and idioms are not looked up.
static CLOCK: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(?:24/7|24x7|365|1:1|\d{1,2}:\d{2})\b"));

/// What stands between the numbers of a share: "1 in 4", "three out of five".
static SHARE: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)^\s+(?:in|out of|of)(?: every)?\s+$"));
/// The end of a name that takes a number: "iOS 17".
static MIXED_CASE: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b\p{Ll}+\p{Lu}\p{L}*\s$"));

/// Words before a figure that is not meant to the last digit.
static ABOUT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)(?:\b(?:about|around|almost|nearly|roughly|approximately|some|over|more than|just under|just over|under|close to|well over)|[~≈])\s*[$€£]?$",
    )
});
static GROUPED: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\D?\d{1,3}\.\d{3}\b"));

/// What the prompt gives.
struct Known {
    numbers: Vec<Number>,
    given: Given,
    dates: Vec<Date>,
    words: HashSet<String>,
    text: String,
}

impl Judge for GroundedNumbers {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let known = Known::new(subject.prompt, &self.allow, &self.lexicon);
        let document = Document::parse(subject.text());
        let lower = lower_case_words(subject.text());
        let german = is_german(subject.text());
        let assumed: Vec<_> = document
            .sections()
            .iter()
            .filter(|s| plain_lower(&s.title).contains("assumption"))
            .map(|s| s.range.clone())
            .collect();
        let (mut all, mut strange): (usize, Vec<String>) = (0, vec![]);
        for (at, line) in document.lines().iter().enumerate() {
            let text = plain_lower(&line.text);
            let marked = self.lexicon[List::Assumptions].iter().any(|m| has_term(&text, m))
                || assumed.iter().any(|range| range.contains(&at));
            for (claim, grounded) in claims(line, &known, &lower, german, &self.lexicon) {
                all += 1;
                if !grounded && !marked {
                    strange.push(claim);
                }
            }
        }
        if all == 0 {
            return Verdict::pass("no number, date or name to look up");
        }
        let grounded = all - strange.len();
        strange.sort();
        strange.dedup();
        if strange.is_empty() {
            return Verdict::pass(format!("{} found in the prompt or marked as assumed", count(all, "figure")));
        }
        let shown: Vec<&str> = strange.iter().take(5).map(String::as_str).collect();
        let more = if strange.len() > 5 { format!(", {} in all", strange.len()) } else { String::new() };
        Verdict::part(grounded, all, format!("not in the prompt: {}{more}", enumerate(&shown)))
    }

    fn lists() -> &'static [List] {
        &[List::Assumptions, List::NoNames, List::Versioned, List::Joints, List::Measures]
    }

    fn adopt(&mut self, lexicon: Arc<Lexicon>) {
        self.lexicon = lexicon;
    }

    fn faults(&self) -> Option<String> {
        self.allow
            .iter()
            .any(|a| matches!(a, Allowed::Text(t) if t.trim().is_empty()))
            .then(|| "`allow` holds an empty text".into())
    }
}

impl Known {
    fn new(prompt: &str, allow: &[Allowed], lexicon: &Lexicon) -> Self {
        let mut text = prompt.to_string();
        for allowed in allow {
            text.push('\n');
            match allowed {
                Allowed::Number(n) => text.push_str(&n.to_string()),
                Allowed::Text(t) => text.push_str(t),
            }
        }
        // Markdown is read out of the prompt as out of the answer: what the answer copies is found in either form.
        let document = Document::parse(&text);
        text = format!("{text}\n{}", document.plain_text());
        let dates: Vec<Date> = dates(&text).into_iter().flat_map(|(_, readings)| readings).collect();
        let mut numbers = numbers(&text, lexicon);
        let shares = shares(&text, &numbers);
        numbers.extend(shares.into_iter().map(|(_, share)| share));
        let given = Given::new(&document, measures(&text, lexicon), &dates, |cell| measures(cell, lexicon));
        Self { numbers, given, dates, words: all_words(&text), text: plain_lower(&text) }
    }

    /// "1.200" is how a German writes 1,200.
    fn thousands(&self, number: &Number, text: &str) -> bool {
        GROUPED.is_match(text) && self.number(&Number { value: number.value * 1000.0, step: 1.0, ..number.clone() }, "")
    }

    fn number(&self, number: &Number, text: &str) -> bool {
        let close = |a: f64, b: f64| (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0);
        // Without a percent sign the number alone must be known; with it, as a percentage.
        let alike = |k: &Number| k.percent || !number.percent;
        let copied = self.text.contains(&plain_lower(text));
        copied && text.chars().any(|c| !c.is_ascii_digit() && !c.is_whitespace())
            || self.numbers.iter().any(|k| alike(k) && close(k.value, number.value))
            || self.given.makes(number)
    }
}

/// Shares told as "1 in 4", as percentages, each with the places of its two numbers.
fn shares(text: &str, numbers: &[Number]) -> Vec<([usize; 2], Number)> {
    let share = |pair: &[Number]| {
        let [part, all] = pair else { return None };
        let joined = SHARE.is_match(text.get(part.span.end..all.span.start)?);
        let fits = joined && !part.percent && !all.percent && part.value < all.value && all.value <= 100.0;
        let value = 100.0 * part.value / all.value;
        let share = Number { value, percent: true, noun: None, step: 1.0, ..part.clone() };
        fits.then_some(([part.span.start, all.span.start], share))
    };
    numbers.windows(2).filter_map(share).collect()
}

/// Numbers, dates and names of a line, each with whether the prompt has it.
fn claims(line: &Line, known: &Known, lower: &HashSet<String>, german: bool, lexicon: &Lexicon) -> Vec<(String, bool)> {
    let (line, kind) = (line.text.as_str(), line.kind);
    let dates = dates(line);
    let mut found: Vec<(String, bool)> = dates
        .iter()
        .map(|(span, readings)| {
            let grounded = readings.iter().any(|date| known.dates.iter().any(|k| date.is_said_by(k)));
            let copied = known.text.contains(&plain_lower(&line[span.clone()]));
            // "Q3" alone is a name for a part of any year.
            let name = readings.iter().all(|date| date.quarter.is_some() && date.year.is_none());
            (line[span.clone()].trim().to_string(), grounded || copied || name)
        })
        .collect();
    let head = ORDINAL.find(line).map_or(0, |m| m.end());
    let clocks: Vec<_> = CLOCK.find_iter(line).map(|m| m.range()).collect();
    let all = numbers(line, lexicon);
    let shares = shares(line, &all);
    for number in all {
        let within = |span: &std::ops::Range<usize>| span.start < number.span.end && number.span.start < span.end;
        let dated = dates.iter().any(|(span, _)| within(span)) || clocks.iter().any(within);
        if dated || number.span.start < head || is_label(line, &number) || is_idle(line, &number) {
            continue;
        }
        let share = shares.iter().find(|(places, _)| places.contains(&number.span.start));
        if is_version(&line[..number.span.start], lexicon) || share.is_some_and(|(_, share)| known.number(share, "")) {
            continue;
        }
        let text = line[number.span.clone()].trim();
        let about = ABOUT.is_match(&line[..number.span.start]) && known.given.is_about(&number);
        found.push((text.to_string(), about || known.number(&number, text) || known.thousands(&number, text)));
    }
    // In German every noun has a capital.
    let named = if german { vec![] } else { names(line, kind, lower, lexicon) };
    for name in named {
        let grounded = parts(&name).iter().all(|part| known.words.contains(part));
        found.push((format!("\"{name}\""), grounded));
    }
    found
}

/// "iOS 17", "Windows 11": the number is part of a name.
fn is_version(before: &str, lexicon: &Lexicon) -> bool {
    let last = before.split_whitespace().next_back().unwrap_or_default();
    before.ends_with(' ') && (MIXED_CASE.is_match(before) || lexicon.has(List::Versioned, &last.to_lowercase()))
}

/// Numbers that claim nothing: 0 and 1, and those that count the answer's own points.
fn is_idle(line: &str, number: &Number) -> bool {
    let small = !number.percent && number.value <= 10.0;
    let claims_nothing = !number.percent && number.value <= 1.0 && number.value.fract() == 0.0;
    claims_nothing || small && OWN_COUNT.is_match(&line[number.span.end..])
}

#[cfg(test)]
mod tests;
