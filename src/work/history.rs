//! The finished runs of a line of versions → every figure over time, and which tasks need more data.

use super::event::{Event, Sink};
use super::settings::settings;
use super::today::Today;
use crate::history::{self, History, Line, Log, Source, belongs};
use crate::report::{self, HistoryReport};
use crate::review;
use crate::run::{Manifest, Reports, Run};
use crate::suite::Split;
use crate::training_data;
use crate::words;
use crate::workspace::Workspace;
use engine::error::{Error, Result};
use engine::store;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// What a history is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HistoryOptions {
    /// A line of versions, or one model by its name as runs give it; `None` for the workspace's line.
    pub line: Option<String>,
    /// `None` for held-out, where there are such cases.
    pub half: Option<Split>,
    /// Every value is written into this file too, of `half` or else of both.
    pub csv: Option<PathBuf>,
}

/// A history whose pages are written.
#[derive(Debug, Clone)]
pub struct Told {
    pub history: History,
    pub log: Log,
    pub half: Split,
    pub report: HistoryReport,
    /// `history.html`; `history.md` lies beside it.
    pub page: PathBuf,
    pub csv: Option<PathBuf>,
}

/// Works out the history and writes `reports/history.html` and `reports/history.md`.
///
/// # Errors
/// There is no finished run of that line, or none with a case of that half; a file cannot be written.
pub fn history(workspace: &Workspace, options: &HistoryOptions, sink: &dyn Sink) -> Result<Told> {
    let line = Line(options.line.clone().unwrap_or_else(|| workspace.config.line.clone()));
    let sources = sources(workspace, &line, sink)?;
    let settings = settings(workspace)?;
    let history = history::history(&sources, &line, &settings);
    let none = || {
        Error::missing("no run has a judged answer yet").hint("evaluate a version first: pmtune eval --compare v1 v2")
    };
    let log = history::log(&sources, &history, &examples(workspace, sink), &settings).ok_or_else(none)?;
    let halves = history.halves();
    let half = options.half.or(halves.first().copied()).ok_or_else(none)?;
    if !halves.contains(&half) {
        return Err(Error::usage("no run has a case of that half").hint("leave --half away"));
    }
    let page = workspace.reports().join("history.html");
    let report = HistoryReport::new(&history, &log, half)?;
    store::replace(&page, report.html()?.as_bytes())?;
    store::replace(&page.with_extension("md"), report.markdown()?.as_bytes())?;
    if let Some(path) = &options.csv {
        store::replace(path, report::history_csv(&history, options.half)?.as_bytes())?;
    }
    Ok(Told { history, log, half, report, page, csv: options.csv.clone() })
}

/// Every finished run of the line, in the order of its versions, with people's ratings. A run of other settings that came
/// after a version's whole run under the workspace's is passed over, and so is one without any answer.
fn sources(workspace: &Workspace, line: &Line, sink: &dyn Sink) -> Result<Vec<Source>> {
    let reports = Reports::new(workspace.reports());
    let listing = reports.list()?;
    for error in &listing.unreadable {
        sink.tell(Event::Warning(format!("left out: {error}")));
    }
    let books = review::Books::read(&reports)?;
    let mut found = Vec::new();
    let mut others = BTreeSet::new();
    for manifest in listing.runs {
        if !belongs(line, &manifest.version.name) {
            others.insert(manifest.version.name);
        } else if manifest.finished.is_none() {
            let id = &manifest.id;
            sink.tell(Event::Note(format!(
                "{id} is not finished and left out; pmtune eval --resume {} finishes it",
                words::shell(id)
            )));
        } else if let Some(part) = &manifest.shard {
            let (id, part) = (&manifest.id, part.shard.words());
            sink.tell(Event::Note(format!("{id} is {part} and left out; pmtune runs merge joins all of them")));
        } else {
            let run = reports.load(&manifest.id)?;
            let ratings = books.of(&run);
            found.push(Source { run, ratings });
        }
    }
    let named = |source: &Source| source.run.manifest.version.name != "base" || line.0 == "base";
    if !found.iter().any(named) {
        let others: Vec<String> = others.into_iter().map(|name| report::visible(&name)).collect();
        let hint = match others.is_empty() {
            true => "evaluate a version first: pmtune eval --compare base v1".to_string(),
            false => format!("name another with --line; there are finished runs of {}", others.join(", ")),
        };
        return Err(Error::missing(format!("there is no finished run of {}", report::visible(&line.0))).hint(hint));
    }
    Ok(history::ordered(passed_over(workspace, found, sink), line))
}

/// Without the runs that would take the place of a version's proper one.
fn passed_over(workspace: &Workspace, sources: Vec<Source>, sink: &dyn Sink) -> Vec<Source> {
    let today = Today::read_leniently(workspace, sink);
    let proper = |run: &Manifest| today.extent(run).is_whole() && today.set_otherwise(run).is_none();
    let mut newest: BTreeMap<String, Timestamp> = BTreeMap::new();
    for run in sources.iter().map(|source| &source.run.manifest).filter(|run| proper(run)) {
        let known = newest.entry(run.version.name.clone()).or_insert(run.started);
        *known = run.started.max(*known);
    }
    let why = |run: &Run| match newest.get(&run.manifest.version.name) {
        _ if !run.is_answered() => Some("no case was answered".to_string()),
        Some(proper) if run.manifest.started > *proper => today.set_otherwise(&run.manifest),
        _ => None,
    };
    let kept = sources.into_iter().filter(|source| match why(&source.run) {
        Some(why) => {
            sink.tell(Event::Note(format!("run {} is passed over: {why}", source.run.manifest.id)));
            false
        }
        None => true,
    });
    kept.collect()
}

/// Training examples by category; broken lines are the linter's business, and count as none here.
fn examples(workspace: &Workspace, sink: &dyn Sink) -> BTreeMap<String, usize> {
    let folder = workspace.training_data();
    let mut counts = BTreeMap::new();
    if !folder.is_dir() {
        return counts;
    }
    match training_data::readable(&[folder]) {
        Ok((conversations, broken)) => {
            for example in conversations {
                *counts.entry(example.category().to_string()).or_default() += 1;
            }
            if broken > 0 {
                let lines = words::count(broken, "line");
                let text = format!(
                    "{lines} of the training data cannot be read and were not counted; see `pmtune data check`"
                );
                sink.tell(Event::Warning(text));
            }
        }
        Err(error) => sink.tell(Event::Warning(format!("the training data was not counted: {}", error.message))),
    }
    counts
}
