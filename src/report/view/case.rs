use super::said::{SaidOf, SaidView};
use super::sides::{Sides, first_text};
use super::tone::{half_name, none};
use crate::check::Verdict;
use crate::compare::{CasePair, Comparison, enough};
use crate::provider::{Answer, Likelihood, Stop};
use crate::report::{answer, diff};
use crate::run::{Judged, Outcome, Record};
use crate::tally::{CaseTally, Standing};
use crate::words;
use minijinja::Value;
use serde::Serialize;
use std::collections::HashMap;

/// One case with its answers side by side.
#[derive(Debug, Clone, Serialize)]
pub struct CaseView {
    /// `case-12`: a number, since ids are written by people.
    pub anchor: String,
    pub id: String,
    pub category: String,
    /// `held-out` or `dev`.
    pub half: &'static str,
    /// Machine word for filter and style: improved, regressed, pass, fail, error.
    pub status: &'static str,
    pub symbol: &'static str,
    pub status_words: &'static str,
    pub excerpt: String,
    pub prompt: String,
    pub reference: Option<String>,
    pub tags: Vec<String>,
    /// `0.50 → 0.83`.
    pub scores: String,
    /// For sorting: score of the newest version, and change against the older one.
    pub score: f64,
    pub change: f64,
    pub sides: Vec<SideView>,
    /// Word-level differences of the first answers, where both exist and differ.
    pub diff: Option<Value>,
}

/// What one version made of a case.
#[derive(Debug, Clone, Serialize)]
pub struct SideView {
    pub label: String,
    /// `before` or `after`.
    pub class: &'static str,
    pub answers: Vec<AnswerView>,
}

#[derive(Debug, Clone, Serialize)]
pub struct AnswerView {
    /// `Answer 2 of 3`, where a case asks for several.
    pub repeat: Option<String>,
    pub error: Option<String>,
    pub html: Option<Value>,
    /// pass, fail, unscored or error, and the same in words.
    pub state: &'static str,
    pub state_words: &'static str,
    pub score: String,
    /// Cut off, reused, … each a few words.
    pub marks: Vec<&'static str>,
    pub work: String,
    pub checks: Vec<CheckView>,
    pub choices: Vec<ChoiceView>,
    /// What reviewers said of it.
    pub said: Vec<SaidView>,
}

#[derive(Debug, Clone, Serialize)]
pub struct CheckView {
    pub name: String,
    pub criterion: &'static str,
    /// pass, fail, error, skipped.
    pub state: &'static str,
    pub symbol: &'static str,
    pub score: Option<String>,
    pub reason: String,
    /// Weight 0: measured, without a say.
    pub measured_only: bool,
}

#[derive(Debug, Clone, Serialize)]
pub struct ChoiceView {
    pub text: String,
    /// Share of probability among the choices, in words and as a whole number of hundredths for the bar.
    /// "+0.42 nats", or a share of 100 in runs of before.
    pub figure: String,
    pub width: u32,
    pub picked: bool,
    pub right: bool,
}

/// The cases of a comparison, what is wrong first: lost, failing, not compared; then won and passing, each in the order
/// of the comparison. A case's anchor is `case-` and its place, from 1.
pub fn pair_cases(c: &Comparison, sides: &Sides<'_>, said: [SaidOf<'_>; 2]) -> Vec<CaseView> {
    let flips: HashMap<&str, bool> = c.flips.iter().map(|flip| (flip.case.as_str(), flip.improved)).collect();
    let status = |pair: &CasePair| pair_status(pair, flips.get(pair.case.as_str()).copied());
    let mut pairs: Vec<&CasePair> = c.cases.iter().collect();
    pairs.sort_by_key(|pair| {
        ["regressed", "fail", "error", "improved", "pass"].iter().position(|s| *s == status(pair).0)
    });
    let view = |(i, pair): (usize, &CasePair)| {
        let (before, after) = (sides.a(&pair.case), sides.b(&pair.case));
        let record = after.first().or(before.first());
        let (status, symbol, status_words) = status(pair);
        CaseView {
            anchor: format!("case-{}", i + 1),
            id: pair.case.clone(),
            category: pair.category.clone(),
            half: half_name(pair.split),
            status,
            symbol,
            status_words,
            excerpt: record.map(|r| words::clip(&r.prompt, 110)).unwrap_or_default(),
            prompt: record.map(|r| r.prompt.clone()).unwrap_or_default(),
            reference: record.and_then(|r| r.reference.clone()),
            tags: record.map(|r| r.tags.clone()).unwrap_or_default(),
            scores: format!("{} → {}", score_words(pair.a), score_words(pair.b)),
            score: pair.b.unwrap_or(-1.0),
            change: pair.b.unwrap_or(0.0) - pair.a.unwrap_or(0.0),
            sides: vec![side(&c.a.label, "before", before, &said[0]), side(&c.b.label, "after", after, &said[1])],
            diff: first_text(before)
                .zip(first_text(after))
                .and_then(|(a, b)| diff::words(a, b))
                .map(Value::from_safe_string),
        }
    };
    pairs.into_iter().enumerate().map(view).collect()
}

