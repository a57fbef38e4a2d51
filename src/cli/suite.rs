//! `pmtune suite`: suites out of other tools' files, and whether the tests tell good answers from bad.

mod import;
mod rotate;

use super::console::Console;
use super::device::DeviceArgs;
use super::programs::ProgramsArgs;
use super::typed::{Half, file};
use super::{interrupt, out};
use crate::audit::{Wanted, failing};
use crate::gate::{FAILED, UNJUDGED};
use crate::work::{self, AuditFiles, AuditOptions, Audited};
use crate::workspace::Workspace;
use engine::error::{Error, Kind, Result};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct SuiteArgs {
    #[command(subcommand)]
    pub command: SuiteCommand,
}

#[derive(Debug, clap::Subcommand)]
pub enum SuiteCommand {
    /// Test the tests: do they pass the reference and fail bad answers made from it?
    Audit(Box<AuditArgs>),
    /// Retire held-out cases that have borne all the decisions they may.
    Rotate(rotate::RotateArgs),
    /// Make a suite of promptfoo's configuration, an lm-evaluation-harness task or OpenAI evals samples.
    Import(import::ImportArgs),
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Keeps what it finds in reports/audit.json, by which `pmtune eval` warns of suites that are not\n\
                        proven. Needs no model but for --model.\n\nExit codes: 0 fine, 1 nothing to audit; with --gate \
                        100 a suite falls short,\n102 nothing to audit.\n\nExamples:\n  pmtune suite audit\n  \
                        pmtune suite audit format-consistency --html audit.html\n  pmtune suite audit --gate\n  \
                        pmtune suite audit --model base"
)]
pub struct AuditArgs {
    /// Names of suites (default: all).
    #[arg(value_name = "SUITE")]
    pub suites: Vec<String>,
    /// Only one half of the cases.
    #[arg(long)]
    pub split: Option<Half>,
    /// Also ask this version whether cases can be solved without their question (may be repeated).
    #[arg(long, value_name = "MODEL")]
    pub model: Vec<String>,
    #[command(flatten)]
    pub device: DeviceArgs,
    #[command(flatten)]
    pub programs: ProgramsArgs,
    /// Exit with 100 when a suite falls short of the shares below.
    #[arg(long)]
    pub gate: bool,
    /// The least share of bad answers that must fail, 0 to 1.
    #[arg(long, value_name = "SHARE", default_value = "0.95", value_parser = share)]
    pub sensitivity: f64,
    /// The least share of good answers that must pass, 0 to 1.
    #[arg(long, value_name = "SHARE", default_value = "0.95", value_parser = share)]
    pub specificity: f64,
    /// The audit as Markdown.
    #[arg(long, value_name = "FILE", value_parser = file)]
    pub markdown: Option<PathBuf>,
    /// The audit as a page, with every text that was judged wrongly.
    #[arg(long, value_name = "FILE", value_parser = file)]
    pub html: Option<PathBuf>,
    /// The audit as JSON.
    #[arg(long, value_name = "FILE", value_parser = file)]
    pub json: Option<PathBuf>,
}

pub fn run(workspace: &Workspace, args: &SuiteArgs) -> Result<()> {
    match &args.command {
        SuiteCommand::Audit(args) => audit(workspace, args),
        SuiteCommand::Rotate(args) => rotate::run(workspace, args),
        SuiteCommand::Import(args) => import::run(workspace, args),
    }
}

fn audit(workspace: &Workspace, args: &AuditArgs) -> Result<()> {
    interrupt::listen();
    let audited = work::audit(workspace, &options(args), &Console::new())?;
    out::text(audited.report.terminal(out::width(), out::colour()));
    out::line(format!("\nKept: {}", out::path(&audited.kept)));
    let files = AuditFiles { markdown: args.markdown.clone(), html: args.html.clone(), json: args.json.clone() };
    work::write_audit(&audited, &files)?;
    for file in [&files.markdown, &files.html, &files.json].into_iter().flatten() {
        out::line(format!("Written: {}", out::path(file)));
    }
    looked(&audited, args.gate)?;
    if args.gate { judge(&audited) } else { Ok(()) }
}

/// # Errors
/// No good or bad answer was there to look at: that is no success. Of kind `Refused` for a gate, which could not be judged.
fn looked(audited: &Audited, gate: bool) -> Result<()> {
    let audit = &audited.audit;
    if audit.all.sensitivity.of + audit.all.specificity.of > 0 || !audit.unasked.is_empty() {
        return Ok(());
    }
    let kind = if gate { Kind::Refused(UNJUDGED) } else { Kind::Missing };
    Err(Error::new(kind, "there was nothing to audit: no case with checks has a `reference`, `good` or `bad` answers")
        .hint("add them to cases with checks; --model asks a version about cases with `distractors` or `choices`"))
}

/// # Errors
/// Of kind `Refused` when a suite falls short, with a line for each.
fn judge(audited: &Audited) -> Result<()> {
    let short = failing(&audited.audit);
    if short.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = short.iter().map(|(suite, words)| format!("\n  {suite}: {words}")).collect();
    Err(Error::new(Kind::Refused(FAILED), format!("The audit failed{}", lines.concat())))
}

fn options(args: &AuditArgs) -> AuditOptions {
    AuditOptions {
        suites: args.suites.clone(),
        split: args.split.map(Into::into),
        models: args.model.clone(),
        device: args.device.choice(),
        allow_commands: args.programs.allow_commands,
        wanted: Wanted { sensitivity: args.sensitivity, specificity: args.specificity },
    }
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse::<f64>().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "a share from 0 to 1, such as 0.95".to_string())
}
