//! Reports that two commands print.

use super::out;
use crate::work::{Compared, Evaluated};

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
        out::line(format!("\nDev cases, criteria and every case that changed: --full, or {path}"));
    }
}
