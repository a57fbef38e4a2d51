use super::fields::{is_blank, leaves};
use crate::check::lexicon::{Lexicon, List, has_term, plain_lower, terms_in};
use crate::check::quality::prose::{alternatives, pattern, quote, words};
use crate::check::structure::{Document, LineKind, Section};
use crate::check::{Judge, Subject, Verdict};
use crate::words::count;
use regex::Regex;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::HashSet;
use std::ops::Range;
use std::sync::{Arc, LazyLock};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct AcceptanceCriteria {
    /// The fewest criteria.
    #[serde(default = "default_min")]
    min: usize,
    /// The most criteria.
    #[serde(default)]
    max: Option<usize>,
    /// How they are written.
    #[serde(default)]
    style: Style,
    #[serde(skip, default = "Lexicon::shipped")]
    lexicon: Arc<Lexicon>,
}

fn default_min() -> usize {
    2
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Style {
    /// A list of statements, or given-when-then.
    #[default]
    Any,
    /// Each criterion says what is given, when something happens, and what then follows.
    GivenWhenThen,
}

/// A criterion, with what keeps it from being testable.
struct Criterion {
    text: String,
    fault: Option<String>,
}

/// A verb with any ending.
fn seen(verbs: &[String]) -> Regex {
    let verbs = alternatives(verbs);
    pattern(&format!(
        r"(?i)\b(?:can(?:not|['’]t)?|must|shall|should|will|never|always|(?:{verbs})(?:s|es|ed|ing|d|e|ies|y|ied|ation)?)\b"
    ))
}

fn thing(things: &[String]) -> Regex {
    pattern(&format!(r"(?i)\b(?:{})\b", alternatives(things)))
}

/// Enough beneath a title that says these are criteria; in any other list they would make criteria of plain statements.
static STATED: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)\b(?:is|are|isn['’]t|does|do not|has|have|only|when|if)\b|\d"));

static STEP: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^\W*(?:\d+[.)]\s*)?(?<step>given|when|then|and|but|scenario(?:\s*(?:outline|\d+))?)\b[\s:,*]*(?<rest>.*)$",
    )
});
static ONE_LINE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?is)\bgiven\b[\s:,*]*(?<given>.+?)[\s,;.|]*\bwhen\b[\s:,*]*(?<when>.+?)[\s,;.|]*\bthen\b[\s:,*]*(?<then>.+)$",
    )
});

impl Judge for AcceptanceCriteria {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let document = Document::parse(subject.text());
        let scenarios = scenarios(&document, &self.lexicon);
        let criteria = match self.style {
            Style::Any if scenarios.is_empty() => statements(&document, &self.lexicon),
            _ => scenarios,
        };
        let testable = criteria.iter().filter(|c| c.fault.is_none()).count();
        let total = count(criteria.len(), "criterion");
        let faults: Vec<String> = criteria
            .iter()
            .filter_map(|c| c.fault.as_ref().map(|fault| format!("{fault}: {}", quote(&c.text))))
            .take(3)
            .collect();
        let faults = if faults.is_empty() { String::new() } else { format!("; {}", faults.join("; ")) };
        if criteria.len() < self.min {
            let what = if self.style == Style::GivenWhenThen { "given-when-then " } else { "" };
            let reason =
                format!("{} {what}acceptance criteria found, at least {} wanted{faults}", criteria.len(), self.min);
            return Verdict::part(testable, self.min, reason);
        }
        if let Some(max) = self.max.filter(|max| criteria.len() > *max) {
            return Verdict::part(max, criteria.len(), format!("{total}, at most {max} allowed{faults}"));
        }
        if testable < criteria.len() {
            return Verdict::part(testable, criteria.len(), format!("{testable} of {total} can be tested{faults}"));
        }
        Verdict::pass(format!("{total}, each testable"))
    }

    fn lists() -> &'static [List] {
        &[List::CriteriaTitles, List::Vague, List::Verbs, List::Things]
    }

    fn adopt(&mut self, lexicon: Arc<Lexicon>) {
        self.lexicon = lexicon;
    }

    fn faults(&self) -> Option<String> {
        let max = self.max.filter(|max| *max < self.min)?;
        Some(format!("`min` ({}) is above `max` ({max})", self.min))
    }
}

