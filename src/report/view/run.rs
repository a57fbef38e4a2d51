use super::case::criterion_name;
use super::comparison::{Fact, half_name};
use super::measured::MeasuredView;
use crate::check::TARGET_SCORE;
use crate::run::{CONTAMINATED, Outcome, Record, Run};
use crate::suite::Split;
use crate::tally::{self, CaseTally, Rate, Standing};
use crate::words;
use serde::Serialize;
use std::collections::BTreeSet;

/// One version alone.
#[derive(Debug, Clone, Serialize)]
pub struct RunView {
    pub title: String,
    pub subtitle: String,
    pub headline: String,
    pub sentence: String,
    pub facts: Vec<Fact>,
    pub warnings: Vec<String>,
    /// Held-out first.
    pub halves: Vec<RunHalf>,
    pub failing: Vec<FailingView>,
    pub measured: MeasuredView,
}

#[derive(Debug, Clone, Serialize)]
pub struct RunHalf {
    pub half: &'static str,
    pub title: &'static str,
    /// Overall first, then categories.
    pub rows: Vec<RunRow>,
    /// What several answers to a case add, where cases repeat.
    pub repeats: Option<String>,
    pub criteria: Vec<RunCriterion>,
    pub checks: Vec<RunCheck>,
}

#[derive(Debug, Clone, Serialize)]
pub struct RunRow {
    pub name: String,
    pub overall: bool,
    pub cases: usize,
    pub passed: String,
    pub rate: String,
    pub range: String,
    pub score: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct RunCriterion {
    pub name: String,
    pub cases: usize,
    pub score: String,
    pub target: bool,
}

#[derive(Debug, Clone, Serialize)]
pub struct RunCheck {
    pub name: String,
    pub passed: String,
}

/// A case that fails, with the first reason.
#[derive(Debug, Clone, Serialize)]
pub struct FailingView {
    pub case: String,
    pub half: &'static str,
    pub check: String,
    pub reason: String,
}

/// `confidence`: how sure its intervals are.
pub fn run(run: &Run, confidence: f64) -> RunView {
    let tallies = tally::cases(run);
    let all: Vec<&CaseTally<'_>> = tallies.iter().filter(|case| case.counts).collect();
    let rate = tally::rate(&all, confidence);
    let suites: Vec<String> = run.manifest.suites.iter().map(|suite| suite.name.clone()).collect();
    let errors = tallies.iter().filter(|case| case.standing() == Standing::Unanswered).count();
    let unscored: Vec<&str> =
        all.iter().filter(|case| case.standing() == Standing::Unscored).map(|case| case.case).collect();
    let name = &run.manifest.version.name;
    RunView {
        title: name.clone(),
        subtitle: format!(
            "{} · {} · {}",
            words::day(run.manifest.started),
            words::count(tallies.len(), "case"),
            words::list_at_most(&suites, 6)
        ),
        headline: match rate.cases {
            0 => format!("{name} has no judged answers yet"),
            _ => format!("{name} passes {} of {}", rate.passed, words::count(rate.cases, "case")),
        },
        sentence: match rate.cases {
            0 => "Nothing can be said about it until a case has been answered and judged.".to_string(),
            _ => format!(
                "That is {}; with this many cases the true rate may lie anywhere from {}\u{a0}% ({} interval).",
                words::percent(rate.rate),
                rate.interval.percent_range(),
                words::percent_exact(confidence)
            ),
        },
        facts: facts(run, &all, rate.flaky, errors, unscored.len()),
        warnings: warnings(run, errors, &unscored),
        halves: [Split::HeldOut, Split::Dev].into_iter().filter_map(|split| half(&all, split, confidence)).collect(),
        failing: failing(&tallies),
        measured: MeasuredView::of_run(run, confidence),
    }
}

fn facts(run: &Run, all: &[&CaseTally<'_>], flaky: usize, errors: usize, unscored: usize) -> Vec<Fact> {
    let fact = |label: &str, value: String, detail: String| Fact { label: label.to_string(), value, detail };
    let (mut seconds, mut tokens, mut reused) = (0.0, 0, 0);
    for record in &run.records {
        if let Outcome::Judged { answer, reused: again, .. } | Outcome::Unscored { answer, reused: again, .. } =
            &record.outcome
        {
            seconds += answer.seconds;
            tokens += answer.output_tokens;
            reused += usize::from(*again);
        }
    }
    let score = tally::mean_score(all).map_or_else(|| "–".to_string(), words::decimal);
    let mut facts = vec![
        fact("Mean score", score, "of 1.00".to_string()),
        fact("Tokens written", words::thousands(tokens), format!("{} answering in all", words::duration(seconds))),
    ];
    if reused > 0 {
        facts.push(fact("Answers reused", words::thousands(reused), "from earlier runs".to_string()));
    }
    if flaky > 0 {
        facts.push(fact("Flaky cases", flaky.to_string(), "pass sometimes".to_string()));
    }
    if errors > 0 {
        facts.push(fact("Cases with an error", errors.to_string(), "count as neither".to_string()));
    }
    if unscored > 0 {
        facts.push(fact("Cases without a score", unscored.to_string(), "count as neither".to_string()));
    }
    facts
}

fn warnings(run: &Run, errors: usize, unscored: &[&str]) -> Vec<String> {
    let mut warnings = Vec::new();
    if run.manifest.finished.is_none() {
        let answers: u64 = run.manifest.cases.iter().map(|(_, repeat)| u64::from(*repeat)).sum();
        warnings.push(format!("This run is not finished: {} of {answers} answers are in.", run.records.len()));
    }
    let tagged = |record: &&Record| record.tags.iter().any(|tag| tag == CONTAMINATED);
    let seen: BTreeSet<&str> = run.records.iter().filter(tagged).map(|record| record.case.as_str()).collect();
    if !seen.is_empty() {
        let names: Vec<&str> = seen.into_iter().collect();
        let verb = if names.len() == 1 {
            "stands in the training data and counts"
        } else {
            "stand in the training data and count"
        };
        warnings.push(format!("{} {verb} for nothing: {}.", words::count(names.len(), "case"), names.join(", ")));
    }
    if errors > 0 {
        warnings
            .push(format!("{} could not be answered and are left out of every rate.", words::count(errors, "case")));
    }
    if !unscored.is_empty() {
        warnings.push(format!(
            "{} could not be scored, as every check was skipped or only measures, and {} left out of every rate: {}.",
            words::count(unscored.len(), "case"),
            words::either(unscored.len(), "is", "are"),
            unscored.join(", ")
        ));
    }
    warnings
}

fn half(all: &[&CaseTally<'_>], split: Split, confidence: f64) -> Option<RunHalf> {
    let cases: Vec<&CaseTally<'_>> = all.iter().copied().filter(|case| case.split == split).collect();
    if cases.is_empty() {
        return None;
    }
    let mut categories: Vec<&str> = cases.iter().map(|case| case.category).collect();
    categories.sort_unstable();
    categories.dedup();
    let by_category = categories.into_iter().map(|category| {
        let group: Vec<&CaseTally<'_>> = cases.iter().copied().filter(|case| case.category == category).collect();
        row(category, false, &group, confidence)
    });
    Some(RunHalf {
        half: half_name(split),
        title: match split {
            Split::HeldOut => "Held-out cases",
            Split::Dev => "Dev cases",
        },
        rows: std::iter::once(row("All cases", true, &cases, confidence)).chain(by_category).collect(),
        repeats: repeats(&tally::rate(&cases, confidence)),
        criteria: tally::criteria(&cases)
            .into_iter()
            .map(|(criterion, score, cases)| RunCriterion {
                name: criterion_name(criterion),
                cases,
                score: words::decimal(score),
                target: score >= TARGET_SCORE,
            })
            .collect(),
        checks: tally::checks(&cases)
            .into_iter()
            .map(|(name, trial)| RunCheck { name, passed: words::count_of(trial.passed, trial.of) })
            .collect(),
    })
}

fn repeats(rate: &Rate) -> Option<String> {
    let (any, every, k) = (rate.pass_at_k?, rate.pass_hat_k?, rate.k?);
    Some(format!(
        "Of {k} answers to a case at least one passes for {}, every one for {}; {} of the cases are flaky.",
        words::percent(any),
        words::percent(every),
        rate.flaky
    ))
}

fn row(name: &str, overall: bool, cases: &[&CaseTally<'_>], confidence: f64) -> RunRow {
    let rate = tally::rate(cases, confidence);
    RunRow {
        name: name.to_string(),
        overall,
        cases: cases.len(),
        passed: words::count_of(rate.passed, rate.cases),
        rate: if rate.cases == 0 { "–".to_string() } else { words::percent(rate.rate) },
        range: rate.interval.percent_range(),
        score: tally::mean_score(cases).map_or_else(|| "–".to_string(), words::decimal),
    }
}

fn failing(tallies: &[CaseTally<'_>]) -> Vec<FailingView> {
    let failing = tallies.iter().filter(|case| case.passes() == Some(false));
    let view = |case: &CaseTally<'_>| {
        let mut verdicts = case.records.iter().flat_map(|record| record.outcome.verdicts());
        let verdict = verdicts.find(|v| v.weight > 0.0 && v.verdict.score().is_some() && !v.verdict.passed());
        FailingView {
            case: case.case.to_string(),
            half: half_name(case.split),
            check: verdict.map(|v| v.check.clone()).unwrap_or_default(),
            reason: verdict.map(|v| words::clip(v.verdict.reason(), 140)).unwrap_or_default(),
        }
    };
    failing.map(view).collect()
}
