//! `pmtune gate`, and the last step of `pmtune eval --gate`: runs → rules → decision → its outputs.

pub mod args;
mod find;
mod outputs;

use super::{compare, out};
use crate::compare::Outcomes;
use crate::gate::{Decision, Gate, Points, points};
use crate::registry;
use crate::run::{Reports, Run};
use crate::workspace::{CriteriaSettings, GateSettings, Workspace};
use crate::{report, review};
use args::{GateArgs, OutputArgs};
use engine::error::{Error, Kind, Result};

pub use find::against;

pub fn run(workspace: &Workspace, args: &GateArgs) -> Result<()> {
    let reports = Reports::new(workspace.reports());
    for error in &reports.list()?.unreadable {
        out::warning(format!("left out: {error}"));
    }
    let candidate = find::candidate(workspace, &reports, args.run.as_deref())?;
    let against = match &args.against {
        Some(named) => Some(named.clone()),
        None => against(workspace, &candidate.manifest.version.name)?,
    };
    let baseline = against.map(|named| find::baseline(workspace, &reports, &named, &candidate)).transpose()?;
    judge(workspace, &candidate, baseline.as_ref(), args.allow_differences, &args.outputs)
}

/// Judges a finished run, writes and prints the decision.
///
/// # Errors
/// Of kind `Gate` when it failed, with the ten lines that say why.
pub fn judge(
    workspace: &Workspace,
    candidate: &Run,
    baseline: Option<&Run>,
    insist: bool,
    outputs: &OutputArgs,
) -> Result<()> {
    let settings = workspace.config.gate.as_ref();
    let name = |run: &Run| run.manifest.version.name.clone();
    let before = baseline.map(name).unwrap_or_default();
    let (label_a, label_b) = registry::labels(&workspace.config.line, &before, &name(candidate));
    let gate = Gate {
        candidate,
        baseline,
        labels: Outcomes { a: &label_a, b: &label_b },
        settings,
        people: &people(workspace, settings, candidate)?,
        compare: compare::settings(workspace),
        insist,
    };
    let decision = gate.decide();
    out::text(report::gate::table(&decision, out::width(), out::colour()));
    let report = outputs::write(workspace, &decision, candidate, outputs)?;
    let report = out::path(&report);
    if decision.passed {
        out::line(format!("\nReport: {report}"));
        return Ok(());
    }
    let code = outputs.exit_code.or(settings.and_then(|s| s.exit_code)).unwrap_or(crate::gate::FAILED);
    Err(failed(&decision, &report, code))
}

fn failed(decision: &Decision, report: &str, code: u8) -> Error {
    Error::new(Kind::Refused(code), report::gate::failure(decision, report, out::width()))
}

/// What people made of the run's answers, where a rule asks for it.
fn people(workspace: &Workspace, settings: Option<&GateSettings>, run: &Run) -> Result<Points> {
    let asks = |settings: &GateSettings| settings.people != CriteriaSettings::default();
    if !settings.is_some_and(|s| asks(s) || s.suites.values().any(asks)) {
        return Ok(Points::new());
    }
    Ok(points(&review::gather(&Reports::new(workspace.reports()), run)?))
}
