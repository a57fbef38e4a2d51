//! The decision in the terminal: every rule in a table, and a failure in ten lines.

use super::{subject, symbol, verdict};
use crate::gate::{Decision, Judged, Status};
use crate::report::clean::terminal;
use crate::report::layout::{Field, Layout, Style};
use crate::report::view::Tone;
use crate::words;

/// How many notes are listed; `gate.md` has them all.
const NOTES: usize = 5;
/// Failing rules that a failure tells of.
const RULES: usize = 4;

/// Every rule as lines of at most `width` columns (40 at least), the last one ended.
pub fn table(decision: &Decision, width: usize, colour: bool) -> String {
    let mut page = Layout::new(width, colour);
    let tone = if decision.passed { Tone::Better } else { Tone::Worse };
    let title = format!("{} ({})", verdict(decision), subject(decision));
    page.items(if decision.passed { "✓" } else { "✗" }, Style::Tone(tone), &[title]);
    page.space();
    let header = ["", "rule", "result"].map(|head| Field::words(head, Style::Muted));
    let rows = decision.rules.iter().map(|rule| {
        let style = Style::Tone(if rule.status == Status::Pass { Tone::Better } else { Tone::Worse });
        vec![
            Field::words(symbol(rule.status), style),
            Field::name(&rule.name(), Style::Plain, 24),
            Field::words(&rule.words, Style::Plain),
        ]
    });
    page.grid(&header, &rows.collect::<Vec<_>>());
    if !decision.notes.is_empty() {
        page.space();
        page.items("!", Style::Muted, &decision.notes[..decision.notes.len().min(NOTES)]);
    }
    if decision.notes.len() > NOTES {
        page.paragraph(&format!("  and {} more, see the report", decision.notes.len() - NOTES), Style::Muted);
    }
    page.text
}

/// Why the gate failed, in ten lines at most: the verdict, each failing rule with its figures and its cases, and where
/// the whole report lies. No line is longer than `width`, but for the report's path.
pub fn failure(decision: &Decision, report: &str, width: usize) -> String {
    let failing = decision.failing();
    // The word `error: ` stands before the first line.
    let mut lines = vec![words::clip(
        &terminal(&format!("{} ({})", verdict(decision), subject(decision))),
        width.saturating_sub(7),
    )];
    let shown = if failing.len() > RULES { RULES - 1 } else { RULES };
    for rule in failing.iter().take(shown) {
        lines.extend(of_rule(rule, width));
    }
    if failing.len() > shown {
        lines.push(format!("  and {} more rules", failing.len() - shown));
    }
    lines.push(format!("  report: {report}"));
    lines.join("\n")
}

/// One line for the rule and one for its cases; both for a rule that names none.
fn of_rule(rule: &Judged, width: usize) -> Vec<String> {
    let said = terminal(&format!("{} {}: {}", symbol(rule.status), rule.name(), rule.words));
    if !rule.cases.is_empty() {
        let said = format!("  {}", words::clip(&said, width.saturating_sub(2)));
        return vec![said, format!("    {}", cases(rule, width.saturating_sub(4)))];
    }
    let mut first = String::new();
    let mut rest = said.as_str();
    while let Some((word, after)) = rest.split_once(' ').or((!rest.is_empty()).then_some((rest, ""))) {
        if first.chars().count() + word.chars().count() + 3 > width {
            break;
        }
        first = format!("{first} {word}");
        rest = after;
    }
    let mut lines = vec![format!(" {first}")];
    if !rest.is_empty() {
        lines.push(format!("    {}", words::clip(rest, width.saturating_sub(4))));
    }
    lines
}

/// As many cases as fit, `and 7 more`.
fn cases(rule: &Judged, width: usize) -> String {
    let names: Vec<String> = rule.cases.iter().map(|case| terminal(&case.case)).collect();
    let fits = |most: &usize| words::list_at_most(&names, *most).chars().count() <= width;
    match (1..=names.len()).rev().find(fits) {
        Some(most) => words::list_at_most(&names, most),
        None => words::clip(&format!("{} and {} more", names[0], names.len() - 1), width),
    }
}
