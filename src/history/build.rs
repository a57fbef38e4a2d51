//! Runs lined up: for each group of cases its values in order, in segments measured with one ruler.

use super::line::Line;
use super::measure::{Measured, People, measure};
use super::ruler::{Cases, Ruler, cases, suite_of};
use super::series::{Break, Group, History, Kind, Point, RunInfo, Series, Source, Standing};
use crate::compare::Settings;
use crate::registry;
use crate::run::{Outcome, VersionRef};
use crate::suite::Split;
use crate::words;
use engine::store;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// A value with the place of its run.
type Placed<'a> = (usize, &'a Measured);

/// Lines up `sources`, which are in [`ordered`](super::ordered) order and belong to `line`.
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
    History {
        line: line.0.clone(),
        confidence: settings.confidence,
        series: series.collect(),
        runs: infos(sources, line),
    }
}

/// For each run, the suites that some run before it and some run after it have.
pub(super) fn returning(all: &[Cases]) -> Vec<BTreeSet<&str>> {
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
    store::hash_of(&(&version.base, &version.adapter, &version.system, &version.examples, &version.routed))
}

fn infos(sources: &[Source], line: &Line) -> Vec<RunInfo> {
    let info = |source: &Source| {
        let manifest = &source.run.manifest;
        let version = &manifest.version;
        let mut remarks = Vec::new();
        if let Some(from) = &manifest.rescored_from {
            remarks.push(format!("the answers of {from}, judged again"));
        }
        let cases = |of: fn(&Outcome) -> bool| {
            let records = source.run.records.iter().filter(|record| of(&record.outcome));
            let cases: BTreeSet<&str> = records.map(|record| record.case.as_str()).collect();
            (!cases.is_empty()).then(|| words::count(cases.len(), "case"))
        };
        let errors = cases(|outcome| matches!(outcome, Outcome::Error { .. }));
        remarks.extend(errors.map(|cases| format!("{cases} could not be answered")));
        let unscored = cases(|outcome| matches!(outcome, Outcome::Unscored { .. }));
        remarks.extend(unscored.map(|cases| format!("{cases} could not be scored")));
        let same_name = |other: &&Source| other.run.manifest.version.name == version.name;
        let newest = sources.iter().filter(same_name).max_by_key(|other| other.run.manifest.started);
        let later = newest.filter(|newest| newest.run.manifest.started > manifest.started);
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
    sources.iter().map(info).collect()
}
