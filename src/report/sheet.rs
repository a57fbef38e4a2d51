//! A run's answers and a comparison's pairs as tables for spreadsheets, and a run as JSON for programs.

use super::clean;
use crate::check::Verdict;
use crate::compare::{CasePair, Comparison};
use crate::run::{Outcome, Record, Run};
use crate::suite::Split;
use crate::tally;
use engine::error::{Error, Result};
use serde_json::{Value, json};

const ANSWERS: [&str; 15] = [
    "run",
    "version",
    "case",
    "repeat",
    "category",
    "split",
    "weight",
    "outcome",
    "passed",
    "score",
    "seconds",
    "output_tokens",
    "failed_checks",
    "answer",
    "error",
];

const PAIRS: [&str; 11] = [
    "before",
    "after",
    "case",
    "category",
    "split",
    "cluster",
    "score_before",
    "score_after",
    "passed_before",
    "passed_after",
    "require",
];

/// Every answer of these runs, one a row with a header.
pub fn run_csv(runs: &[&Run]) -> Result<String> {
    let of = |run: &Run| -> Vec<Vec<String>> { run.records.iter().map(|record| answer(run, record)).collect() };
    written(&ANSWERS, runs.iter().flat_map(|run| of(run)))
}

/// Every case of these comparisons, one a row with a header; `passed_…` is the share of its answers that passed.
pub fn comparison_csv<'a>(comparisons: impl IntoIterator<Item = &'a Comparison>) -> Result<String> {
    let rows = |c: &'a Comparison| c.cases.iter().map(move |pair| row_of_pair(c, pair));
    written(&PAIRS, comparisons.into_iter().flat_map(rows))
}

fn answer(run: &Run, record: &Record) -> Vec<String> {
    let (outcome, passed, score) = stands(&record.outcome);
    let answer = record.outcome.answer();
    let error = match &record.outcome {
        Outcome::Error { message } => cell(message),
        _ => String::new(),
    };
    vec![
        cell(&run.manifest.id),
        cell(&run.manifest.version.name),
        cell(&record.case),
        record.repeat.to_string(),
        cell(&record.category),
        split(record.split).to_string(),
        record.weight.to_string(),
        outcome.to_string(),
        passed.map(|passed| passed.to_string()).unwrap_or_default(),
        number(score),
        number(answer.map(|answer| answer.seconds).filter(|seconds| seconds.is_finite())),
        answer.map(|answer| answer.output_tokens.to_string()).unwrap_or_default(),
        cell(&failed(record).map(|(check, _)| check).collect::<Vec<_>>().join(" ")),
        lines(answer.map_or("", |answer| &answer.text)),
        error,
    ]
}

fn row_of_pair(comparison: &Comparison, pair: &CasePair) -> Vec<String> {
    vec![
        cell(&comparison.a.label),
        cell(&comparison.b.label),
        cell(&pair.case),
        cell(&pair.category),
        split(pair.split).to_string(),
        cell(pair.cluster.as_deref().unwrap_or_default()),
        number(pair.a),
        number(pair.b),
        number(pair.a_passed),
        number(pair.b_passed),
        number(pair.require),
    ]
}

/// A run for programs: its figures, and every answer with the checks that failed it. The texts lie in its folder.
pub fn run_json(run: &Run) -> Value {
    let cases = tally::cases(run);
    let count = |standing: tally::Standing| cases.iter().filter(|case| case.standing() == standing).count();
    let all: Vec<&tally::CaseTally<'_>> = cases.iter().collect();
    let results: Vec<Value> = run.records.iter().map(result).collect();
    json!({
        "run": run.manifest.id,
        "version": run.manifest.version.name,
        "folder": run.folder,
        "started": run.manifest.started,
        "finished": run.manifest.finished,
        "cases": cases.len(),
        "passed": count(tally::Standing::Passes),
        "failed": count(tally::Standing::Fails),
        "unscored": count(tally::Standing::Unscored),
        "unanswered": count(tally::Standing::Unanswered),
        "mean_score": tally::mean_score(&all),
        "results": results,
    })
}

fn result(record: &Record) -> Value {
    let (outcome, passed, score) = stands(&record.outcome);
    let answer = record.outcome.answer();
    let checks: Vec<Value> = failed(record)
        .map(|(check, verdict)| json!({"check": check, "verdict": name(verdict), "reason": verdict.reason()}))
        .collect();
    json!({
        "case": record.case, "repeat": record.repeat, "category": record.category, "split": record.split,
        "outcome": outcome, "passed": passed, "score": score,
        "seconds": answer.map(|answer| answer.seconds), "output_tokens": answer.map(|answer| answer.output_tokens),
        "failed_checks": checks,
    })
}

fn stands(outcome: &Outcome) -> (&'static str, Option<bool>, Option<f64>) {
    match outcome {
        Outcome::Judged { passed, score, .. } => ("judged", Some(*passed), Some(*score)),
        Outcome::Unscored { .. } => ("unscored", None, None),
        Outcome::Error { .. } => ("error", None, None),
    }
}

/// Checks that failed the answer or broke on it.
fn failed(record: &Record) -> impl Iterator<Item = (&str, &Verdict)> {
    let wrong = |verdict: &Verdict| matches!(verdict, Verdict::Fail { .. } | Verdict::Error { .. });
    record
        .outcome
        .verdicts()
        .iter()
        .filter(move |judged| wrong(&judged.verdict))
        .map(|j| (j.check.as_str(), &j.verdict))
}

fn name(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Pass { .. } => "pass",
        Verdict::Fail { .. } => "fail",
        Verdict::Error { .. } => "error",
        Verdict::Skipped { .. } => "skipped",
    }
}

fn split(split: Split) -> &'static str {
    match split {
        Split::Dev => "dev",
        Split::HeldOut => "held-out",
    }
}

fn number(value: Option<f64>) -> String {
    value.map(|value| format!("{value:.6}")).unwrap_or_default()
}

/// One line of text that no spreadsheet takes for a formula.
pub(super) fn cell(text: &str) -> String {
    tame(clean::terminal(text))
}

/// The same of a text of several lines, which a quoted field can hold.
fn lines(text: &str) -> String {
    tame(text.lines().map(clean::terminal).collect::<Vec<_>>().join("\n"))
}

fn tame(text: String) -> String {
    if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text }
}

/// Rows below a header.
pub(super) fn written(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> Result<String> {
    let fail = |e: String| Error::input(format!("the table could not be written: {e}"));
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(header).map_err(|e| fail(e.to_string()))?;
    for row in rows {
        writer.write_record(row).map_err(|e| fail(e.to_string()))?;
    }
    let bytes = writer.into_inner().map_err(|e| fail(e.to_string()))?;
    String::from_utf8(bytes).map_err(|e| fail(e.to_string()))
}
