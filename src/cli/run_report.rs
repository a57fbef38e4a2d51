//! A run's own reports, beside its records.

use super::{loss, people};
use crate::report::{Extras, Report};
use crate::run::Run;
use crate::workspace::Workspace;
use engine::error::Result;
use engine::store;

/// Writes `report.html` and `report.md` into the run's folder, and gives the report.
pub fn write(workspace: &Workspace, run: &Run) -> Result<Report> {
    let trainings = loss::logs(workspace, &[(run.manifest.version.name.as_str(), run)]);
    let report = Report::of_run(run, &Extras { trainings, people: people::of_run(workspace, run) })?;
    store::replace(&run.folder.join("report.html"), report.html()?.as_bytes())?;
    store::replace(&run.folder.join("report.md"), report.markdown()?.as_bytes())?;
    Ok(report)
}
