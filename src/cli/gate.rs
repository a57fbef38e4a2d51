//! `pmtune gate`, and the last step of `pmtune eval --gate`: runs → rules → decision → its outputs.

mod args;

pub use args::{EvalGateArgs, GateArgs};

use super::console::Console;
use super::out;
use crate::report::gate::{annotations, failure, table};
use crate::run::Run;
use crate::work::gate::{GateSubject, contenders, decide, exit_code, places, write_decision};
use crate::workspace::Workspace;
use args::OutputArgs;
use engine::error::{Error, Kind, Result};

pub fn run(workspace: &Workspace, args: &GateArgs) -> Result<()> {
    let subject = GateSubject { candidate: args.run.clone(), against: args.against.clone() };
    let found = contenders(workspace, &subject, &Console::new())?;
    judge(workspace, &found.candidate, found.baseline.as_ref(), args.allow_differences, &args.outputs)
}

/// Judges a finished run, prints and writes the decision.
///
/// # Errors
/// Of kind `Refused` when it failed, with the ten lines that say why.
pub fn judge(
    workspace: &Workspace,
    candidate: &Run,
    baseline: Option<&Run>,
    insist: bool,
    outputs: &OutputArgs,
) -> Result<()> {
    let decision = decide(workspace, candidate, baseline, insist)?;
    out::text(table(&decision, out::width(), out::colour()));
    let report = write_decision(workspace, &decision, candidate, &outputs.files())?;
    if outputs.for_github() {
        out::text(annotations(&decision, &places(workspace)));
    }
    let report = out::path(&report);
    if decision.passed {
        out::line(format!("\nReport: {report}"));
        return Ok(());
    }
    let code = exit_code(workspace, outputs.exit_code)?;
    Err(Error::new(Kind::Refused(code), failure(&decision, &report, out::width())))
}
