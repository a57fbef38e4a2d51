//! Small charts of what was measured, run by run: all cases, each task, each criterion.

use super::notes::Note;
use crate::check::Criterion;
use crate::history::{Group, History, Kind, Point, Series, Standing};
use crate::report::plot::{self, Axis, Dot, Plot, Timeline};
use crate::report::view;
use crate::suite::Split;
use crate::words;
use engine::error::Result;
use serde::Serialize;

#[derive(Debug, Clone, Serialize)]
pub struct Charts {
    title: &'static str,
    lead: String,
    plots: Vec<Plot>,
}

const AUTOMATIC: &str = "Criteria by the checks";

pub fn charts(history: &History, notes: &[Note], half: Split) -> Result<Vec<Charts>> {
    let mut found = Vec::new();
    for (title, lead, wanted) in [
        ("All cases", "", of_all as fn(&Series) -> bool),
        ("Tasks", "Share of the cases of each category that pass.", of_tasks),
        (AUTOMATIC, "Share of the checks of each criterion that pass.", automatic),
        (
            "Criteria by people",
            "Points from 1 to 5 that reviewers gave; the shaded band is the target of 4 and more.",
            by_people,
        ),
    ] {
        let series = history.series.iter().filter(|s| s.half == half && wanted(s));
        let plots = series.map(|s| chart(history, notes, s)).collect::<Result<Vec<_>>>()?;
        if !plots.is_empty() {
            let lead = match title {
                AUTOMATIC => format!("{lead}{}", unmeasured(history, half).unwrap_or_default()),
                _ => lead.to_string(),
            };
            found.push(Charts { title, lead, plots });
        }
    }
    Ok(found)
}

/// The criteria for which no check is evidence have no chart.
fn unmeasured(history: &History, half: Split) -> Option<String> {
    let measured = |c: &Criterion| {
        history.series.iter().any(|s| s.half == half && automatic(s) && s.group == Group::Criterion(*c))
    };
    view::unmeasured(Criterion::ALL.into_iter().filter(measured)).map(|words| format!(" {words}"))
}

fn of_all(series: &Series) -> bool {
    series.group == Group::All
}

fn of_tasks(series: &Series) -> bool {
    matches!(series.group, Group::Category(_)) && series.kind == Kind::PassRate
}

fn automatic(series: &Series) -> bool {
    series.kind == Kind::Automatic
}

fn by_people(series: &Series) -> bool {
    series.kind == Kind::People
}

/// One chart with a place for each run that it shows a value of, and no empty ones: a run that was asked again later gives
/// its place away.
fn chart(history: &History, notes: &[Note], series: &Series) -> Result<Plot> {
    let (axis, what) = match series.kind {
        Kind::PassRate => (Axis::Share, "passed"),
        Kind::Score => (Axis::Score, "mean score"),
        Kind::Automatic => (Axis::Share, ""),
        Kind::People => (Axis::Points, ""),
    };
    let title = match (&series.group, what) {
        (Group::All, what) => format!("All cases, {what}"),
        (group, "" | "passed") => group.name().to_string(),
        (group, what) => format!("{}, {what}", group.name()),
    };
    // A chain ends at each change, also where an old ruler comes back later.
    let chain = |point: &Point| {
        let changes = series.breaks.iter().filter(|b| b.run <= point.run).count();
        (point.standing == Standing::Current).then_some(changes)
    };
    let shown: Vec<&Point> = series.points.iter().filter(|point| point.standing != Standing::Superseded).collect();
    let place = |run: usize| shown.iter().filter(|point| point.run < run).count();
    let dot = |point: &&Point| Dot {
        place: place(point.run),
        value: point.value,
        low: point.interval.low,
        high: point.interval.high,
        chain: chain(point),
    };
    let number = |run: usize| notes.iter().find(|note| note.run == run).map(|note| note.number);
    let named = |point: &&Point| {
        let run = &history.runs[point.run];
        (run.label.clone(), words::local_day(run.started).chars().skip(2).collect())
    };
    let runs: Vec<(String, String)> = shown.iter().map(named).collect();
    let mark = |run: usize| Some((place(run), number(run)?)).filter(|(place, _)| *place < shown.len());
    let timeline = Timeline {
        title,
        axis,
        runs: &runs,
        dots: shown.iter().map(dot).collect(),
        marks: series.breaks.iter().filter_map(|b| mark(b.run)).collect(),
        description: description(history, series),
    };
    plot::timeline(&timeline)
}

fn description(history: &History, series: &Series) -> String {
    let value = |x: f64| {
        if matches!(series.kind, Kind::PassRate | Kind::Automatic) { words::percent(x) } else { words::decimal(x) }
    };
    let each = series.points.iter().filter(|point| point.standing == Standing::Current).map(|point| {
        let run = &history.runs[point.run];
        let (low, high) = (value(point.interval.low), value(point.interval.high));
        let change = series.breaks.iter().find(|b| b.run == point.run);
        let change = change.map_or(String::new(), |b| format!("Measured otherwise from here on: {}. ", b.change));
        format!("{change}{} on {}: {} ({low} to {high}).", run.label, words::local_day(run.started), value(point.value))
    });
    each.collect::<Vec<_>>().join(" ")
}
