//! Facts in an output that its prompt does not give: a model that is taught them learns to invent.
//!
//! What counts as a number, a date or a name is what the check `grounded-numbers` takes for one. The linter accuses less
//! than the check: an output may propose targets, limits and dates of its own, and may do sums.

use super::fails_check::{judged, with_defaults};
use super::{Code, Finding};
use crate::check::product::numbers::numbers;
use crate::check::quality::prose::{enumerate, pattern};
use crate::check::{Check, Lexicon, Verdict};
use crate::training_data::Example;
use crate::training_data::Severity::{Note, Warning};
use regex::Regex;
use std::sync::{Arc, LazyLock};

pub(super) const CODES: &[Code] = &[OWNER, FIGURE];
const OWNER: Code = Code::new(
    "ungrounded-owner",
    Warning,
    "The output gives work to somebody whom the prompt does not name; the model learns to invent people.",
);
const FIGURE: Code = Code::new(
    "ungrounded",
    Note,
    "The output states a number or date that the prompt does not give and that is not marked as assumed or proposed.",
);

/// What the check says before it lists what it misses, and after it.
static REASON: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?s)^not in the prompt: (.*?)(?:, \d+ in all)?$"));
static NAME: LazyLock<Regex> = LazyLock::new(|| pattern(r#""([^"]+)""#));
static MONTH: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)\b(?:jan|feb|mar|apr|may|june?|july?|aug|sep|oct|nov|dec)[a-z]*"));
/// A line that proposes, supposes or sets a limit rather than tells what is so.
static PROPOSES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:assum\w*|to be (?:confirmed|agreed|decided|measured|set)|not (?:yet )?(?:measured|known|given|decided)|for (?:example|instance)|e\.g|propos\w*|suggest\w*|recommend\w*|targets?|goals?|thresholds?|at (?:most|least)|(?:no )?more than|fewer than|less than|within|under|below|above|over|up to|limit\w*|estimat\w*|roughly|approximately|guess\w*|would|could|should|if|unless|plan\w*|aims?|hypothe\w*|expect\w*|tbc|open|minimum|maximum|draft|illustrat\w*|say|until|every|per|each|after|before|budget|timeline|review\w*|example|milestones?|phase|given|when|then|criteri\w*|deadline|until|can|limit)\b|[×=]",
    )
});
/// Parts of a document that hold proposals.
static PROPOSING_PART: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)assum|target|goal|threshold|success|criteri|requirement|functional|timeline|milestone|scenario|guardrail|key result|plan|next|decision|what we do|recommend|test|setup|example|review|message|budget|scope|must|api|endpoint|error|limit|open question|missing|agenda|format|measure|subject|dates",
    )
});
/// The title that a line is or begins with.
static TITLE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^\s*(?:#+\s*(?<heading>.+)|\*\*(?<bold>[^*]+)\*\*|(?<plain>\p{Lu}[^:|*]{2,40}):)"));

/// The check, read once for all examples.
pub(super) struct Grounding {
    check: Option<Check>,
    lexicon: Arc<Lexicon>,
}

impl Grounding {
    pub fn new(lexicon: &Arc<Lexicon>) -> Self {
        Self { check: with_defaults("grounded-numbers", lexicon), lexicon: lexicon.clone() }
    }

    /// Examples without facts have none to keep to; in data formats every word stands where the reader put it.
    pub fn find(&self, example: &Example) -> Vec<Finding> {
        let Some(check) = &self.check else { return Vec::new() };
        if example.input.trim().is_empty() || example.output.trim_start().starts_with(['{', '[', '`']) {
            return Vec::new();
        }
        let prompt = example.prompt();
        let owner = owners(check, &prompt, &example.output).into_iter().map(|(name, line)| {
            let message = format!("`output` makes {name} responsible, whom the prompt does not name: {}", shown(&line));
            let remedy = "name the person in `input`, or write a role, or that the owner is open";
            Finding::new(&OWNER, &example.place, message, remedy)
        });
        let mut found: Vec<Finding> = owner.collect();
        // All of it first: most outputs have nothing that is missing, and lines take longer.
        let passes = missing(check, &prompt, &example.output).is_empty();
        let (figures, line) =
            if passes { Default::default() } else { figures(check, &self.lexicon, &prompt, &example.output) };
        if !figures.is_empty() {
            let listed: Vec<&str> = figures.iter().take(5).map(String::as_str).collect();
            let message =
                format!("`output` states {}, which the prompt does not give: {}", enumerate(&listed), shown(&line));
            let remedy = "give it in `input`, or mark it in the output as assumed or proposed";
            found.push(Finding::new(&FIGURE, &example.place, message, remedy));
        }
        found
    }
}

fn shown(line: &str) -> String {
    crate::check::quality::prose::quote(line.trim())
}

/// What the check does not find in the prompt, as it lists it.
fn missing(check: &Check, prompt: &str, text: &str) -> String {
    let Verdict::Fail { reason, .. } = judged(check, prompt, text) else { return String::new() };
    REASON.captures(&reason).map(|found| found[1].to_string()).unwrap_or_default()
}

/// Where a document says who does something: in a field, or at the end of a task ("- Order the cable - Ana, 3 May").
static OWNS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(&format!(
        r"(?:(?i:\b(?:owners?|owned by|responsible|assigned to|assignee|led by|deci(?:sion|ded) by)\b)[\W&&[^\n(]]{{0,6}}|\w[^\n|]* [-–—] )(?<name>{PERSON})(?:[,;.)|*]| by\b| \(|\s*$)"
    ))
});
/// Titles of a table's column that names people.
static WHO: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)^\W*(?:owners?|responsible|assignee|who|person|by whom)\W*$"));
static CELL: LazyLock<Regex> = LazyLock::new(|| pattern(&format!(r"^\s*(?<name>{PERSON})(?:,.*|\s*\(.*)?\s*$")));
/// One or two words with a capital: acronyms and roles in lower case are nobody's name.
const PERSON: &str = r"\p{Lu}\p{Ll}[\p{L}'’-]*(?: \p{Lu}\p{Ll}[\p{L}'’-]+)?";

