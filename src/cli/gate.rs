//! `pmtune gate`, and the last step of `pmtune eval --gate`: runs → rules → decision → its outputs.

mod args;

pub use args::{EvalGateArgs, GateArgs};

use super::console::Console;
use super::out;
use crate::report::gate::{annotations, failure, table};
use crate::work::gate::{Contenders, GateSubject, contenders, decide, exit_code, places, propose, write_decision};
use crate::workspace::Workspace;
use args::OutputArgs;
use engine::error::{Error, Kind, Result};

pub fn run(workspace: &Workspace, args: &GateArgs) -> Result<()> {
    if args.propose {
        let proposal = propose(workspace, args.run.as_deref(), args.allow_differences, &Console::new())?;
        out::text(proposal.yaml());
        return Ok(());
    }
    let subject = GateSubject { candidate: args.run.clone(), against: args.against.clone() };
    let found = contenders(workspace, &subject, args.allow_differences, &Console::new())?;
    judge(workspace, &found, args.allow_differences, &args.outputs)
}

/// Judges a finished run, prints and writes the decision.
///
/// # Errors
/// Of kind `Refused` when it is not passed, with the ten lines that say why.
pub fn judge(workspace: &Workspace, found: &Contenders, insist: bool, outputs: &OutputArgs) -> Result<()> {
    let Contenders { candidate, baseline, remarks } = found;
    let mut decision = decide(workspace, candidate, baseline.as_ref(), insist)?;
    decision.notes.splice(0..0, remarks.iter().cloned());
    out::text(table(&decision, out::width(), out::colour()));
    let against = baseline.as_ref().map(|run| format!(", against {}", run.manifest.id)).unwrap_or_default();
    out::line("");
    out::item("Run: ", format!("{}{against}", candidate.manifest.id));
    let files = outputs.files();
    let report = write_decision(workspace, &decision, candidate, &files)?;
    files.written().for_each(|file| out::line(format!("Written: {}", out::path(file))));
    if outputs.for_github() {
        out::text(annotations(&decision, &places(workspace)));
    }
    let report = out::path(&report);
    if decision.passed {
        out::line(format!("Report: {report}"));
        return Ok(());
    }
    let code = exit_code(workspace, &decision, outputs.exit_code)?;
    Err(Error::new(Kind::Refused(code), failure(&decision, &report, out::width())))
}
