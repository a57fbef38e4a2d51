//! Sheets that leave the workspace and come back: as CSV for a spreadsheet, or as a page whose scores come back as JSON.
//!
//! What is given away is kept, with its key, under `reports/<first run>/reviews/sheets/<sheet>.json`, so that what comes
//! back is held against what went out.

mod csv;
mod json;
#[cfg(test)]
mod tests;

pub use csv::write as sheet_csv;

use super::{Draft, Flag, Key, Reviewer, ReviewerKind, Saved, Session, Sheet, book, sheet};
use crate::run::Reports;
use crate::table::{Fault, decode};
use crate::words;
use engine::error::{Error, Result};
use engine::store;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Where sheets are kept in the folder of their first run.
const SHEETS: &str = "reviews/sheets";

/// A sheet that was given away.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Exported {
    pub format: u32,
    pub sheet: Sheet,
    pub key: Key,
}

impl Exported {
    pub fn new(sheet: Sheet, key: Key) -> Self {
        Self { format: sheet::FORMAT, sheet, key }
    }

    /// Writes it into the first run's folder. Doing so twice changes nothing.
    ///
    /// # Errors
    /// The disk refuses, or scores under this reviewer's name could not be taken in.
    pub fn keep(&self, reports: &Reports) -> Result<PathBuf> {
        let reviewer = Reviewer { name: self.sheet.reviewer.clone(), kind: ReviewerKind::Person };
        for run in &self.key.runs {
            book::check_owner(&reports.load(run)?.folder, &reviewer)?;
        }
        let first = self.key.runs.first().ok_or_else(|| Error::input("a sheet without a run cannot be kept"))?;
        let path = place(&reports.load(first)?.folder, &self.sheet.id);
        let json = serde_json::to_vec_pretty(self).map_err(|e| Error::input(format!("cannot write a sheet: {e}")))?;
        store::replace(&path, &json)?;
        Ok(path)
    }

    /// How many sheets of any run were given away with answers of this one.
    pub fn naming(reports: &Reports, run: &str) -> usize {
        let folders = |folder: &Path| std::fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path());
        let sheets = folders(reports.folder()).flat_map(|run| folders(&run.join(SHEETS)).collect::<Vec<_>>());
        let exported = sheets.filter_map(|path| serde_json::from_str::<Self>(&store::read_text(&path).ok()?).ok());
        exported.filter(|exported| exported.key.runs.iter().any(|id| id == run)).count()
    }

    /// The sheet of this id among those of every run.
    ///
    /// # Errors
    /// No sheet of that id was given away from this workspace; its file is damaged.
    pub fn find(reports: &Reports, id: &str) -> Result<Self> {
        let foreign = || {
            Error::missing(format!("sheet {} was not exported from this workspace", clip(id)))
                .hint("import it in the workspace it came from, or export it again there")
        };
        // The id becomes a file name.
        if id.len() != 16 || !id.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(foreign());
        }
        let entries = std::fs::read_dir(reports.folder()).map_err(|e| Error::io("read", reports.folder(), e))?;
        let path = entries.flatten().map(|run| place(&run.path(), id)).find(|path| path.is_file());
        let path = path.ok_or_else(foreign)?;
        let damaged = |e| Error::input(format!("{}: {e}", path.display())).hint("export the sheet again");
        let exported: Self = serde_json::from_str(&store::read_text(&path)?).map_err(damaged)?;
        if exported.format > sheet::FORMAT {
            return Err(Error::input(format!("{} was written by a newer pmtune", path.display())).hint("update pmtune"));
        }
        if !exported.sheet.is_whole() || exported.sheet.id != id || exported.key.id != id {
            return Err(Error::input(format!("{} was altered", path.display())).hint("export the sheet again"));
        }
        Ok(exported)
    }
}

fn place(run: &Path, id: &str) -> PathBuf {
    run.join(SHEETS).join(format!("{id}.json"))
}

/// What a file says of one answer.
#[derive(Debug, Clone, PartialEq)]
struct Judgement {
    draft: Draft,
    /// When it was made, where the file says so.
    at: Option<Timestamp>,
    /// For messages: `scores.csv:7`.
    place: String,
}

/// What became of a file's ratings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    pub reviewer: String,
    /// Ids of the runs whose answers the sheet held.
    pub runs: Vec<String>,
    /// Answers rated for the first time.
    pub new: usize,
    /// Answers rated otherwise than before.
    pub changed: usize,
    /// Answers rated as they were before, or left empty in the file.
    pub unchanged: usize,
    /// Answers whose recorded rating is newer than the file's, or complete where the file's is not.
    pub older: usize,
    /// Of the new and the changed ones: still without all five points.
    pub unfinished: usize,
    /// What was guessed or passed over in reading the file, each in a sentence for the user.
    pub notes: Vec<String>,
}

