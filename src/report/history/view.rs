//! What the history says, every number formatted.

use super::charts::{Charts, charts};
use super::notes::{Note, notes};
use crate::history::{Group, History, Kind, Log, Point, Reading, Standing, Task};
use crate::report::view::{Tone, half_name};
use crate::suite::Split;
use crate::words;
use engine::error::Result;
use serde::Serialize;

/// Checks and failing cases named for a task.
const NAMES: usize = 5;

#[derive(Debug, Clone, Serialize)]
pub struct HistoryView {
    pub title: String,
    pub subtitle: String,
    pub headline: String,
    pub sentence: String,
    pub tone: Tone,
    pub half: &'static str,
    /// How sure the intervals are.
    pub confidence: String,
    pub rows: Vec<Row>,
    /// What changed about the ruler, numbered.
    pub notes: Vec<Note>,
    pub log: String,
    pub tasks: Vec<TaskRow>,
    pub charts: Vec<Charts>,
}

/// One run.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    pub date: String,
    pub version: String,
    pub run: String,
    pub cases: usize,
    pub rate: String,
    pub range: String,
    pub score: String,
    pub score_range: String,
    /// `[1]` where the ruler changed before it.
    pub mark: String,
    pub standing: Standing,
    pub current: bool,
    pub remarks: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct TaskRow {
    pub name: String,
    pub held_out: String,
    pub dev: String,
    pub tone: Tone,
    pub symbol: &'static str,
    pub trend: String,
    pub change: String,
    pub examples: String,
    pub needs: Vec<String>,
    pub checks: String,
    pub failing: String,
}

pub fn view(history: &History, log: &Log, half: Split) -> Result<HistoryView> {
    let notes = notes(history, half);
    let charts = charts(history, &notes, half)?;
    let rows = rows(history, half, &notes);
    let overall = log.overall.as_ref().filter(|_| log.half == half);
    Ok(HistoryView {
        title: format!("{} over time", history.line),
        subtitle: subtitle(history, half),
        headline: headline(history, log, half),
        sentence: match overall {
            Some(trend) => match &trend.difference {
                Some(mean) => format!(
                    "That is {}: {} in score ({}), case by case.",
                    trend.words,
                    words::signed(mean.mean),
                    mean.interval.signed_range()
                ),
                None => format!("There is {}.", trend.words),
            },
            None => "Claims rest on the held-out cases; these are for finding gaps.".to_string(),
        },
        tone: overall.and_then(|trend| trend.finding).map_or(Tone::Unknown, Tone::of),
        half: half_name(half),
        confidence: words::percent_exact(history.confidence),
        rows,
        notes,
        log: format!(
            "How {} does on each task. Gaps are looked for on dev cases only: examples written for a held-out case \
             would end its use as a test.",
            log.label
        ),
        tasks: log.tasks.iter().map(task).collect(),
        charts,
    })
}

fn subtitle(history: &History, half: Split) -> String {
    let mut versions: Vec<&str> = history.runs.iter().map(|run| run.version.as_str()).collect();
    versions.sort_unstable();
    versions.dedup();
    let runs = words::count(history.runs.len(), "run");
    let of = words::count(versions.len(), "version");
    let days = match (history.runs.first(), history.runs.last()) {
        (Some(first), Some(last)) if words::local_day(first.started) != words::local_day(last.started) => {
            format!("{} to {}", words::local_day(first.started), words::local_day(last.started))
        }
        (Some(first), _) => words::local_day(first.started),
        _ => "no run".to_string(),
    };
    format!("{runs} of {of} · {days} · {} cases", half_name(half))
}

fn headline(history: &History, log: &Log, half: Split) -> String {
    let series = history.find(half, &Group::All, Kind::PassRate);
    let mine = |point: &&Point| history.runs[point.run].version == log.version;
    let point = series.iter().flat_map(|s| &s.points).rfind(|p| mine(p) && p.standing != Standing::Partial);
    match point {
        Some(point) => format!(
            "{} passes {} of {}",
            log.label,
            passed(point),
            words::count(point.n, &format!("{} case", half_name(half)))
        ),
        None => format!("{} was not measured on all {} cases", log.label, half_name(half)),
    }
}

fn passed(point: &Point) -> usize {
    (point.value * point.n as f64).round() as usize
}

fn rows(history: &History, half: Split, notes: &[Note]) -> Vec<Row> {
    let scores = history.find(half, &Group::All, Kind::Score);
    let points = history.find(half, &Group::All, Kind::PassRate).map(|s| s.points.as_slice()).unwrap_or_default();
    let row = |point: &Point| {
        let info = &history.runs[point.run];
        let score = scores.and_then(|s| s.points.iter().find(|other| other.run == point.run));
        // People's rulers change for people only.
        let changed = scores.is_some_and(|s| s.breaks.iter().any(|b| b.run == point.run));
        let mark = notes.iter().find(|note| changed && note.run == point.run);
        let mut remarks = info.remarks.clone();
        match point.standing {
            Standing::Current => {}
            Standing::Superseded => remarks.insert(0, "asked again later".to_string()),
            Standing::Partial => remarks.insert(0, "only some of the cases".to_string()),
        }
        Row {
            date: words::local_day(info.started),
            version: info.label.clone(),
            run: info.id.clone(),
            cases: point.n,
            rate: words::percent(point.value),
            range: point.interval.percent_range(),
            score: score.map_or("–".to_string(), |s| words::decimal(s.value)),
            score_range: score.map_or(String::new(), |s| {
                format!("{} to {}", words::decimal(s.interval.low), words::decimal(s.interval.high))
            }),
            mark: mark.map_or(String::new(), |note| format!("[{}]", note.number)),
            standing: point.standing,
            current: point.standing == Standing::Current,
            remarks,
        }
    };
    points.iter().map(row).collect()
}

/// One note for each run before which any ruler of the half changed. What changed over all cases says what changed in
/// each category; people's rulers speak for themselves.
fn task(task: &Task) -> TaskRow {
    let reading = |reading: &Option<Reading>| match reading {
        Some(Reading { rate, .. }) => {
            let range = rate.interval.percent_range().replace(" to ", "–");
            format!("{} of {} ({range}\u{a0}%)", passed(rate), rate.n)
        }
        None => "–".to_string(),
    };
    let tone = task.trend.finding.map_or(Tone::Unknown, Tone::of);
    let checks: Vec<String> = task
        .failed_checks
        .iter()
        .map(|(name, trial)| format!("{name} ({} of {})", trial.of - trial.passed, trial.of))
        .collect();
    // A suite is often called like its category; saying it before every case would only fill the page.
    let prefix = format!("{}/", task.name);
    let short = |case: &String| case.strip_prefix(&prefix).unwrap_or(case).to_string();
    let failing: Vec<String> = task.failing.iter().map(short).collect();
    TaskRow {
        name: task.name.clone(),
        held_out: reading(&task.held_out),
        dev: reading(&task.dev),
        tone,
        symbol: tone.symbol(),
        trend: task.trend.words.clone(),
        change: task.trend.difference.map_or("–".to_string(), |mean| words::signed(mean.mean)),
        examples: task.examples.map_or("–".to_string(), |count| count.to_string()),
        needs: task.needs.clone(),
        checks: words::list_at_most(&checks, NAMES),
        failing: words::list_at_most(&failing, NAMES),
    }
}
