//! One version alone, in words and figures.

use super::case::CaseView;
use super::criteria::{CAPTION, unmeasured};
use super::measured::MeasuredView;
use super::page::{ASKED, Fact, HalfView, Item, ListView, Notice, VerdictView, View};
use super::table::{Cell, Column, Room, Row, Table};
use super::tone::{Tone, half_name, half_title, none};
use crate::check::Criterion;
use crate::run::{Answering, CONTAMINATED, Record, Run};
use crate::suite::Split;
use crate::tally::{self, CaseTally, Rate, Reply, Standing, Trial};
use crate::words;
use std::collections::{BTreeSet, HashMap};

/// `cases` are those of the run as the page shows them, for their anchors; `confidence` is how sure its intervals are.
pub fn run(label: &str, run: &Run, confidence: f64, tallies: &[CaseTally<'_>], cases: &[CaseView]) -> View {
    let all: Vec<&CaseTally<'_>> = tallies.iter().filter(|case| case.counts).collect();
    let suites: Vec<&str> = run.manifest.suites.iter().map(|suite| suite.name.as_str()).collect();
    let errors = tallies.iter().filter(|case| case.standing() == Standing::Unanswered).count();
    let unscored = all.iter().filter(|case| case.standing() == Standing::Unscored);
    let unscored: Vec<&str> = unscored.map(|case| case.case).collect();
    let warnings = warnings(run, errors, &unscored);
    // One half only: mixed, learning would look like proof.
    let judged = |case: &CaseTally<'_>| matches!(case.standing(), Standing::Passes | Standing::Fails);
    let held_out = all.iter().any(|case| case.split == Split::HeldOut && judged(case));
    let headline = if held_out { Split::HeldOut } else { Split::Dev };
    let first: Vec<&CaseTally<'_>> = all.iter().copied().filter(|case| case.split == headline).collect();
    View {
        kind: "Evaluation",
        title: label.to_string(),
        subtitle: format!(
            "{} · {} · {}",
            words::day(run.manifest.started),
            words::count(tallies.len(), "case"),
            words::list_at_most(&suites, 6)
        ),
        verdict: verdict(label, headline, &first, confidence),
        facts: facts(run, headline, &first),
        notices: Notice::all([("Before you rely on this", warnings), (ASKED, run.manifest.notes.clone())]),
        better: Vec::new(),
        worse: Vec::new(),
        nothing: None,
        named: "Failing cases",
        lists: vec![failing(tallies, cases)],
        excerpts: Vec::new(),
        halves: [Split::HeldOut, Split::Dev].into_iter().filter_map(|split| half(tallies, split, confidence)).collect(),
        measured: MeasuredView::of_run(label, run, errors, confidence),
    }
}

/// What the cases of one half say.
fn verdict(label: &str, half: Split, cases: &[&CaseTally<'_>], confidence: f64) -> VerdictView {
    let (written, weighed) = (tally::rate(cases, confidence), tally::preference(cases, confidence));
    let of = |rate: &Rate, kind: &str| {
        let noun = if written.cases > 0 && weighed.cases > 0 { kind } else { "" };
        format!("{} of {}", rate.passed, words::count(rate.cases, &format!("{}{noun} case", half_name(half))))
    };
    let passes = (written.cases > 0).then(|| format!("passes {}", of(&written, " written")));
    let prefers = (weighed.cases > 0).then(|| format!("prefers the reference in {}", of(&weighed, " weighed")));
    let said: Vec<String> = passes.into_iter().chain(prefers).collect();
    let headline = match said.as_slice() {
        [] => format!("{label} has no judged answers yet"),
        said => format!("{label} {}", words::list(said)),
    };
    let rate = if written.cases > 0 { written } else { weighed };
    VerdictView {
        tone: None,
        symbol: "",
        words: "",
        title: headline.clone(),
        headline,
        sentence: match rate.cases {
            0 => "Nothing can be said about it until a case has been answered and judged.".to_string(),
            _ => format!(
                "That is {}; with this many cases the true rate may lie anywhere from {}\u{a0}% ({} interval).",
                words::percent(rate.rate),
                rate.interval.percent_range(),
                words::percent_exact(confidence)
            ),
        },
    }
}

fn facts(run: &Run, half: Split, cases: &[&CaseTally<'_>]) -> Vec<Fact> {
    let work = Answering::of(run);
    let flaky = cases.iter().filter(|case| case.flaky()).count();
    let score = tally::mean_score(cases).map_or_else(none, words::decimal);
    let mut facts = vec![Fact::new("Mean score", score, format!("of 1.00, {} cases", half_name(half)))];
    if flaky > 0 {
        facts.push(Fact::new("Flaky cases", flaky.to_string(), format!("{}; pass sometimes", half_name(half))));
    }
    if let Some(speed) = work.tokens_per_second() {
        let detail = format!("whole run: {} tokens, {speed:.0} a second", words::thousands(work.tokens));
        facts.push(Fact::new("Time answering", words::duration(work.seconds), detail));
    }
    if work.reused > 0 {
        facts.push(Fact::new("Answers reused", words::thousands(work.reused), "from earlier runs, in no time"));
    }
    facts
}

fn warnings(run: &Run, errors: usize, unscored: &[&str]) -> Vec<String> {
    let mut warnings = Vec::new();
    if run.manifest.finished.is_none() {
        let answers = run.manifest.cases.iter().map(|(_, repeat)| *repeat as usize).sum();
        warnings.push(format!(
            "This run is not finished: {} of {} are in.",
            run.records.len(),
            words::count(answers, "answer")
        ));
    }
    if let Some(part) = &run.manifest.shard {
        warnings.push(format!(
            "This is {}: {} of {}. It decides nothing until all are merged: pmtune runs merge RUN RUN.",
            part.shard.words(),
            run.manifest.cases.len(),
            words::count(part.cases.len(), "case")
        ));
    }
    let tagged = |record: &&Record| record.tags.iter().any(|tag| tag == CONTAMINATED);
    let seen: BTreeSet<&str> = run.records.iter().filter(tagged).map(|record| record.case.as_str()).collect();
    if !seen.is_empty() {
        let names: Vec<&str> = seen.into_iter().collect();
        let verb = words::either(
            names.len(),
            "stands in the training data and counts",
            "stand in the training data and count",
        );
        warnings.push(format!("{} {verb} for nothing: {}.", words::count(names.len(), "case"), names.join(", ")));
    }
    if errors > 0 {
        warnings.push(format!(
            "{} could not be answered and {} left out of every rate.",
            words::count(errors, "case"),
            words::either(errors, "is", "are")
        ));
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

/// The cases of a half, or one of their categories.
pub struct RunGroup {
    pub name: String,
    pub rate: Rate,
    score: Option<f64>,
    /// How often the reference is preferred, and by how many nats a token.
    preference: Rate,
    margin: Option<f64>,
}

/// Above what likelihoods say.
pub const KNOWLEDGE: &str = "Knowledge: the reference preferred to every bad answer";

/// All counting cases of a half first, then its categories; nothing where the half has none.
pub fn run_groups(tallies: &[CaseTally<'_>], split: Split, confidence: f64) -> Vec<RunGroup> {
    let cases = counting(tallies, split);
    let group = |name: &str, cases: &[&CaseTally<'_>]| RunGroup {
        name: name.to_string(),
        rate: tally::rate(cases, confidence),
        score: tally::mean_score(cases),
        preference: tally::preference(cases, confidence),
        margin: tally::mean(cases, |case| case.mean(Reply::margin)).map(|(mean, _)| mean),
    };
    if cases.is_empty() {
        return Vec::new();
    }
    let categories: BTreeSet<&str> = cases.iter().map(|case| case.category).collect();
    let by_category = categories.into_iter().map(|category| {
        let of: Vec<&CaseTally<'_>> = cases.iter().copied().filter(|case| case.category == category).collect();
        group(category, &of)
    });
    std::iter::once(group("All cases", &cases)).chain(by_category).collect()
}

fn counting<'a>(tallies: &'a [CaseTally<'a>], split: Split) -> Vec<&'a CaseTally<'a>> {
    tallies.iter().filter(|case| case.counts && case.split == split).collect()
}

fn half(tallies: &[CaseTally<'_>], split: Split, confidence: f64) -> Option<HalfView> {
    let groups = run_groups(tallies, split, confidence);
    let all = groups.first()?;
    let cases = counting(tallies, split);
    let criteria = tally::criteria(&cases);
    Some(HalfView {
        half: half_name(split),
        title: half_title(split),
        lead: "",
        summary: format!("{} passed", all.rate.words()),
        cases: cases.len(),
        evidence: None,
        groups: group_table(&groups, |group| &group.rate, |group| group.score.map(words::decimal), "Mean score"),
        knowledge: group_table(
            &groups,
            |group| &group.preference,
            |group| group.margin.map(words::signed),
            "Margin, nats a token",
        )
        .map(|table| Table { caption: KNOWLEDGE.to_string(), ..table }),
        power: None,
        notes: repeats(&all.rate).into_iter().collect(),
        unmeasured: unmeasured(criteria.iter().map(|(criterion, ..)| *criterion)),
        criteria: self::criteria(&criteria).filled(),
        checks: checks(&cases).filled(),
    })
}

/// What several answers to a case add, where cases repeat.
fn repeats(rate: &Rate) -> Option<String> {
    let (any, every, k) = (rate.pass_at_k?, rate.pass_hat_k?, rate.k?);
    Some(format!(
        "Of {k} answers to a case at least one passes for {}, every one for {}; {} flaky.",
        words::percent(any),
        words::percent(every),
        words::count(rate.flaky, "case") + words::either(rate.flaky, " is", " are")
    ))
}

/// One kind of evidence, of the groups that hold any.
fn group_table(
    groups: &[RunGroup],
    rate: impl Fn(&RunGroup) -> &Rate,
    mean: impl Fn(&RunGroup) -> Option<String>,
    head: &str,
) -> Option<Table> {
    let columns = vec![
        Column::words("Category"),
        Column::figures("Cases").on(Room::Written),
        Column::figures("Passed"),
        Column::figures("Rate"),
        Column::figures(head),
    ];
    let row = |(i, group): (usize, &RunGroup)| {
        let rate = rate(group);
        Row::new(vec![
            Cell::new(&group.name),
            Cell::new(rate.cases.to_string()),
            Cell::new(rate.count()),
            Cell::new(words::percent(rate.rate)).range(rate.interval.percent_range()),
            Cell::new(mean(group).unwrap_or_else(none)),
        ])
        .strong(i == 0)
    };
    let rows = groups.iter().enumerate().filter(|(_, group)| rate(group).cases > 0).map(row).collect();
    Table::new("", columns, rows).filled()
}

fn criteria(criteria: &[(Criterion, f64, usize)]) -> Table {
    let row = |(criterion, score, cases): &(Criterion, f64, usize)| {
        Row::new(vec![Cell::new(criterion.name()), Cell::new(cases.to_string()), Cell::new(words::percent(*score))])
    };
    let columns =
        vec![Column::words("Criterion").short("checks of"), Column::figures("Cases"), Column::figures("Passed")];
    Table::new(CAPTION, columns, criteria.iter().map(row).collect())
}

/// The checks that fail most come first.
fn checks(cases: &[&CaseTally<'_>]) -> Table {
    let mut found: Vec<(String, Trial)> = tally::checks(cases).into_iter().collect();
    found.sort_by_key(|(_, trial)| std::cmp::Reverse(trial.of - trial.passed));
    let row = |(name, trial): (String, Trial)| Row::new(vec![Cell::code(name), Cell::new(trial.count())]);
    let columns = vec![Column::words("Check"), Column::figures("Passed")];
    Table::new("Checks, times passed; those that fail most first", columns, found.into_iter().map(row).collect())
}

/// Every case that fails, held-out ones first, with the first reason.
fn failing(tallies: &[CaseTally<'_>], cases: &[CaseView]) -> ListView {
    let anchors: HashMap<&str, &str> = cases.iter().map(|case| (case.id.as_str(), case.anchor.as_str())).collect();
    let item = |case: &CaseTally<'_>| {
        let mut verdicts = case.records.iter().flat_map(|record| record.outcome.verdicts());
        let verdict = verdicts.find(|v| v.weight > 0.0 && v.verdict.score().is_some() && !v.verdict.passed());
        Item {
            anchor: anchors.get(case.case).map(ToString::to_string).unwrap_or_default(),
            case: case.case.to_string(),
            half: half_name(case.split),
            checks: verdict.map(|v| v.check.clone()).into_iter().collect(),
            reason: verdict.map(|v| words::clip(v.verdict.reason(), 140)).unwrap_or_default(),
        }
    };
    let mut failing: Vec<&CaseTally<'_>> = tallies.iter().filter(|case| case.passes() == Some(false)).collect();
    failing.sort_by_key(|case| case.split != Split::HeldOut);
    let items = failing.into_iter().map(item).collect();
    ListView { title: "Failing", tone: Tone::Worse, symbol: "✗", items, empty: "No case fails." }
}