/// List items (the innermost), rows of a table, or lines under a title that names the criteria.
fn statements(document: &Document, lexicon: &Lexicon) -> Vec<Criterion> {
    let section = document.section(&lexicon[List::CriteriaTitles]);
    let lists: Vec<_> = match section {
        Some(section) if !section.range.is_empty() || !section.lead.is_empty() => document.lists_in(section).collect(),
        // A title over groups that have titles of the same rank ("**Add to Cart**") stands above all that follows.
        Some(section) => document.lists().iter().filter(|list| list.at >= section.range.start).collect(),
        None => document.lists().iter().collect(),
    };
    let mut texts: Vec<String> = leaves(lists).iter().map(|item| item.text.clone()).collect();
    if let Some(section) = section.filter(|_| texts.is_empty()) {
        let rows = document.tables_in(section).flat_map(|t| t.rows.iter().map(|row| row.join(" | ")));
        texts.extend(rows);
        if texts.is_empty() {
            texts = labelled(document, &section.range);
        }
        if texts.is_empty() {
            texts.extend(document.text_of(section).lines().filter(|l| words(l).count() >= 3).map(String::from));
        }
    } else if texts.is_empty() {
        texts.extend(document.tables().iter().flat_map(|t| t.rows.iter().map(|row| row.join(" | "))));
        if texts.is_empty() {
            texts = labelled(document, &(0..document.lines().len()));
        }
        if texts.is_empty() && document.sections().is_empty() {
            let lines = document.lines().iter().map(|l| l.text.clone()).filter(|text| words(text).count() >= 5);
            texts.extend(Some(lines.collect::<Vec<_>>()).filter(|lines| lines.len() > 1).into_iter().flatten());
        }
    }
    texts.retain(|text| {
        let lower = plain_lower(text);
        // The story itself is no criterion.
        !(words(text).next().is_none() || lower.starts_with("as a") && has_term(&lower, "i want"))
    });
    // "1. User can log in" again as "2. User can log in" is the same criterion.
    let mut seen = HashSet::new();
    texts.retain(|text| {
        let said: Vec<String> =
            words(text).map(str::to_lowercase).filter(|w| !w.chars().all(char::is_numeric)).collect();
        seen.insert(if said.len() < 4 { text.clone() } else { said.join(" ") })
    });
    let titled = section.is_some();
    texts.into_iter().map(|text| Criterion { fault: untestable(&text, titled, lexicon), text }).collect()
}

/// Criteria that are labelled lines, bold paragraphs or headings with what stands beneath: "AC1: …".
fn labelled(document: &Document, range: &Range<usize>) -> Vec<String> {
    let lines = document.lines().get(range.clone()).unwrap_or_default();
    let inside = |s: &&Section| lines.iter().any(|line| line.line == s.line);
    let text = |s: &Section| format!("{}: {}", s.title, document.own_text_of(s).replace('\n', " "));
    let found: Vec<String> = document.sections().iter().filter(inside).map(text).collect();
    if found.len() < 2 { vec![] } else { found }
}

/// Why a statement cannot be tested.
fn untestable(text: &str, titled: bool, lexicon: &Lexicon) -> Option<String> {
    let lower = plain_lower(text);
    if is_blank(text) {
        return Some("nothing is filled in".into());
    }
    let measured = text.chars().any(|c| c.is_ascii_digit());
    if let (Some(vague), false) = (terms_in(&lower, &lexicon[List::Vague]).first(), measured) {
        return Some(format!("vague (\"{vague}\")"));
    }
    if words(text).count() < 3 {
        return Some("too short to test".into());
    }
    let checkable = lexicon.pattern(List::Verbs, seen).is_match(text)
        || lexicon.pattern(List::Things, thing).is_match(text)
        || titled && STATED.is_match(text);
    (!checkable).then(|| "no outcome to check".into())
}

#[derive(Default)]
struct Scenario {
    given: String,
    when: String,
    then: String,
    last: Option<Step>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Given,
    When,
    Then,
}

