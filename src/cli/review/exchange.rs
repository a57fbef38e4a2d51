//! `pmtune review export` and `import`.

use super::args::ExportArgs;
use super::{assignment, refresh, refs, reviewer, roster, runs};
use crate::cli::out;
use crate::desk;
use crate::report;
use crate::review::{self, Exported, Imported, assign};
use crate::run::Reports;
use crate::workspace::Workspace;
use engine::error::{Error, Result};
use engine::store;
use std::collections::BTreeSet;
use std::path::PathBuf;

pub fn export(workspace: &Workspace, args: &ExportArgs) -> Result<()> {
    let reports = Reports::new(workspace.reports());
    let runs = runs(workspace, &reports, &args.sheet.runs)?;
    let names = match (&args.sheet.reviewer, roster(workspace, &args.sheet)?) {
        (None, roster) if !roster.is_empty() => roster,
        (given, _) => vec![reviewer(given.as_deref())?],
    };
    let folder = workspace.inside(&args.to)?;
    for name in names {
        let (sheet, key) = assign(&refs(&runs), &assignment(workspace, &args.sheet, &name)?)?;
        let (csv, page) = (review::sheet_csv(&sheet)?, desk::sheet_page(&sheet)?);
        let answers = sheet.answers().count();
        let stem = file_stem(&name, &sheet.id);
        // The key first: a sheet that nobody could import must not leave.
        Exported::new(sheet, key).keep(&reports)?;
        let paths = [("html", page.as_bytes()), ("csv", &csv)].map(|(extension, bytes)| {
            let path = folder.join(format!("{stem}.{extension}"));
            store::replace(&path, bytes).map(|()| out::path(&path))
        });
        let [page, table] = paths;
        let name = report::visible(&name);
        out::line(format!("{name}: {answers} answers to read, in {} or {}", page?, table?));
    }
    out::line("\nSend each reviewer one of the two. What comes back goes in with: pmtune review import FILE");
    Ok(())
}

/// `review-ann-3f2a9c1b`: who it is for, and enough of the sheet's id to tell two apart.
fn file_stem(name: &str, id: &str) -> String {
    let kept = name.chars().map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '-' });
    let (kept, id): (String, String) = (kept.take(40).collect(), id.chars().take(8).collect());
    format!("review-{}-{id}", kept.trim_matches('-'))
}

pub fn import(workspace: &Workspace, files: &[PathBuf]) -> Result<()> {
    let reports = Reports::new(workspace.reports());
    let (mut faults, mut touched) = (Vec::new(), BTreeSet::new());
    for file in files {
        let read = std::fs::read(file).map_err(|e| Error::io("read", file, e));
        match read.and_then(|bytes| review::import(&reports, file, &bytes)) {
            Ok(imported) => {
                out::line(words(&imported));
                if imported.new + imported.changed > 0 {
                    touched.extend(imported.runs);
                }
            }
            Err(error) => faults.push(error),
        }
    }
    let runs = touched.iter().map(|id| reports.load(id)).collect::<Result<Vec<_>>>()?;
    refresh(workspace, &runs)?;
    Error::gather(faults).map_or(Ok(()), Err)
}

fn words(imported: &Imported) -> String {
    let Imported { reviewer, new, changed, unchanged, older, unfinished, .. } = imported;
    let mut parts = vec![format!("{new} answers rated")];
    let told = [
        (*changed, "changed"),
        (*unchanged, "empty or as before"),
        (*older, "left as they were, because what is recorded is newer or complete"),
        (*unfinished, "still without all five points, so not counted yet"),
    ];
    parts.extend(told.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")));
    format!("{}: {}", report::visible(reviewer), parts.join(", "))
}
