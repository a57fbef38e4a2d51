//! Runs lined up: for each group of cases its values in order, in segments measured with one ruler.

use super::line::Line;
use super::measure::{Measured, People, measure};
use super::ruler::{Cases, Ruler, cases, suite_of};
use crate::check::Criterion;
use crate::compare::{Interval, Settings};
use crate::registry;
use crate::review::{Rating, Reviewer};
use crate::run::{Outcome, Run, VersionRef};
use crate::suite::Split;
use crate::words;
use engine::store;
use jiff::Timestamp;
use rayon::prelude::*;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A finished run, and what was said of its answers.
#[derive(Debug, Clone)]
pub struct Source {
    pub run: Run,
    /// As `review::gather` gives them; judges' are left out of every figure.
    pub ratings: BTreeMap<Reviewer, Vec<Rating>>,
}

/// Every run of a line, and what they say about each group of cases.
#[derive(Debug, Clone, Serialize)]
pub struct History {
    pub line: String,
    /// Oldest first.
    pub runs: Vec<RunInfo>,
    pub series: Vec<Series>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunInfo {
    pub id: String,
    pub version: String,
    /// `v2` for a version of the line.
    pub label: String,
    pub started: Timestamp,
    /// What a reader must know about it.
    pub remarks: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    All,
    Category(String),
    Criterion(Criterion),
}

impl Group {
    pub fn name(&self) -> &str {
        match self {
            Self::All => "all",
            Self::Category(name) => name,
            Self::Criterion(criterion) => criterion.name(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Share of cases passed, with Wilson's interval.
    PassRate,
    /// Mean score, 0 to 1.
    Score,
    /// The checks' points on a criterion, 1 to 5.
    Automatic,
    /// People's points on a criterion, 1 to 5.
    People,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::PassRate => "pass-rate",
            Self::Score => "score",
            Self::Automatic => "automatic",
            Self::People => "people",
        }
    }
}

/// One group's values of one kind over all runs that have any.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Series {
    pub half: Split,
    pub group: Group,
    pub kind: Kind,
    /// In the order of the runs.
    pub points: Vec<Point>,
    pub breaks: Vec<Break>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Point {
    /// Index into [`History::runs`].
    pub run: usize,
    pub value: f64,
    pub interval: Interval,
    pub n: usize,
    /// Points of one segment were measured with one ruler; numbered from 1.
    pub segment: usize,
    pub standing: Standing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// The newest of its version and segment.
    Current,
    /// A later run of the same version was measured with the same ruler.
    Superseded,
    /// Only some of the cases were asked, so it stands apart.
    Partial,
}

/// The ruler changed between two runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Break {
    /// The run before which it lies.
    pub run: usize,
    /// What changed, in words.
    pub change: String,
}

impl History {
    pub fn find(&self, half: Split, group: &Group, kind: Kind) -> Option<&Series> {
        self.series.iter().find(|s| (s.half, &s.group, s.kind) == (half, group, kind))
    }

    /// The halves that any run has cases of, held-out first.
    pub fn halves(&self) -> Vec<Split> {
        let has = |half: &Split| self.series.iter().any(|series| series.half == *half);
        [Split::HeldOut, Split::Dev].into_iter().filter(has).collect()
    }
}

impl Series {
    /// The newest value that stands.
    pub fn latest(&self) -> Option<&Point> {
        self.points.iter().rev().find(|point| point.standing == Standing::Current)
    }
}

/// A value with the place of its run.
type Placed<'a> = (usize, &'a Measured);

/// Lines up `sources`, which are in order of time and belong to `line`.
pub fn history(sources: &[Source], line: &Line, settings: &Settings) -> History {
    let all: Vec<Cases> = sources.iter().map(|source| cases(&source.run)).collect();
    let people: Vec<People<'_>> = sources.iter().map(People::of).collect();
    let measured: Vec<Vec<Measured>> = sources.par_iter().map(|source| measure(source, settings)).collect();
    let mut grouped: BTreeMap<(bool, Group, Kind), Vec<Placed<'_>>> = BTreeMap::new();
    for (run, values) in measured.iter().enumerate() {
        for value in values {
            let key = (value.half == Split::Dev, value.group.clone(), value.kind);
            grouped.entry(key).or_default().push((run, value));
        }
    }
    let returning = returning(&all);
    let series = grouped.into_iter().map(|((dev, group, kind), values)| {
        let half = if dev { Split::Dev } else { Split::HeldOut };
        let rulers = values.iter().map(|(run, _)| {
            let member = |print: &super::ruler::Print| {
                print.split == half && !matches!(&group, Group::Category(name) if *name != print.category)
            };
            let ruler = Ruler::new(&sources[*run].run.manifest, &all[*run], member);
            match kind {
                Kind::People => ruler.of_people(&people[*run].rated(), people[*run].reviewers.clone()),
                _ => ruler,
            }
        });
        line_up(half, group.clone(), kind, &values, &rulers.collect::<Vec<_>>(), &returning)
    });
    History { line: line.0.clone(), series: series.collect(), runs: infos(sources, line) }
}