/// People who are made responsible and whom the check does not find in the prompt, each with the first line that does.
fn owners(check: &Check, prompt: &str, output: &str) -> Vec<(String, String)> {
    let (mut found, mut column): (Vec<(String, String)>, Option<usize>) = (Vec::new(), None);
    for line in output.lines() {
        let cells: Vec<&str> = line.trim().trim_matches('|').split('|').collect();
        let is_row = line.trim_start().starts_with('|');
        let of_cell = column.filter(|_| is_row).and_then(|at| CELL.captures(cells.get(at)?));
        column = match cells.iter().position(|cell| WHO.is_match(cell)) {
            Some(at) if is_row => Some(at),
            _ => column.filter(|_| is_row),
        };
        // A heading's dash parts a title from its time: "Remakes - Third Quarter".
        let line_owns = OWNS.captures_iter(line).take_while(|_| !line.starts_with('#'));
        let named = of_cell.into_iter().chain(line_owns).map(|found| found["name"].to_string());
        for name in named {
            let known = found.iter().any(|(other, _)| *other == name);
            // In the middle of a sentence, where the check takes a capital for a name.
            let missing = missing(check, prompt, &format!("We heard that it is done by {name} now."));
            if !known && NAME.is_match(&missing) {
                found.push((name, line.to_string()));
            }
        }
    }
    found
}

/// Figures and dates that are stated as facts, and the first line with one.
fn figures(check: &Check, lexicon: &Lexicon, prompt: &str, output: &str) -> (Vec<String>, String) {
    let given: Vec<f64> = values(prompt, lexicon).take(MOST_GIVEN).collect();
    let mut known = given.clone();
    let months: Vec<String> = MONTH.find_iter(prompt).map(|m| month(m.as_str())).collect();
    let (mut found, mut first, mut part) = (Vec::new(), String::new(), String::new());
    for line in output.lines() {
        if let Some(title) = TITLE.captures(line) {
            let title = title.name("heading").or(title.name("bold")).or(title.name("plain"));
            part = title.map(|t| t.as_str().to_string()).unwrap_or_default();
        }
        let proposes = PROPOSES.is_match(line) || PROPOSING_PART.is_match(&part);
        if !proposes && line.contains(|c: char| c.is_ascii_digit()) {
            let missing = missing(check, prompt, line);
            let new: Vec<String> =
                items(&missing).filter(|item| is_new(item, lexicon, &known, &months)).map(str::to_string).collect();
            if first.is_empty() && !new.is_empty() {
                first = line.to_string();
            }
            found.extend(new);
        }
        // What the output has said once it may say again, and reckon with.
        known.extend(values(line, lexicon).take(MOST_GIVEN));
        known.truncate(2 * MOST_GIVEN);
    }
    found.dedup();
    (found, first)
}

/// More numbers than these are not reckoned with.
const MOST_GIVEN: usize = 30;

