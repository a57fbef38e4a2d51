//! A run's own reports, beside its records.

use super::{compare, loss, people};
use crate::report::{self, Extras};
use crate::review::People;
use crate::run::Run;
use crate::workspace::Workspace;
use engine::error::Result;
use engine::store;

/// Writes `report.html` and `report.md` into the run's folder, and gives what they show besides the run.
pub fn write(workspace: &Workspace, run: &Run) -> Result<Extras<People>> {
    let trainings = loss::logs(workspace, &[(run.manifest.version.name.as_str(), run)]);
    let extras = Extras { trainings, people: people::of_run(workspace, run) };
    let confidence = compare::settings(workspace).confidence;
    store::replace(&run.folder.join("report.html"), report::run_html(run, confidence, &extras)?.as_bytes())?;
    store::replace(&run.folder.join("report.md"), report::run_markdown(run, confidence, &extras)?.as_bytes())?;
    Ok(extras)
}
