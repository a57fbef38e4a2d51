use super::names::{all_words, lower_case_words, names, parts};
use super::numbers::{Number, is_label, measures, numbers};
use crate::check::facts::dates::{Date, dates};
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

/// What the prompt gives.
struct Known {
    numbers: Vec<Number>,
    /// Without those of dates and labels.
    measures: Vec<Number>,
    dates: Vec<Date>,
    words: HashSet<String>,
    text: String,
}

impl Judge for GroundedNumbers {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let known = Known::new(subject.prompt, &self.allow, &self.lexicon);
        let document = Document::parse(subject.text());
        let lower = lower_case_words(subject.text());
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
            for (claim, grounded) in claims(line, &known, &lower, &self.lexicon) {
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
        &[List::Assumptions, List::NoNames, List::Joints, List::Measures]
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
        text = format!("{text}\n{}", Document::parse(&text).plain_text());
        Self {
            numbers: numbers(&text, lexicon),
            measures: measures(&text, lexicon),
            dates: dates(&text).into_iter().flat_map(|(_, readings)| readings).collect(),
            words: all_words(&text),
            text: plain_lower(&text),
        }
    }

    fn number(&self, number: &Number, text: &str) -> bool {
        let close = |a: f64, b: f64| (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0);
        // Without a percent sign the number alone must be known; with it, as a percentage.
        let alike = |k: &Number| k.percent || !number.percent;
        let copied = self.text.contains(&plain_lower(text));
        copied && text.chars().any(|c| !c.is_ascii_digit())
            || self.numbers.iter().any(|k| alike(k) && close(k.value, number.value))
            || self.derived(number)
    }

    /// The difference of two neighbouring numbers of the prompt, and the change between them in percent, are the prompt's
    /// own arithmetic: "from 32% to 45%" is 13 points, or 41 percent more.
    fn derived(&self, number: &Number) -> bool {
        let pairs = self.measures.windows(2).filter(|p| p[0].percent == p[1].percent && !p[0].word && !p[1].word);
        pairs.map(|p| (p[0].value, p[1].value, p[0].percent)).any(|(from, to, percent)| {
            let difference = (from - to).abs();
            let change = 100.0 * difference / from.abs();
            let points = difference > 0.0 && (difference - number.value).abs() < 1e-9 && number.percent == percent;
            points || number.percent && from != 0.0 && (change - number.value).abs() < 0.51
        })
    }
}

/// Numbers, dates and names of a line, each with whether the prompt has it.
fn claims(line: &Line, known: &Known, lower: &HashSet<String>, lexicon: &Lexicon) -> Vec<(String, bool)> {
    let (line, kind) = (line.text.as_str(), line.kind);
    let dates = dates(line);
    let mut found: Vec<(String, bool)> = dates
        .iter()
        .map(|(span, readings)| {
            let grounded = readings.iter().any(|date| known.dates.iter().any(|k| date.is_said_by(k)));
            let copied = known.text.contains(&plain_lower(&line[span.clone()]));
            (line[span.clone()].trim().to_string(), grounded || copied)
        })
        .collect();
    let head = ORDINAL.find(line).map_or(0, |m| m.end());
    let clocks: Vec<_> = CLOCK.find_iter(line).map(|m| m.range()).collect();
    for number in numbers(line, lexicon) {
        let within = |span: &std::ops::Range<usize>| span.start < number.span.end && number.span.start < span.end;
        let dated = dates.iter().any(|(span, _)| within(span)) || clocks.iter().any(within);
        if dated || number.span.start < head || is_label(line, &number) || is_idle(line, &number) {
            continue;
        }
        let text = line[number.span.clone()].trim();
        found.push((text.to_string(), known.number(&number, text)));
    }
    for name in names(line, kind, lower, lexicon) {
        let grounded = parts(&name).iter().all(|part| known.words.contains(part));
        found.push((format!("\"{name}\""), grounded));
    }
    found
}

/// Numbers that claim nothing: 0 and 1, and those that count the answer's own points.
fn is_idle(line: &str, number: &Number) -> bool {
    let small = !number.percent && number.value <= 10.0;
    let claims_nothing = !number.percent && number.value <= 1.0 && number.value.fract() == 0.0;
    claims_nothing || small && OWN_COUNT.is_match(&line[number.span.end..])
}

#[cfg(test)]
mod tests;
