//! Programs that suites run: only where a person says so.

use super::event::{Event, Sink};
use crate::suite::{self, Suite};
use crate::words;
use crate::workspace::Workspace;
use engine::error::{Error, Result};

/// Lets the checks of these suites run their programs, and says which, where `allowed`.
///
/// # Errors
/// They run programs, and nobody allowed it. A file of the workspace cannot allow it: it may come from the same stranger
/// as the suites.
pub(super) fn permit(workspace: &Workspace, suites: &[Suite], allowed: bool, sink: &dyn Sink) -> Result<()> {
    let programs = suite::programs(suites);
    if programs.is_empty() {
        return Ok(());
    }
    let calls: Vec<String> =
        programs.iter().map(|(call, cases)| format!("`{call}` ({})", words::count(*cases, "case"))).collect();
    let calls = words::few(&calls, 5);
    if !allowed {
        let message = format!("checks of these suites run programs on this computer: {calls}");
        return Err(Error::usage(message)
            .hint("read them, and where you trust them add --allow-commands; --suite NAME leaves suites out"));
    }
    sink.tell(Event::Note(format!("these suites run programs on this computer: {calls}")));
    let root = workspace.root.canonicalize().map_err(|e| Error::io("open", &workspace.root, e))?;
    suite::permit(suites, &root);
    Ok(())
}
