//! Sheets that leave the workspace, and ratings that come back.

use super::reading::{Reading, refresh};
use crate::review::{self, Exported, Sheet};
use crate::run::{Reports, Run};
use crate::work::event::{Event, Sink};
use crate::workspace::Workspace;
use engine::error::{Error, Result};
use engine::store;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A sheet for one reviewer, written in two forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// How many there are to read.
    pub answers: usize,
    pub page: PathBuf,
    pub table: PathBuf,
}

impl Reading {
    /// Writes a reviewer's sheet into `folder`, as a table and as what `page` makes of it: how a sheet becomes a page is
    /// for the rooms below to say.
    pub fn send(&self, reviewer: &str, folder: &Path, page: &dyn Fn(&Sheet) -> Result<String>) -> Result<Sent> {
        let (sheet, key) = self.sheet(reviewer)?;
        let (csv, html) = (review::sheet_csv(&sheet)?, page(&sheet)?);
        let answers = sheet.answers().count();
        let stem = file_stem(reviewer, &sheet.id);
        // The key first: a sheet that nobody could import must not leave.
        Exported::new(sheet, key).keep(&self.reports)?;
        let [page, table] = ["html", "csv"].map(|extension| folder.join(format!("{stem}.{extension}")));
        store::replace(&page, html.as_bytes())?;
        store::replace(&table, &csv)?;
        Ok(Sent { answers, page, table })
    }
}

/// `review-ann-3f2a9c1b`: who it is for, and enough of the sheet's id to tell two apart.
fn file_stem(name: &str, id: &str) -> String {
    let kept = name.chars().map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '-' });
    let (kept, id): (String, String) = (kept.take(40).collect(), id.chars().take(8).collect());
    format!("review-{}-{id}", kept.trim_matches('-'))
}

/// Takes in filled sheets, each whole or not at all, and writes the reports of the runs that they touch anew. Gives those
/// runs, and what was wrong with the files that were refused.
///
/// # Errors
/// A report cannot be written.
pub fn import(workspace: &Workspace, files: &[PathBuf], sink: &dyn Sink) -> Result<(Vec<Run>, Option<Error>)> {
    let reports = Reports::new(workspace.reports());
    let (mut faults, mut touched) = (Vec::new(), BTreeSet::new());
    for file in files {
        let read = std::fs::read(file).map_err(|e| Error::io("read", file, e));
        match read.and_then(|bytes| review::import(&reports, file, &bytes)) {
            Ok(imported) => {
                imported.notes.iter().for_each(|text| sink.tell(Event::Warning(text.clone())));
                sink.tell(Event::Imported(&imported));
                if imported.new + imported.changed > 0 {
                    touched.extend(imported.runs);
                }
            }
            Err(error) => faults.push(error),
        }
    }
    let runs = touched.iter().map(|id| reports.load(id)).collect::<Result<Vec<_>>>()?;
    refresh(workspace, &runs, sink)?;
    Ok((runs, Error::gather(faults)))
}