/// For each run, the suites that some run before it and some run after it have.
fn returning(all: &[Cases]) -> Vec<BTreeSet<&str>> {
    let suites: Vec<BTreeSet<&str>> = all.iter().map(|cases| cases.keys().map(|id| suite_of(id)).collect()).collect();
    let some = |runs: &[BTreeSet<&'_ str>], name: &str| runs.iter().any(|suites| suites.contains(name));
    (0..all.len())
        .map(|run| {
            let before = suites[..run].iter().flatten().copied();
            before.filter(|name| some(&suites[run + 1..], name)).collect()
        })
        .collect()
}

fn line_up(
    half: Split,
    group: Group,
    kind: Kind,
    values: &[Placed<'_>],
    rulers: &[Ruler<'_>],
    returning: &[BTreeSet<&str>],
) -> Series {
    let partial = |i: usize| rulers.iter().any(|other| rulers[i].part_of(other, &returning[values[i].0]));
    let (mut points, mut breaks): (Vec<Point>, Vec<Break>) = (Vec::new(), Vec::new());
    // One ruler of each segment so far, and the last ruler that is no part of another.
    let mut known: Vec<&Ruler<'_>> = Vec::new();
    let mut last: Option<&Ruler<'_>> = None;
    for (i, (run, value)) in values.iter().enumerate() {
        let ruler = &rulers[i];
        let segment = known.iter().position(|other| other.same(ruler)).unwrap_or_else(|| {
            known.push(ruler);
            known.len() - 1
        });
        let standing = if partial(i) { Standing::Partial } else { Standing::Current };
        if standing == Standing::Current {
            if let Some(before) = last.filter(|before| !before.same(ruler)) {
                breaks.push(Break { run: *run, change: ruler.change_since(before) });
            }
            last = Some(ruler);
        }
        let Measured { value, interval, n, .. } = **value;
        points.push(Point { run: *run, value, interval, n, segment: segment + 1, standing });
    }
    for i in 0..points.len() {
        let (version, segment) = (&rulers[i].manifest.version, points[i].segment);
        let again = |later: usize| {
            let other = &rulers[later].manifest.version;
            points[later].segment == segment && other.name == version.name && identity(other) == identity(version)
        };
        if points[i].standing == Standing::Current && (i + 1..points.len()).any(again) {
            points[i].standing = Standing::Superseded;
        }
    }
    Series { half, group, kind, points, breaks }
}

/// What a version is made of: two with one name may differ.
fn identity(version: &VersionRef) -> String {
    store::hash_of(&(&version.base, &version.adapter, &version.system, &version.examples))
}

fn infos(sources: &[Source], line: &Line) -> Vec<RunInfo> {
    let info = |(i, source): (usize, &Source)| {
        let manifest = &source.run.manifest;
        let version = &manifest.version;
        let mut remarks = Vec::new();
        if let Some(from) = &manifest.rescored_from {
            remarks.push(format!("the answers of {from}, judged again"));
        }
        let errors: BTreeSet<&str> = source
            .run
            .records
            .iter()
            .filter(|record| matches!(record.outcome, Outcome::Error { .. }))
            .map(|record| record.case.as_str())
            .collect();
        if !errors.is_empty() {
            remarks.push(format!("{} could not be answered", words::count(errors.len(), "case")));
        }
        let same_name = |other: &&Source| other.run.manifest.version.name == version.name;
        let later = sources[i + 1..].iter().rfind(same_name);
        if later.is_some_and(|later| identity(&later.run.manifest.version) != identity(version)) {
            remarks.push(format!("{} was another model then than it is now", version.name));
        }
        RunInfo {
            id: manifest.id.clone(),
            version: version.name.clone(),
            label: registry::label(&line.0, &version.name),
            started: manifest.started,
            remarks,
        }
    };
    sources.iter().enumerate().map(info).collect()
}
