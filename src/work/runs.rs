//! The runs in `reports/`: what each of them asked, how shards become one, and how to be rid of one.

use super::evaluate::Evaluated;
use super::event::{Event, Sink};
use super::extras::write_run_report;
use super::today::Today;
use crate::review::{self, Exported};
use crate::run::{self, Extent, Manifest, Reports, Run, RunFolder};
use crate::words;
use crate::workspace::Workspace;
use engine::error::{Error, Kind, Result};
use std::path::Path;

/// A stored run.
#[derive(Debug, Clone)]
pub struct Stored {
    pub manifest: Manifest,
    /// How much of today's suites it asked; `None` where they cannot be read.
    pub extent: Option<Extent>,
    /// What is set otherwise than the workspace says today.
    pub set_otherwise: Option<String>,
    /// Of everything in its folder.
    pub bytes: u64,
}

/// Every run, oldest first.
pub fn list(workspace: &Workspace, sink: &dyn Sink) -> Result<Vec<Stored>> {
    let reports = Reports::new(workspace.reports());
    let today = Today::read(workspace);
    if let Err(error) = &today {
        sink.tell(Event::Warning(format!("how much of the suites a run asked is not known: {error}")));
    }
    let listing = reports.list()?;
    for error in &listing.unreadable {
        sink.tell(Event::Warning(format!("left out: {error}")));
    }
    let stored = |manifest: Manifest| -> Result<Stored> {
        let bytes = reports.folder_of(&manifest.id)?.bytes();
        let today = today.as_ref().ok();
        Ok(Stored {
            extent: today.map(|today| today.extent(&manifest)),
            set_otherwise: today.and_then(|today| today.set_otherwise(&manifest)),
            bytes,
            manifest,
        })
    };
    listing.runs.into_iter().map(stored).collect()
}

/// Joins shards into one run. Each is named by its id or the path of its folder; a folder of runs stands for the shards in it.
///
/// # Errors
/// No such run; the shards do not make one whole run ([`run::merge`]).
pub fn merge(workspace: &Workspace, names: &[String], sink: &dyn Sink) -> Result<Evaluated> {
    let reports = Reports::new(workspace.reports());
    let mut shards: Vec<Run> = Vec::new();
    for name in names {
        for run in named(&reports, name, sink)? {
            let place = |run: &Run| run.folder.canonicalize().unwrap_or_else(|_| run.folder.clone());
            if !shards.iter().any(|known| place(known) == place(&run)) {
                shards.push(run);
            }
        }
    }
    let run = run::merge(&reports, &shards)?;
    let report = write_run_report(workspace, &run, sink)?;
    Ok(Evaluated { run, report })
}

/// The run, or the shards in the folder, that a person named.
fn named(reports: &Reports, name: &str, sink: &dyn Sink) -> Result<Vec<Run>> {
    match reports.load(name) {
        Err(error) if error.kind == Kind::Missing && Path::new(name).is_dir() => {}
        found => return found.map(|run| vec![run]),
    }
    let (shards, others): (Vec<Run>, Vec<Run>) =
        Reports::new(name).load_all()?.into_iter().partition(|run| run.manifest.shard.is_some());
    if !others.is_empty() {
        let ids: Vec<&str> = others.iter().map(|run| run.manifest.id.as_str()).collect();
        sink.tell(Event::Note(format!("no shards, and left out: {}", words::few(&ids, NAMES))));
    }
    if shards.is_empty() {
        return Err(Error::missing(format!("no run in {name} is a shard"))
            .hint("name the folder whose subfolders are the runs, each with its run.json"));
    }
    Ok(shards)
}

/// Names given before "and 7 more".
const NAMES: usize = 5;

/// Runs that are about to be removed: nothing is yet.
#[derive(Debug)]
pub struct Removal {
    folders: Vec<RunFolder>,
}

impl Removal {
    /// Looks for all of them before anything is removed. `reviewed` takes also runs that people or judges scored, and those
    /// in sheets that were given away.
    ///
    /// # Errors
    /// One for each run that is not there, is being written, or was scored and nobody insists.
    pub fn of(workspace: &Workspace, ids: &[String], reviewed: bool) -> Result<Self> {
        let reports = Reports::new(workspace.reports());
        let (mut folders, mut faults) = (Vec::new(), Vec::new());
        for id in ids {
            let found = reports.folder_of(id).and_then(|folder| {
                let (ratings, sheets) = (review::ratings_in(&folder.path)?, Exported::naming(&reports, id));
                if ratings + sheets > 0 && !reviewed {
                    let ratings = (ratings > 0).then(|| format!("holds {}", words::count(ratings, "rating")));
                    let sheets = (sheets > 0).then(|| format!("is in {}", words::count(sheets, "sheet")));
                    let why: Vec<String> = ratings.into_iter().chain(sheets).collect();
                    return Err(Error::input(format!("a review needs run {id}: it {}", why.join(" and ")))
                        .hint("keep it, or remove it all the same with --with-reviews"));
                }
                Ok(folder)
            });
            match found {
                Ok(folder) if folders.iter().any(|other: &RunFolder| other.path == folder.path) => {}
                Ok(folder) => folders.push(folder),
                Err(error) => faults.push(error),
            }
        }
        Error::gather(faults).map_or(Ok(Self { folders }), Err)
    }

    /// Names the runs, with how large they are together.
    pub fn words(&self) -> String {
        let bytes: u64 = self.folders.iter().map(RunFolder::bytes).sum();
        let ids: Vec<&str> = self.folders.iter().map(|folder| folder.id.as_str()).collect();
        format!("{} ({}): {}", words::count(ids.len(), "run"), words::bytes(bytes), ids.join(", "))
    }

    /// Removes them. A kill in between leaves no folder that passes for a run.
    pub fn remove(self) -> Result<()> {
        self.folders.into_iter().try_for_each(RunFolder::remove)
    }
}