/// The cases of one run: those that fail first, then errors, then those without a score, then those that pass.
pub fn run_cases(label: &str, tallies: &[CaseTally<'_>], said: &SaidOf<'_>) -> Vec<CaseView> {
    let mut tallies: Vec<&CaseTally<'_>> = tallies.iter().collect();
    tallies.sort_by_key(|case| match case.standing() {
        Standing::Fails => 0,
        Standing::Unanswered => 1,
        Standing::Unscored => 2,
        Standing::Passes => 3,
    });
    let view = |(i, case): (usize, &CaseTally<'_>)| {
        let (status, symbol, status_words) = match case.standing() {
            Standing::Passes if case.flaky() => ("pass", "✓", "passes mostly"),
            Standing::Passes => ("pass", "✓", "passes"),
            Standing::Fails if case.passed.is_some_and(|share| share > 0.5) => ("fail", "✗", "passes too rarely"),
            Standing::Fails if case.flaky() => ("fail", "✗", "fails mostly"),
            Standing::Fails => ("fail", "✗", "fails"),
            Standing::Unscored => ("error", "–", "not scored"),
            Standing::Unanswered => ("error", "!", "no answer"),
        };
        let record = case.records.first();
        CaseView {
            anchor: format!("case-{}", i + 1),
            id: case.case.to_string(),
            category: case.category.to_string(),
            half: half_name(case.split),
            status,
            symbol,
            status_words,
            excerpt: record.map(|r| words::clip(&r.prompt, 110)).unwrap_or_default(),
            prompt: record.map(|r| r.prompt.clone()).unwrap_or_default(),
            reference: record.and_then(|r| r.reference.clone()),
            tags: record.map(|r| r.tags.clone()).unwrap_or_default(),
            scores: score_words(case.score),
            score: case.score.unwrap_or(-1.0),
            change: 0.0,
            sides: vec![side(label, "after", &case.records, said)],
            diff: None,
        }
    };
    tallies.into_iter().enumerate().map(view).collect()
}

fn pair_status(pair: &CasePair, flip: Option<bool>) -> (&'static str, &'static str, &'static str) {
    match (flip, pair.a_passed, pair.b_passed) {
        (Some(true), ..) => ("improved", "▲", "now passes"),
        (Some(false), ..) => ("regressed", "▼", "no longer passes"),
        (None, None, _) | (None, _, None) => ("error", "!", "not compared"),
        (None, Some(_), Some(after)) if enough(after, pair.require) => ("pass", "✓", "both pass"),
        _ => ("fail", "✗", "both fail"),
    }
}

fn score_words(score: Option<f64>) -> String {
    score.map_or_else(none, words::decimal)
}

fn side(label: &str, class: &'static str, records: &[&Record], said: &SaidOf<'_>) -> SideView {
    let several = records.len() > 1;
    let answers = records.iter().enumerate().map(|(i, record)| {
        let mut view = answer_view(record);
        view.said = said.of(&record.case, record.repeat);
        view.repeat = several.then(|| format!("Answer {} of {}", i + 1, records.len()));
        view
    });
    // Of `auto`, who answered in its place.
    let label = match records.first().and_then(|record| record.version.as_ref()) {
        Some(version) => format!("{label}: {version}"),
        None => label.to_string(),
    };
    SideView { label, class, answers: answers.collect() }
}

fn answer_view(record: &Record) -> AnswerView {
    let (score, (state, state_words), reused) = match &record.outcome {
        Outcome::Judged { score, passed: true, reused, .. } => (Some(*score), ("pass", "✓ passes"), *reused),
        Outcome::Judged { score, passed: false, reused, .. } => (Some(*score), ("fail", "✗ fails"), *reused),
        Outcome::Unscored { reused, .. } => (None, ("unscored", "– not scored"), *reused),
        Outcome::Error { .. } => (None, ("error", "! no answer"), false),
    };
    let answer = record.outcome.answer();
    let written = answer.filter(|answer| answer.stop != Stop::Scored);
    AnswerView {
        repeat: None,
        error: match &record.outcome {
            Outcome::Error { message } => Some(message.clone()),
            _ => None,
        },
        html: written.map(|answer| Value::from_safe_string(answer::render(&answer.text))),
        state,
        state_words,
        score: score_words(score),
        marks: answer.map(|answer| marks(answer, reused)).unwrap_or_default(),
        work: answer.map(work).unwrap_or_default(),
        checks: record.outcome.verdicts().iter().map(check_view).collect(),
        choices: answer.map(|answer| choices(answer, record.reference.as_deref())).unwrap_or_default(),
        said: Vec::new(),
    }
}

fn marks(answer: &Answer, reused: bool) -> Vec<&'static str> {
    let mut marks = Vec::new();
    if answer.text.trim().is_empty() {
        marks.push("empty answer");
    }
    if answer.stop == Stop::Length {
        marks.push("cut off at the longest length");
    }
    if reused {
        marks.push("answer reused from an earlier run");
    }
    marks
}

