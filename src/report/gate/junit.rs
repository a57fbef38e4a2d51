//! JUnit XML as Jenkins, GitLab and others read it: a test suite for the gate with a test for each rule, and one for
//! each of our suites with a test for each case. Rules and the cases of `must-pass` alone can fail, so that a gate that is
//! passed shows no failed test; what other cases fail by is their output.
//!
//! A time stands only where it is one answer's own: a model in this process writes many at a time. The time of the whole
//! is the run's by the clock.
//!
//! It keeps to the attributes of the schema that Jenkins publishes; `disabled` and `assertions`, which some writers add,
//! are refused by it.

use crate::gate::{Decision, Judged, Status};
use crate::report::templates;
use crate::run::{Outcome, Run};
use crate::tally::{self, CaseTally, Standing};
use crate::words;
use engine::error::Result;
use serde::Serialize;
use std::collections::BTreeSet;

/// The rule whose cases fail by themselves.
const MUST_PASS: &str = "must-pass";

#[derive(Serialize)]
struct Page {
    name: String,
    tests: usize,
    failures: usize,
    errors: usize,
    time: String,
    suites: Vec<TestSuite>,
}

#[derive(Serialize)]
struct TestSuite {
    name: String,
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
    timestamp: String,
    cases: Vec<TestCase>,
}

#[derive(Serialize)]
struct TestCase {
    class: String,
    name: String,
    /// Empty where nobody knows it.
    time: String,
    /// `failure`, `error` or `skipped`; empty for a test that passes.
    outcome: &'static str,
    /// What sort of failure.
    sort: &'static str,
    message: String,
    text: String,
}

/// The decision and every case of the candidate's run as JUnit XML.
pub fn junit(decision: &Decision, run: &Run) -> Result<String> {
    let tallies = tally::cases(run);
    let timestamp = decision.created.strftime("%Y-%m-%dT%H:%M:%S").to_string();
    let mut suites = vec![suite("gate", decision.rules.iter().map(rule).collect(), &timestamp)];
    let must_pass = decision.rules.iter().filter(|rule| rule.rule == MUST_PASS && rule.status != Status::Pass);
    let must_pass: BTreeSet<&str> = must_pass.flat_map(|rule| &rule.cases).map(|case| case.case.as_str()).collect();
    // What runs in this process has a template.
    let alone = run.manifest.version.template.is_none();
    let case = |case: &CaseTally<'_>| of_case(case, must_pass.contains(case.case), alone);
    for name in run.manifest.suites.iter().map(|suite| suite.name.as_str()) {
        let of = |case: &&CaseTally<'_>| case.case.split_once('/').is_some_and(|(suite, _)| suite == name);
        suites.push(suite(name, tallies.iter().filter(of).map(case).collect(), &timestamp));
    }
    let manifest = &run.manifest;
    let seconds = manifest.finished.map_or(0.0, |finished| finished.duration_since(manifest.started).as_secs_f64());
    let page = Page {
        name: format!("pmtune gate: {}", decision.candidate.label),
        tests: suites.iter().map(|suite| suite.tests).sum(),
        failures: suites.iter().map(|suite| suite.failures).sum(),
        errors: suites.iter().map(|suite| suite.errors).sum(),
        time: time(seconds),
        suites,
    };
    templates::render("junit.xml", &page)
}

fn suite(name: &str, cases: Vec<TestCase>, timestamp: &str) -> TestSuite {
    let count = |outcome| cases.iter().filter(|case| case.outcome == outcome).count();
    TestSuite {
        name: name.to_string(),
        tests: cases.len(),
        failures: count("failure"),
        errors: count("error"),
        skipped: count("skipped"),
        timestamp: timestamp.to_string(),
        cases,
    }
}

fn rule(rule: &Judged) -> TestCase {
    let cases: Vec<String> = rule.cases.iter().map(|case| format!("{}: {}", case.case, case.words)).collect();
    let (outcome, sort) = match rule.status {
        Status::Pass => ("", ""),
        Status::Fail => ("failure", "rule"),
        Status::Unjudged => ("error", "unjudged"),
    };
    TestCase {
        class: "gate".to_string(),
        name: rule.name(),
        time: String::new(),
        outcome,
        sort,
        message: rule.words.clone(),
        text: cases.join("\n"),
    }
}

fn of_case(case: &CaseTally<'_>, must_pass: bool, alone: bool) -> TestCase {
    let (suite, id) = case.case.split_once('/').unwrap_or(("", case.case));
    let (outcome, sort, message) = match case.standing() {
        _ if !case.counts => ("skipped", "weight", "counts for nothing".to_string()),
        Standing::Passes => ("", "", String::new()),
        Standing::Fails if must_pass => ("failure", "case", share(case)),
        Standing::Unanswered if must_pass => ("error", "answer", "no answer".to_string()),
        Standing::Unscored => ("skipped", "unscored", "no check could score it".to_string()),
        Standing::Fails => ("", "", format!("does not pass: {}", share(case))),
        Standing::Unanswered => ("", "", "no answer".to_string()),
    };
    let answers = case.records.iter().filter_map(|record| record.outcome.answer());
    let seconds: f64 = answers.map(|answer| answer.seconds).sum();
    TestCase {
        class: suite.to_string(),
        name: id.to_string(),
        time: if alone && seconds > 0.0 { time(seconds) } else { String::new() },
        outcome,
        sort,
        text: match (outcome, case.standing()) {
            ("failure" | "error", _) => reasons(case),
            ("", Standing::Fails | Standing::Unanswered) => format!("{message}\n{}", reasons(case)),
            _ => String::new(),
        },
        message,
    }
}

fn share(case: &CaseTally<'_>) -> String {
    let (passed, of) = (case.passed_answers(), case.replies.len());
    let score = case.score.unwrap_or(0.0);
    match of {
        1 => format!("score {score:.2}"),
        _ => format!("{passed} of {} pass, score {score:.2}", words::count(of, "answer")),
    }
}

/// What each answer failed by.
fn reasons(case: &CaseTally<'_>) -> String {
    let mut lines = Vec::new();
    for record in &case.records {
        let at = if case.records.len() > 1 { format!("answer {}: ", record.repeat + 1) } else { String::new() };
        if let Outcome::Error { message } = &record.outcome {
            lines.push(format!("{at}{message}"));
        }
        let verdicts = record.outcome.verdicts().iter();
        let failed = verdicts.filter(|v| v.weight > 0.0 && !v.verdict.passed() && v.verdict.score().is_some());
        lines.extend(failed.map(|v| format!("{at}{}: {}", v.check, v.verdict.reason())));
    }
    lines.join("\n")
}

fn time(seconds: f64) -> String {
    format!("{seconds:.3}")
}
