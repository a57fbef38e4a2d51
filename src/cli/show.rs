//! Reports that two commands print.

use super::out;
use crate::work::{Compared, ComparedAll, Evaluated};
use engine::error::Result;
use engine::store;
use std::path::Path;

/// A run's results.
pub fn run(evaluated: &Evaluated) {
    out::text(evaluated.report.terminal(out::width(), out::colour()));
    out::line(format!("\nReport: {}", out::path(&evaluated.run.folder.join("report.html"))));
}

/// What a comparison says, the verdict last; `full` with all that moved.
pub fn comparison(compared: &Compared, full: bool) {
    let path = out::path(&compared.folder.join("report.html"));
    if full {
        out::text(compared.report.terminal(out::width(), out::colour()));
        out::line(format!("\nReport: {path}"));
    } else {
        out::text(compared.report.brief(out::width(), out::colour()));
        out::line(format!("\nReport: {path}\nDev cases, criteria and every case that changed: --full"));
    }
}

/// What a table of versions says, the verdict last; `full` with the dev cases.
pub fn comparisons(compared: &ComparedAll, full: bool) {
    let path = out::path(&compared.folder.join("report.html"));
    if full {
        out::text(compared.report.terminal(out::width(), out::colour()));
        out::line(format!("\nReport: {path}"));
    } else {
        out::text(compared.report.brief(out::width(), out::colour()));
        out::line(format!("\nReport: {path}\nDev cases, and how it was corrected: --full"));
    }
    for (one, named) in compared.each.iter().zip(&compared.several.versions) {
        let page = one.folder.join("report.html");
        out::line(format!("{} by itself: {}", crate::report::visible(&named.named.label), out::path(&page)));
    }
}

/// Writes a table where one was asked for, and says where it is: beside the results, or on standard error where these are
/// for a program.
pub fn table(file: Option<&Path>, text: impl FnOnce() -> Result<String>, for_program: bool) -> Result<()> {
    let Some(file) = file else { return Ok(()) };
    store::replace(file, text()?.as_bytes())?;
    let said = format!("Table: {}", out::path(file));
    if for_program {
        out::note(said)
    } else {
        out::line(said)
    }
    Ok(())
}
