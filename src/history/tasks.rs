//! The performance log: how the newest version does on each task (a category of cases), whether it got better, and what
//! needs more training data.
//!
//! Gaps are looked for on dev cases alone. A held-out case is never named here: examples written for it would end its
//! use as a test.

use super::line::{Line, number};
use super::measure::People;
use super::series::{Group, History, Kind, Point, Series, Source, Standing};
use super::trends::{Comparisons, Look, Trend, trends};
use crate::check::{Criterion, TARGET_SCORE};
use crate::compare::{Settings, Trial};
use crate::suite::Split;
use crate::tally::{self, CaseTally};
use crate::words;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A task of which fewer dev cases pass than this share needs more data.
const LOW_RATE: f64 = 0.5;
/// A criterion of which a smaller share of checks pass needs work.
const LOW_SHARE: f64 = 0.75;
/// A category with fewer training examples than these has hardly been taught.
const FEW_EXAMPLES: usize = 20;

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Log {
    /// The newest version.
    pub version: String,
    pub label: String,
    /// The half that claims rest on: held-out where there are such cases.
    pub half: Split,
    /// Over all cases of that half.
    pub overall: Option<Trend>,
    /// What needs more data first; among those the lowest rate first.
    pub tasks: Vec<Task>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Task {
    /// The category.
    pub name: String,
    pub held_out: Option<Reading>,
    pub dev: Option<Reading>,
    pub trend: Trend,
    /// Checks that failed on dev cases, most often first.
    pub failed_checks: Vec<(String, Trial)>,
    /// Dev cases that do not pass.
    pub failing: Vec<String>,
    /// Training examples in the folder of the same name, where there is one.
    pub examples: Option<usize>,
    /// Why the task needs more training data; empty where it does not.
    pub needs: Vec<String>,
}

/// What the newest run of the version says of a task.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Reading {
    pub rate: Point,
    pub score: Point,
}

/// The performance log of `history`, which was made of the same `sources`. `examples` counts training examples by
/// category. `None` without a run.
pub fn log(
    sources: &[Source],
    history: &History,
    examples: &BTreeMap<String, usize>,
    settings: &Settings,
) -> Option<Log> {
    let newest = newest(history)?;
    let mut comparisons = Comparisons::new(sources, history, settings);
    let names: BTreeSet<&str> = history
        .series
        .iter()
        .filter_map(|series| match &series.group {
            Group::Category(name) => Some(name.as_str()),
            _ => None,
        })
        .collect();
    let mut looks: Vec<Look> = Vec::new();
    let tasks = names.into_iter().filter_map(|name| {
        let at = |half| reading(history, half, &Group::Category(name.to_string()), newest);
        let (held_out, dev) = (at(Split::HeldOut), at(Split::Dev));
        let half = if held_out.is_some() { Split::HeldOut } else { Split::Dev };
        let point = held_out.or(dev)?.score;
        looks.push(comparisons.look(half, &Group::Category(name.to_string()), point, newest));
        let examples = examples.get(name).copied();
        let mut task = Task {
            name: name.to_string(),
            held_out,
            dev,
            trend: Trend::default(),
            failed_checks: Vec::new(),
            failing: Vec::new(),
            examples,
            needs: Vec::new(),
        };
        if let Some(dev) = dev {
            gaps(&mut task, &sources[dev.rate.run], &dev.rate);
        }
        Some(task)
    });
    let mut tasks: Vec<Task> = tasks.collect();
    let half = history.halves().first().copied()?;
    let whole = reading(history, half, &Group::All, newest);
    let whole = whole.map(|reading| comparisons.look(half, &Group::All, reading.score, newest));
    let (overall, trends) = trends(whole, looks, settings);
    for (task, trend) in tasks.iter_mut().zip(trends) {
        task.trend = trend;
    }
    let rate = |task: &Task| task.dev.or(task.held_out).map_or(1.0, |reading| reading.rate.value);
    tasks.sort_by(|a, b| (a.needs.is_empty()).cmp(&b.needs.is_empty()).then(rate(a).total_cmp(&rate(b))));
    let label = history.runs.iter().find(|run| run.version == newest).map(|run| run.label.clone());
    Some(Log { version: newest.to_string(), label: label.unwrap_or_default(), half, overall, tasks })
}

/// The version with the highest number; without numbers, that of the last run.
fn newest(history: &History) -> Option<&str> {
    let line = Line(history.line.clone());
    let numbered = history.runs.iter().filter_map(|run| Some((number(&line, &run.version)?, run.version.as_str())));
    let highest = numbered.max_by_key(|(number, _)| *number).map(|(_, name)| name);
    highest.or_else(|| history.runs.last().map(|run| run.version.as_str()))
}

/// The last whole run of the version on a group of cases; a partial one only where there is no other.
fn reading(history: &History, half: Split, group: &Group, version: &str) -> Option<Reading> {
    let of = |kind| history.find(half, group, kind);
    let own = |series: &Series| {
        let mine = series.points.iter().filter(|point| history.runs[point.run].version == version);
        let mine: Vec<Point> = mine.copied().collect();
        mine.iter().rfind(|point| point.standing == Standing::Current).or(mine.last()).copied()
    };
    Some(Reading { rate: own(of(Kind::PassRate)?)?, score: own(of(Kind::Score)?)? })
}

/// What the dev cases of a run show about a task.
fn gaps(task: &mut Task, source: &Source, rate: &Point) {
    let tallies = tally::cases(&source.run);
    let cases: Vec<&CaseTally<'_>> =
        tallies.iter().filter(|c| c.counts && c.split == Split::Dev && c.category == task.name).collect();
    task.failing = cases.iter().filter(|c| c.passes() == Some(false)).map(|c| c.case.to_string()).collect();
    task.failed_checks = tally::checks(&cases).into_iter().filter(|(_, trial)| trial.passed < trial.of).collect();
    let failed = |trial: &Trial| trial.of - trial.passed;
    task.failed_checks.sort_by(|a, b| failed(&b.1).cmp(&failed(&a.1)).then_with(|| a.0.cmp(&b.0)));
    if rate.value < LOW_RATE {
        let passed = (rate.value * rate.n as f64).round();
        task.needs.push(format!("passes {passed} of {}", words::count(rate.n, "dev case")));
    }
    let people = People::of(source);
    let shares = |case: &CaseTally<'_>, criterion| case.passed_share(criterion);
    let rated = |case: &CaseTally<'_>, criterion| people.points(case.case, criterion);
    task.needs.extend(below("fewer than 3 of 4 checks pass", LOW_SHARE, &cases, shares, words::percent));
    let points = |x: f64| format!("{x:.1}");
    task.needs.extend(below("below 4 of 5 by people", TARGET_SCORE, &cases, rated, points));
    if let Some(count) = task.examples.filter(|count| *count < FEW_EXAMPLES) {
        task.needs.push(format!("only {}", words::count(count, "training example")));
    }
}

/// "below 4 of 5 by people: format 3.1, tone 2.8".
fn below(
    what: &str,
    least: f64,
    cases: &[&CaseTally<'_>],
    of: impl Fn(&CaseTally<'_>, Criterion) -> Option<f64>,
    words: fn(f64) -> String,
) -> Option<String> {
    let low = |criterion| {
        let (mean, _) = tally::mean(cases, |case| of(case, criterion))?;
        (mean < least).then(|| format!("{criterion} {}", words(mean)))
    };
    let low: Vec<String> = Criterion::ALL.into_iter().filter_map(low).collect();
    (!low.is_empty()).then(|| format!("{what}: {}", low.join(", ")))
}
