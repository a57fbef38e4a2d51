//! The finished runs of a line of versions → every figure over time, and which tasks need more data.

use super::event::{Event, Sink};
use super::settings::settings;
use crate::history::{self, History, Line, Log, Source, belongs};
use crate::report::{self, HistoryReport};
use crate::review;
use crate::run::Reports;
use crate::suite::Split;
use crate::training_data;
use crate::words;
use crate::workspace::Workspace;
use engine::error::{Error, Result};
use engine::store;
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
/// There is no finished run of that line, or none with a case of that half; a file to write lies outside the workspace.
pub fn history(workspace: &Workspace, options: &HistoryOptions, sink: &dyn Sink) -> Result<Told> {
    let csv = options.csv.as_deref().map(|path| workspace.inside(path)).transpose()?;
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
    if let Some(path) = &csv {
        store::replace(path, report::history_csv(&history, options.half)?.as_bytes())?;
    }
    Ok(Told { history, log, half, report, page, csv })
}

/// Every finished run of the line, oldest first, with people's ratings.
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
            sink.tell(Event::Note(format!("{id} is not finished and left out; pmtune eval --resume {id} finishes it")));
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
    Ok(found)
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