/// Given-when-then criteria, on one line each or a line to a step.
fn scenarios(document: &Document, lexicon: &Lexicon) -> Vec<Criterion> {
    let tabled = in_tables(document);
    if !tabled.is_empty() {
        return tabled.into_iter().map(|scenario| scenario.criterion(lexicon)).collect();
    }
    let mut found: Vec<Scenario> = vec![];
    for line in document.lines().iter().filter(|l| l.kind != LineKind::Heading) {
        for text in line.text.lines() {
            if let Some(whole) = ONE_LINE.captures(text) {
                found.push(Scenario {
                    given: whole["given"].to_string(),
                    when: whole["when"].to_string(),
                    then: whole["then"].to_string(),
                    last: Some(Step::Then),
                });
            } else if let Some(step) = STEP.captures(text) {
                take(&mut found, &step["step"].to_lowercase(), &step["rest"]);
            }
        }
    }
    // A list that merely has an item beginning with "When" is no scenario.
    let steps = |s: &Scenario| [&s.given, &s.when, &s.then].iter().filter(|t| !t.is_empty()).count();
    found.retain(|s| steps(s) >= 2 || !s.given.is_empty());
    found.into_iter().map(|scenario| scenario.criterion(lexicon)).collect()
}

/// Scenarios in a table with a column for each step.
fn in_tables(document: &Document) -> Vec<Scenario> {
    let mut found = vec![];
    for table in document.tables() {
        let column = |step: &str| table.columns.iter().position(|title| title.to_lowercase().contains(step));
        let (Some(given), Some(when), Some(then)) = (column("given"), column("when"), column("then")) else { continue };
        found.extend(table.rows.iter().map(|row| {
            let cell = |at: usize| row.get(at).cloned().unwrap_or_default();
            Scenario { given: cell(given), when: cell(when), then: cell(then), last: Some(Step::Then) }
        }));
    }
    found
}

fn take(found: &mut Vec<Scenario>, step: &str, rest: &str) {
    let step = match step {
        "given" => Step::Given,
        "when" => Step::When,
        "then" => Step::Then,
        "and" | "but" => match found.last().and_then(|s| s.last) {
            Some(step) => step,
            None => return,
        },
        _ => return,
    };
    let opens = found.last().is_none_or(|s| match (step, s.last) {
        (Step::Given, Some(Step::Given)) => false,
        (Step::Given, _) => true,
        (Step::When, last) => last == Some(Step::Then),
        (Step::Then, _) => false,
    });
    if opens {
        found.push(Scenario::default());
    }
    if let Some(scenario) = found.last_mut() {
        let part = match step {
            Step::Given => &mut scenario.given,
            Step::When => &mut scenario.when,
            Step::Then => &mut scenario.then,
        };
        part.push_str(rest.trim());
        part.push(' ');
        scenario.last = Some(step);
    }
}