/// Reads a filled sheet and records what it says: all of it, or nothing.
///
/// # Errors
/// Every fault at once: a sheet that is foreign or was altered, points that are none, answers missing or there twice.
pub fn import(reports: &Reports, file: &Path, bytes: &[u8]) -> Result<Imported> {
    let (exported, judgements, notes) = read(bytes, file, |id| Exported::find(reports, id))?;
    let name = exported.sheet.reviewer.clone();
    let reviewer = Reviewer { name: name.clone(), kind: ReviewerKind::Person };
    let runs = exported.key.runs.clone();
    let mut session = Session::open(reports, exported.sheet, exported.key, &reviewer)?;
    let faults = judgements.iter().filter_map(|judgement| {
        let fault = session.check(&judgement.draft).err()?;
        Some(Error { message: format!("{}: {}", judgement.place, fault.message), ..fault })
    });
    if let Some(fault) = Error::gather(faults) {
        return Err(fault);
    }
    // A table does not say when it was filled; it was before the file was saved.
    let saved = std::fs::metadata(file).and_then(|about| about.modified()).ok();
    let saved = saved.and_then(|at| Timestamp::try_from(at).ok());
    let from = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned();
    let mut imported = Imported { reviewer: name, runs, notes, ..Imported::default() };
    let state: BTreeMap<String, Saved> = session.state().into_iter().map(|s| (s.answer.clone(), s)).collect();
    for Judgement { mut draft, at, .. } in judgements {
        let at = at.or(saved);
        let Some(known) = state.get(&draft.answer) else { continue };
        let same = (&draft.points, &draft.comment, &draft.flags, draft.done)
            == (&known.points, &known.comment, &known.flags, known.done);
        if same || is_empty(&draft) {
            imported.unchanged += 1;
        } else if known.at.is_some_and(|then| at.is_some_and(|at| at <= then)) || (known.done && !draft.done) {
            imported.older += 1;
        } else {
            draft.reason.get_or_insert_with(|| format!("imported from {from}"));
            let now = Timestamp::now();
            session.rate_at(&draft, at.map_or(now, |at| at.min(now)))?;
            let counter = if known.at.is_some() { &mut imported.changed } else { &mut imported.new };
            *counter += 1;
            imported.unfinished += usize::from(!draft.done);
        }
    }
    Ok(imported)
}

fn is_empty(draft: &Draft) -> bool {
    draft.points.is_empty() && draft.comment.is_empty() && draft.flags.is_empty()
}

/// The sheet that the file fills, what it says, and what a reader should know of how it was read; `find` knows the sheets
/// that were given away.
fn read(
    bytes: &[u8],
    file: &Path,
    find: impl Fn(&str) -> Result<Exported>,
) -> Result<(Exported, Vec<Judgement>, Vec<String>)> {
    let decoded = decode(bytes).map_err(|Fault { line, what, remedy }| {
        Error::input(format!("{}:{line}: {what}", file.display()))
            .hint(format!("{remedy}; a page's scores end in .json"))
    })?;
    let text = decoded.text.as_str();
    if text.trim_start().starts_with('<') {
        return Err(Error::input(format!("{} is a page, not the scores given on it", file.display())).hint(
            "open it in the browser that it was filled in, press \"Save my scores\" and import the file this saves",
        ));
    }
    let (exported, judgements, unread) = match text.trim_start().starts_with('{') {
        true => json::read(text, file, find).map(|(exported, judgements)| (exported, judgements, None))?,
        false => csv::read(text, file, find)?,
    };
    match Error::gather(best_twice(&exported.sheet, &judgements)) {
        Some(fault) => Err(fault),
        None => {
            let told = decoded.guess.into_iter().chain(unread);
            Ok((exported, judgements, told.map(|what| format!("{}: {what}", file.display())).collect()))
        }
    }
}

fn best_twice(sheet: &Sheet, judgements: &[Judgement]) -> Vec<Error> {
    let best = |judgement: &&Judgement| judgement.draft.flags.contains(&Flag::Best);
    let best: BTreeMap<&str, &Judgement> =
        judgements.iter().filter(best).map(|judgement| (judgement.draft.answer.as_str(), judgement)).collect();
    let of = |item: &super::Item| -> Option<Error> {
        let [a, b] = item.answers.as_slice() else { return None };
        let (_, second) = (best.get(a.id.as_str())?, best.get(b.id.as_str())?);
        let message = format!("{}: both answers to item {} are flagged best", second.place, item.number);
        Some(Error::input(message).hint("take `best` off one of them"))
    };
    sheet.items.iter().filter_map(of).collect()
}

/// The answers that the file speaks of twice, or that the sheet does not have.
fn strange_answers(sheet: &Sheet, judgements: &[Judgement]) -> Vec<Error> {
    let known: BTreeSet<&str> = sheet.answers().map(|(_, answer)| answer.id.as_str()).collect();
    let mut seen = BTreeSet::new();
    let mut faults = Vec::new();
    for Judgement { draft, place, .. } in judgements {
        let answer = draft.answer.as_str();
        if !known.contains(answer) {
            let message = format!("{place}: the sheet has no answer {}", clip(answer));
            faults.push(Error::input(message).hint("rows cannot be added; export the sheet again"));
        } else if !seen.insert(answer) {
            let message = format!("{place}: answer {answer} stands there twice");
            faults.push(Error::input(message).hint("keep one of the two"));
        }
    }
    faults
}

/// The beginning of a text from a file, fit for a message.
fn clip(text: &str) -> String {
    words::begin(&text.replace(char::is_control, "\u{fffd}"), 40)
}
