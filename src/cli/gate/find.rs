//! Which stored runs are meant.

use crate::cli::find::{full_name, newest, run_or_version};
use crate::gate::GateSettings;
use crate::registry;
use crate::run::{Reports, Run};
use crate::workspace::Workspace;
use engine::error::{Error, Result};

/// The run named, or the newest finished run of the version named, or of all.
pub fn candidate(workspace: &Workspace, reports: &Reports, named: Option<&str>) -> Result<Run> {
    match named {
        Some(named) => run_or_version(workspace, reports, named, |_| true),
        None => newest(reports, |_| true)?.ok_or_else(|| {
            Error::missing("there is no finished run to judge").hint("make one: pmtune eval --compare v1 v2 --gate")
        }),
    }
}

/// The run to compare `candidate` with. Of a version, the newest run over the same cases comes before newer ones.
pub fn baseline(workspace: &Workspace, reports: &Reports, named: &str, candidate: &Run) -> Result<Run> {
    let run = run_or_version(workspace, reports, named, |run| run.cases == candidate.manifest.cases)?;
    if run.manifest.id == candidate.manifest.id {
        return Err(Error::usage(format!("{} would be compared with itself", run.manifest.id))
            .hint("name another run or version with --against"));
    }
    Ok(run)
}

/// The version that `candidate` (a version's full name) must not lose against, where no flag says it: the one that
/// `gate.against` names, else the primary one.
pub fn against(workspace: &Workspace, candidate: &str) -> Result<Option<String>> {
    let named = workspace.section::<GateSettings>()?.and_then(|gate| gate.against);
    let other = |name: &String| full_name(workspace, name).is_ok_and(|full| full.as_deref() != Some(candidate));
    match named.filter(other) {
        Some(named) => Ok(Some(named)),
        None => Ok(registry::primary(workspace)?.filter(|primary| primary != candidate)),
    }
}
