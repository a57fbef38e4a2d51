//! Reports that two commands print.

use super::out;
use crate::work::{Compared, Evaluated};

/// A run's results.
pub fn run(evaluated: &Evaluated) {
    out::text(evaluated.report.terminal(out::width(), out::colour()));
    out::line(format!("\nReport: {}", out::path(&evaluated.run.folder.join("report.html"))));
}

/// What a comparison says.
pub fn comparison(compared: &Compared) {
    out::text(compared.report.terminal(out::width(), out::colour()));
    out::line(format!("\nReport: {}", out::path(&compared.folder.join("report.html"))));
}
