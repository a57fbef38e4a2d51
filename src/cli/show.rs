//! Tables that two commands print.

use super::out;
use crate::report;
use crate::work::{Compared, Evaluated, Pair};

/// A run's results.
pub fn run(evaluated: &Evaluated) {
    let Evaluated { run, confidence, extras, .. } = evaluated;
    out::text(report::table::run(run, *confidence, extras.people.as_ref(), out::width(), out::colour()));
    out::line(format!("\nReport: {}", out::path(&run.folder.join("report.html"))));
}

/// What a comparison says.
pub fn comparison(compared: &Compared, pair: Pair<'_>) {
    let Compared { comparison, extras, folder } = compared;
    let (a, b) = (pair.runs.a, pair.runs.b);
    out::text(report::table::comparison(comparison, a, b, extras.people.as_ref(), out::width(), out::colour()));
    out::line(format!("\nReport: {}", out::path(&folder.join("report.html"))));
}
