//! The performance log: how the newest version does on each task (a category of cases), whether it got better, and what
//! needs more training data.
//!
//! Gaps are looked for on dev cases alone. A held-out case is never named here: examples written for it would end its
//! use as a test.

use super::build::{Group, History, Kind, Point, Series, Source, Standing};
use super::line::{Line, number};
use super::measure::People;
use crate::check::{Criterion, TARGET_SCORE};
use crate::compare::tally::{self, CaseTally};
use crate::compare::{Comparison, Finding, Mean, Outcomes, Settings, Trial, compare};
use crate::suite::Split;
use crate::words;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A task of which fewer dev cases pass than this share needs more data.
const LOW_RATE: f64 = 0.5;
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

/// Whether the version is better than the one measured before with the same ruler.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trend {
    pub finding: Option<Finding>,
    pub difference: Option<Mean>,
    pub words: String,
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
    let mut comparisons = Comparisons { sources, history, settings, known: BTreeMap::new() };
    let names: BTreeSet<&str> = history
        .series
        .iter()
        .filter_map(|series| match &series.group {
            Group::Category(name) => Some(name.as_str()),
            _ => None,
        })
        .collect();
    let tasks = names.into_iter().filter_map(|name| {
        let at = |half| reading(history, half, &Group::Category(name.to_string()), newest);
        let (held_out, dev) = (at(Split::HeldOut), at(Split::Dev));
        let half = if held_out.is_some() { Split::HeldOut } else { Split::Dev };
        let point = held_out.or(dev)?.score;
        let trend = comparisons.trend(half, &Group::Category(name.to_string()), point, newest);
        let examples = examples.get(name).copied();
        let mut task = Task {
            name: name.to_string(),
            held_out,
            dev,
            trend,
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
    let rate = |task: &Task| task.dev.or(task.held_out).map_or(1.0, |reading| reading.rate.value);
    tasks.sort_by(|a, b| (a.needs.is_empty()).cmp(&b.needs.is_empty()).then(rate(a).total_cmp(&rate(b))));
    let label = history.runs.iter().find(|run| run.version == newest).map(|run| run.label.clone());
    let half = history.halves().first().copied()?;
    let whole = reading(history, half, &Group::All, newest);
    let overall = whole.map(|reading| comparisons.trend(half, &Group::All, reading.score, newest));
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

struct Comparisons<'a> {
    sources: &'a [Source],
    history: &'a History,
    settings: &'a Settings,
    /// By the runs compared.
    known: BTreeMap<(usize, usize), Option<Comparison>>,
}

impl Comparisons<'_> {
    /// Against the last other version before, measured with the same ruler.
    fn trend(&mut self, half: Split, group: &Group, point: Point, version: &str) -> Trend {
        let runs = &self.history.runs;
        let series = self.history.find(half, group, Kind::Score);
        let earlier = series.iter().flat_map(|s| &s.points).rfind(|other| {
            other.run < point.run && other.segment == point.segment && runs[other.run].version != version
        });
        let unknown = |words: &str| Trend { finding: None, difference: None, words: words.to_string() };
        let Some(earlier) = earlier else {
            let others = runs.iter().any(|run| run.version != version);
            return unknown(if others { "nothing comparable before" } else { "no other version yet" });
        };
        let label = runs[earlier.run].label.clone();
        let Some(comparison) = self.compared(earlier.run, point.run) else {
            return unknown("nothing comparable before");
        };
        let side = if half == Split::HeldOut { &comparison.held_out } else { &comparison.dev };
        let tested = match group {
            Group::All => Some(&side.overall),
            other => side.categories.iter().find(|tested| tested.name == other.name()),
        };
        let Some(group) = tested else { return unknown("nothing comparable before") };
        let words = match group.finding {
            Finding::Improved => format!("better than {label}"),
            Finding::Regressed => format!("worse than {label}"),
            Finding::NoDifference => format!("no evidence of a difference from {label}"),
            Finding::TooFewCases => format!("too few cases to tell from {label}"),
        };
        Trend { finding: Some(group.finding), difference: Some(group.score.difference), words }
    }

    fn compared(&mut self, a: usize, b: usize) -> Option<&Comparison> {
        let (sources, history, settings) = (self.sources, self.history, self.settings);
        let made = self.known.entry((a, b)).or_insert_with(|| {
            let labels = Outcomes { a: history.runs[a].label.as_str(), b: history.runs[b].label.as_str() };
            // Other groups may have changed in between; only those are read that did not.
            compare(&sources[a].run, &sources[b].run, labels, settings.clone(), true).ok()
        });
        made.as_ref()
    }
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
    let automatic = |case: &CaseTally<'_>, criterion| tally::automatic_points(case, criterion);
    let rated = |case: &CaseTally<'_>, criterion| people.points(case.case, criterion);
    task.needs.extend(below_target("by the checks", &cases, automatic));
    task.needs.extend(below_target("by people", &cases, rated));
    if let Some(count) = task.examples.filter(|count| *count < FEW_EXAMPLES) {
        task.needs.push(format!("only {}", words::count(count, "training example")));
    }
}

/// "below 4 of 5 by the checks: format 3.1, tone 2.8".
fn below_target(
    who: &str,
    cases: &[&CaseTally<'_>],
    points: impl Fn(&CaseTally<'_>, Criterion) -> Option<f64>,
) -> Option<String> {
    let low: Vec<String> = Criterion::ALL
        .into_iter()
        .filter_map(|criterion| {
            let (mean, _) = tally::mean(cases, |case| points(case, criterion))?;
            (mean < TARGET_SCORE).then(|| format!("{criterion} {mean:.1}"))
        })
        .collect();
    (!low.is_empty()).then(|| format!("below 4 of 5 {who}: {}", low.join(", ")))
}