fn work(answer: &Answer) -> String {
    let mut parts = Vec::new();
    if answer.stop != Stop::Scored {
        parts.push(words::count(answer.output_tokens, "token"));
    }
    parts.push(words::duration(answer.seconds));
    parts.extend(answer.reference_nll.map(|nll| format!("reference {} nats a token", words::decimal(nll))));
    parts.join(" · ")
}

fn check_view(judged: &Judged) -> CheckView {
    let (state, symbol) = match judged.verdict {
        Verdict::Pass { .. } => ("pass", "✓"),
        Verdict::Fail { .. } => ("fail", "✗"),
        Verdict::Error { .. } => ("error", "!"),
        Verdict::Skipped { .. } => ("skipped", "–"),
    };
    CheckView {
        name: judged.check.clone(),
        criterion: judged.criterion.name(),
        state,
        symbol,
        // A plain 0 or 1 says no more than the symbol does.
        score: judged.verdict.score().filter(|s| *s > 0.0 && *s < 1.0).map(words::decimal),
        reason: judged.verdict.reason().to_string(),
        measured_only: judged.weight == 0.0,
    }
}

/// What was weighed, each text with what the question adds to its likelihood, or its share where that is not known.
fn choices(answer: &Answer, right: Option<&str>) -> Vec<ChoiceView> {
    let of = |text: &Likelihood| text.gain().unwrap_or(text.log_prob);
    let most = answer.likelihoods.iter().map(of).fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = answer.likelihoods.iter().map(|text| (of(text) - most).exp()).collect();
    let sum: f64 = weights.iter().sum();
    let share = |weight: f64| if sum > 0.0 { weight / sum } else { 0.0 };
    let view = |(choice, weight): (&Likelihood, f64)| ChoiceView {
        text: choice.text.clone(),
        figure: match choice.gain() {
            Some(gain) => format!("{} nats", words::signed(gain)),
            None => words::percent(share(weight)),
        },
        width: (share(weight) * 100.0).round() as u32,
        picked: choice.text == answer.text,
        right: right.is_some_and(|text| text.trim() == choice.text.trim()),
    };
    answer.likelihoods.iter().zip(weights).map(view).collect()
}
