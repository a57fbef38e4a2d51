//! `pmtune history`: the runs of a line of versions on one axis, in the terminal, as a page and as a table.

use super::args::{Half, file};
use super::{compare, out};
use crate::history::{Line, Source, belongs, history, log};
use crate::report::{self, HistoryReport};
use crate::review;
use crate::run::Reports;
use crate::suite::Split;
use crate::training_data;
use crate::workspace::Workspace;
use engine::error::{Error, Result};
use engine::store;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(after_help = "Writes reports/history.html and reports/history.md.\n\nExamples:\n  pmtune history\n  \
                        pmtune history --half dev\n  pmtune history --csv history.csv\n  \
                        pmtune history --line openai:http://127.0.0.1:1234/v1#qwen2.5")]
pub struct HistoryArgs {
    /// Another line than the workspace's, or one model by its name as runs give it.
    #[arg(long, value_name = "NAME")]
    pub line: Option<String>,
    /// Which half of the cases to show (default: held-out, where there are such cases).
    #[arg(long)]
    pub half: Option<Half>,
    /// Also write every value into this file, for spreadsheets.
    #[arg(long, value_name = "FILE", value_parser = file)]
    pub csv: Option<PathBuf>,
}

pub fn run(workspace: &Workspace, args: &HistoryArgs) -> Result<()> {
    let csv = args.csv.as_deref().map(|path| workspace.inside(path)).transpose()?;
    let line = Line(args.line.clone().unwrap_or_else(|| workspace.config.line.clone()));
    let sources = sources(workspace, &line)?;
    let settings = compare::settings(workspace);
    let history = history(&sources, &line, &settings);
    let none = || {
        Error::missing("no run has a judged answer yet").hint("evaluate a version first: pmtune eval --compare v1 v2")
    };
    let log = log(&sources, &history, &examples(workspace), &settings).ok_or_else(none)?;
    let halves = history.halves();
    let half = args.half.map(Split::from).or(halves.first().copied()).ok_or_else(none)?;
    if !halves.contains(&half) {
        return Err(Error::usage("no run has a case of that half").hint("leave --half away"));
    }
    let page = workspace.reports().join("history.html");
    let shown = HistoryReport::new(&history, &log, half)?;
    store::replace(&page, shown.html()?.as_bytes())?;
    store::replace(&page.with_extension("md"), shown.markdown()?.as_bytes())?;
    out::text(shown.terminal(out::width(), out::colour()));
    out::line(format!("\nPage: {}", out::path(&page)));
    if let Some(path) = csv {
        store::replace(&path, report::history_csv(&history, args.half.map(Split::from))?.as_bytes())?;
        out::line(format!("Table: {}", out::path(&path)));
    }
    Ok(())
}

/// Every finished run of the line, oldest first, with people's ratings.
fn sources(workspace: &Workspace, line: &Line) -> Result<Vec<Source>> {
    let reports = Reports::new(workspace.reports());
    let listing = reports.list()?;
    for error in &listing.unreadable {
        out::warning(format!("left out: {error}"));
    }
    let books = review::Books::read(&reports)?;
    let mut found = Vec::new();
    let mut others = BTreeSet::new();
    for manifest in listing.runs {
        if !belongs(line, &manifest.version.name) {
            others.insert(manifest.version.name);
        } else if manifest.finished.is_none() {
            let id = &manifest.id;
            out::note(format!("{id} is not finished and left out; pmtune eval --resume {id} finishes it"));
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

/// Training examples by category; broken data is the linter's business, and counts as none here.
fn examples(workspace: &Workspace) -> BTreeMap<String, usize> {
    let folder = workspace.training_data();
    let mut counts = BTreeMap::new();
    if !folder.is_dir() {
        return counts;
    }
    match training_data::load(&[folder]) {
        Ok(examples) => {
            for example in examples {
                *counts.entry(example.category().to_string()).or_default() += 1;
            }
        }
        Err(_) => out::warning("training data has broken lines and was not counted; see `pmtune data check`"),
    }
    counts
}