fn items(missing: &str) -> impl Iterator<Item = &str> {
    missing.split(", ").flat_map(|part| part.split(" and ")).map(str::trim).filter(|item| !item.starts_with('"'))
}

fn month(word: &str) -> String {
    word.chars().take(3).collect::<String>().to_lowercase()
}

fn is_new(item: &str, lexicon: &Lexicon, known: &[f64], months: &[String]) -> bool {
    let Some(value) = values(item, lexicon).next() else { return false };
    if let Some(found) = MONTH.find(item) {
        // "7 August" of a prompt's "27 July to 7 August", and of "5 to 16 October" both ends.
        return !(months.contains(&month(found.as_str())) && known.contains(&value));
    }
    let counts = value <= 10.0 && !item.contains('%');
    !counts && !is_reckoned(value, known)
}

/// Numbers of a text, years and days among them.
fn values(text: &str, lexicon: &Lexicon) -> impl Iterator<Item = f64> {
    numbers(text, lexicon).into_iter().map(|number| number.value)
}

/// Whether a number is a sum, difference, product, quotient, percentage or change of known ones, as it is rounded.
fn is_reckoned(value: f64, known: &[f64]) -> bool {
    /// Hours of a day, days of a week, months of a year, …
    const UNITS: [f64; 11] = [2.0, 4.0, 5.0, 7.0, 12.0, 24.0, 30.0, 52.0, 60.0, 100.0, 1000.0];
    let is = |reckoned: f64| {
        let (reckoned, off) = (reckoned.abs(), (reckoned.abs() - value).abs());
        off <= 0.006 * value
            || (value >= 20.0 && off <= 0.51)
            || ((10.0 * reckoned).round() / 10.0 - value).abs() < 1e-9
    };
    let numbers: Vec<f64> = known.iter().copied().filter(|n| *n != 0.0).collect();
    let pair = |a: f64, b: f64| {
        let change = 100.0 * (b - a) / a;
        let share = a * b / 100.0;
        [a + b, a - b, a * b, a / b, 100.0 * a / b, change, share, b - share, b + share].into_iter().any(is)
    };
    is(numbers.iter().sum())
        || numbers.iter().any(|&a| is(100.0 - a) || UNITS.iter().any(|unit| is(a * unit) || is(a / unit)))
        || numbers.iter().any(|&a| numbers.iter().any(|&b| pair(a, b)))
        || numbers.iter().take(MOST_GIVEN).enumerate().any(|(at, &a)| {
            let rest = numbers.iter().take(MOST_GIVEN).enumerate().skip(at + 1);
            rest.clone().any(|(next, &b)| {
                numbers.iter().take(MOST_GIVEN).skip(next + 1).any(|&c| {
                    is(a + b + c)
                        || is(a * b * c)
                        || is(a * b * c / 100.0)
                        || is(a * b / c)
                        || is(a * c / b)
                        || is(b * c / a)
                })
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::training_data::testing::example;

    fn found(input: &str, output: &str) -> Vec<(&'static str, String)> {
        let example = Example { input: input.into(), ..example("a", "Write an update", output) };
        let found = Grounding::new(&Lexicon::shipped()).find(&example);
        found.into_iter().map(|finding| (finding.code, finding.message)).collect()
    }

    #[test]
    fn an_invented_owner_is_named_with_the_line() {
        let found = found(
            "The lift is late. Zsofia tests it on 3 May.",
            "The lift is late.\n\n- Order the cable - Bertrand, 3 May",
        );
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].0, "ungrounded-owner");
        assert!(found[0].1.contains("makes Bertrand responsible"), "{found:?}");
    }

    #[test]
    fn an_invented_figure_is_a_note() {
        let found = found("Of 1,240 shops some left.", "The checkout is in use. Orders rose to 7,319 in the shops.");
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].0, "ungrounded");
        assert!(found[0].1.contains("states 7,319, which"), "{found:?}");
    }

    #[test]
    fn what_is_given_reckoned_or_proposed_is_left_alone() {
        let input = "Of 1,240 shops 310 left between 3 and 9 May. Nadia asks them.";
        for output in [
            "310 of 1,240 shops left, which is 25%; 930 stayed.",
            "Target: 95% of shops stay.",
            "We propose 450 euros for each shop.",
            "The last ones left on 9 May.\n- Ask them - Nadia, 9 May",
            "**Assumptions:**\n- 77 shops closed for good",
        ] {
            assert_eq!(found(input, output), [], "{output}");
        }
        assert_eq!(
            found("", "It costs 7,319 euros, says Bertrand.\nOwner: Bertrand"),
            [],
            "there are no facts to keep to"
        );
    }
}