impl Scenario {
    fn criterion(self, lexicon: &Lexicon) -> Criterion {
        let parts = [("given", &self.given), ("when", &self.when), ("then", &self.then)];
        let missing: Vec<&str> = parts.iter().filter(|(_, text)| is_blank(text)).map(|(name, _)| *name).collect();
        let vague = terms_in(&plain_lower(&self.then), &lexicon[List::Vague]);
        let measured = self.then.chars().any(|c| c.is_ascii_digit());
        let fault = match (missing.as_slice(), vague.first()) {
            ([], Some(vague)) if !measured => Some(format!("vague (\"{vague}\")")),
            ([], _) => None,
            (missing, _) => Some(format!("no \"{}\"", missing.join("\" and no \""))),
        };
        let told: Vec<String> =
            parts.iter().filter(|(_, t)| !t.trim().is_empty()).map(|(n, t)| format!("{n} {}", t.trim())).collect();
        Criterion { text: told.join(", "), fault }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::quality::testing::{assert_fails, assert_passes, judge, verdict};
    use super::*;

    #[test]
    fn testable_criteria_pass() {
        let judge: AcceptanceCriteria = judge("{}");
        for text in [
            "**Acceptance Criteria for Shopping Cart:**\n\n✅ **Add to Cart**\n- User can add items with one click\n- Quantity selector \
             (1-10 max per item)\n- Cart icon updates with item count\n- Success message confirms addition\n\n✅ **Checkout Flow**\n\
             - Clear call-to-action button\n- Progress indicator during checkout\n- Guest checkout option available",
            "As a user, I want to reset my password so that I can log in.\n\nAcceptance criteria:\n1. The link expires after 30 \
             minutes.\n2. The new password must differ from the last three.",
            "- **Given** a registered user\n- **When** she asks for a reset\n- **Then** an email arrives within 1 minute\n\n- **Given** an \
             expired link\n- **When** it is opened\n- **Then** an error is shown",
            "1. Given a cart with two items, when one is removed, then the total shows the price of the other.\n2. Given an empty cart, \
             when I open it, then a link to the shop is shown.",
            "## Acceptance Criteria\n\n| # | Criterion |\n|---|---|\n| 1 | Export contains all rows |\n| 2 | File opens in Excel 2019 |",
            "```gherkin\nScenario: export\nGiven a report\nWhen I click Export\nThen a CSV is saved\nScenario: empty\nGiven no report\nWhen I \
             click Export\nThen a message says why\n```",
            "| Given | When | Then |\n|---|---|---|\n| a report | I click Export | a CSV is saved |\n| no report | I click Export | a \
             message says why |",
            "AC1: The link expires after 30 minutes.\nAC2: The new password differs from the last three.",
            "**AC1.** The link expires after 30 minutes.\n\n**AC2.** An error is shown for an old link.",
            "### 1. Expiry\nThe link expires after 30 minutes.\n\n### 2. Old links\nAn error is shown for an old link.",
            "Done when:\n- The link expires after 30 minutes\n- An error is shown for an old link",
        ] {
            assert_passes(&judge, text);
        }
    }

    #[test]
    fn vague_or_missing_criteria_fail() {
        let judge: AcceptanceCriteria = judge("{}");
        for (text, why) in [
            (
                "- The export works well\n- The user can pick a date range",
                "vague (\"works well\"): \"The export works well\"",
            ),
            ("- The page is fast\n- The page is user-friendly", "0 of 2 criteria can be tested"),
            ("Acceptance criteria:\n- User can log in", "1 acceptance criteria found, at least 2 wanted"),
            ("- Security\n- Speed", "too short"),
            ("- [Criterion 1]\n- [Criterion 2]", "nothing is filled in"),
            ("Given a user\nWhen they log in\n\nGiven a guest\nWhen they log in", "no \"then\""),
            (
                "- Given a user, when she exports, then it works as expected\n- Given a guest, when he exports, then a login opens",
                "vague",
            ),
            ("- Overall happiness of everyone\n- User can log in", "no outcome to check"),
            ("The feature should be tested carefully by the team.", "0 acceptance criteria"),
            (
                "- User Story 1: \"Allowing users to reset passwords\"\n- User Story 2: \"Allowing users to reset passwords\"",
                "1 acceptance",
            ),
            (
                "- OKRs are sets of goals of the business\n- KPIs are measures of how well 2 things go",
                "no outcome to check",
            ),
            ("", "0 acceptance criteria"),
        ] {
            assert_fails(&judge, text, why);
        }
        assert_eq!(verdict(&judge, "- The export works well\n- The user can pick a date").score(), Some(0.5));
    }

    #[test]
    fn style_and_limits_hold() {
        let gherkin: AcceptanceCriteria = judge(r#"{"style": "given-when-then", "min": 1, "max": 1}"#);
        assert_passes(&gherkin, "Given: a user\nWhen: she logs in\nAnd: it is Monday\nThen: a banner is shown");
        assert_fails(&gherkin, "- User can log in\n- User can log out", "0 given-when-then acceptance criteria");
        let two = "Given a, when b happens, then c is shown.\n\nGiven d, when e happens, then f is shown.";
        assert_fails(&gherkin, two, "2 criteria, at most 1 allowed");
        let wrong: AcceptanceCriteria = serde_json::from_str(r#"{"min": 3, "max": 1}"#).expect("parses");
        assert!(wrong.faults().is_some());
    }
}
