//! The decision as a comment on a pull request, and as the summary of a CI step.

use super::{subject, symbol, verdict};
use crate::gate::{Decision, Judged};
use crate::report::markdown;
use crate::words;
use engine::error::Result;
use serde::Serialize;

/// The hidden first line, by which a workflow finds the comment it wrote before.
pub const MARKER: &str = "<!-- pmtune gate -->";

/// Cases named for one rule; the report has them all.
const CASES: usize = 10;

#[derive(Serialize)]
struct Page<'a> {
    marker: minijinja::Value,
    symbol: &'static str,
    verdict: String,
    subject: String,
    rules: Vec<Row>,
    named: Vec<Named>,
    comparison: Option<&'a str>,
    notes: &'a [String],
    runs: String,
}

#[derive(Serialize)]
struct Row {
    symbol: &'static str,
    name: String,
    words: String,
}

#[derive(Serialize)]
struct Named {
    rule: String,
    cases: Vec<String>,
    more: usize,
}

/// Short Markdown: the verdict, the rules, and folded away the cases they failed for. Names and words are escaped, so
/// that no case id or check can make markup or mention anyone.
pub fn markdown(decision: &Decision) -> Result<String> {
    let row = |rule: &Judged| Row { symbol: symbol(rule.status), name: rule.name(), words: rule.words.clone() };
    let named = |rule: &Judged| {
        let cases: Vec<String> = rule.cases.iter().map(|case| format!("{}: {}", case.case, case.words)).collect();
        (!cases.is_empty()).then(|| Named {
            rule: rule.name(),
            more: cases.len().saturating_sub(CASES),
            cases: cases.into_iter().take(CASES).collect(),
        })
    };
    let runs: Vec<String> = std::iter::once(&decision.candidate)
        .chain(&decision.baseline)
        .map(|contender| format!("{} is run {}", contender.label, contender.run))
        .collect();
    let page = Page {
        marker: minijinja::Value::from_safe_string(MARKER.to_string()),
        symbol: if decision.passed { "✓" } else { "✗" },
        verdict: verdict(decision),
        subject: subject(decision),
        rules: decision.rules.iter().map(row).collect(),
        named: decision.rules.iter().filter_map(named).collect(),
        comparison: decision.comparison.as_deref(),
        notes: &decision.notes,
        runs: words::list(&runs),
    };
    markdown::page("gate.md", &page)
}
