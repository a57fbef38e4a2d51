//! A version to other people and from them, with the reports of the runs that came along.

use super::event::{Event, Sink};
use super::extras::write_run_report;
use crate::registry;
use crate::run::Reports;
use crate::share::{self, Disclosed, ReceiveOptions, Received, Selection, Sent};
use crate::words;
use crate::workspace::Workspace;
use engine::error::{Error, Result};
use std::path::Path;

/// Findings told before "and 7 more".
const MOST: usize = 20;

/// Packs a version into `target`. Everything is looked through first: what gives away a key or a person is refused unless
/// `knowingly`, and told in any case.
///
/// # Errors
/// No such version; something is not there or damaged; something would be given away.
pub fn share(
    workspace: &Workspace,
    version: &str,
    selection: &Selection,
    target: &Path,
    knowingly: bool,
    sink: &dyn Sink,
) -> Result<Sent> {
    let name = registry::find(workspace, version)?.name;
    let gathered = share::gather(workspace, &name, selection)?;
    for what in &gathered.left_out {
        sink.tell(Event::Warning(format!("left out: {what}")));
    }
    let found = share::audit(&gathered)?;
    if !found.is_empty() && !knowingly {
        return Err(refused(&found));
    }
    for one in &found {
        sink.tell(Event::Warning(format!("shared all the same: {one}")));
    }
    share::send(&gathered, target)
}

fn refused(found: &[Disclosed]) -> Error {
    let lines: Vec<String> = found.iter().take(MOST).map(|one| format!("\n  - {one}")).collect();
    let more = found.len().saturating_sub(MOST);
    let more = if more > 0 { format!("\n  and {more} more") } else { String::new() };
    Error::input(format!(
        "{} would leave that give something away:{}{more}",
        words::count(found.len(), "line"),
        lines.concat()
    ))
    .hint("take them out, or leave those files out; --knowingly shares them all the same")
}

/// Takes in a pack, and writes the reports of its runs.
///
/// # Errors
/// As [`share::receive`].
pub fn receive(workspace: &Workspace, file: &Path, options: &ReceiveOptions, sink: &dyn Sink) -> Result<Received> {
    let received = share::receive(workspace, file, options)?;
    let reports = Reports::new(workspace.reports());
    for id in &received.runs {
        write_run_report(workspace, &reports.load(id)?, sink)?;
    }
    Ok(received)
}
