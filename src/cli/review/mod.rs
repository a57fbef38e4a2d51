//! `pmtune review`: people score answers without knowing which version wrote them; on a page, in the terminal, or on
//! sheets sent to them.

pub mod args;
mod exchange;
mod judge;
mod prompts;
mod status;

use super::{find, interrupt, out, run_report};
use crate::desk;
use crate::review::{Assignment, Progress, ReviewSettings, Reviewer, ReviewerKind, Session, assign};
use crate::run::{Reports, Run};
use crate::workspace::Workspace;
use args::{ReviewArgs, ReviewCommand, SheetArgs};
use engine::error::{Error, Result};
use std::collections::BTreeSet;
use std::io::{BufRead, IsTerminal};

pub fn run(workspace: &Workspace, args: &ReviewArgs) -> Result<()> {
    match (&args.command, &args.judge) {
        (Some(ReviewCommand::Export(args)), _) => exchange::export(workspace, args),
        (Some(ReviewCommand::Import(args)), _) => exchange::import(workspace, &args.files),
        (Some(ReviewCommand::Status(args)), _) => status::run(workspace, args),
        (None, Some(model)) => judge::run(workspace, &args.sheet, model),
        (None, None) => start(workspace, args),
    }
}

/// The reviewer at work, in the terminal or on the page.
fn start(workspace: &Workspace, args: &ReviewArgs) -> Result<()> {
    let reports = Reports::new(workspace.reports());
    let runs = runs(workspace, &reports, &args.sheet.runs)?;
    let name = reviewer(args.sheet.reviewer.as_deref())?;
    let (sheet, key) = assign(&refs(&runs), &assignment(workspace, &args.sheet, &name)?)?;
    let reviewer = Reviewer { name, kind: ReviewerKind::Person };
    let session = Session::open(&reports, sheet, key, &reviewer)?;
    let progress = if args.tui { prompts::run(session)? } else { page(session, args.port)? };
    finish(progress);
    if progress.done > 0 { refresh(workspace, &runs) } else { Ok(()) }
}

/// The finished runs that are meant by one name or two.
fn runs(workspace: &Workspace, reports: &Reports, names: &[String]) -> Result<Vec<Run>> {
    match names {
        [before, after] => find::pair(workspace, reports, before, after).map(|(before, after)| vec![before, after]),
        names => names.iter().map(|name| find::run_or_version(workspace, reports, name, |_| true)).collect(),
    }
}

/// Writes the runs' reports anew, with what people say of them now. Nothing of it is printed: whoever has answers left to
/// score should not know yet which version is ahead.
fn refresh(workspace: &Workspace, runs: &[Run]) -> Result<()> {
    for run in runs {
        run_report::write(workspace, run)?;
    }
    match runs {
        [] => {}
        [_] => out::paragraph("The run's report shows the scores so far."),
        [a, b, ..] => out::paragraph(format!(
            "The runs' reports show the scores so far. Both together are shown by `pmtune compare {} {}`.",
            a.manifest.id, b.manifest.id
        )),
    }
    Ok(())
}

/// The page on this computer, until the reviewer says on it that they stop, or presses Ctrl-C here.
fn page(session: Session, port: Option<u16>) -> Result<Progress> {
    interrupt::listen();
    desk::serve(session, port, &interrupt::asked, &mut |address| {
        out::line(format!("Open this address in a browser on this computer; it works once:\n\n  {address}\n"));
        out::paragraph("Every score is saved at once. Ctrl-C here, or \"Stop for now\" on the page, ends the review.");
    })
}

fn finish(Progress { done, of }: Progress) {
    out::paragraph(match of - done {
        0 => format!("All {of} answers are done. Thank you."),
        left => format!("{done} of {of} answers are done, {left} left. All is saved; the same command goes on."),
    });
}

fn refs(runs: &[Run]) -> Vec<&Run> {
    runs.iter().collect()
}

fn assignment(workspace: &Workspace, args: &SheetArgs, reviewer: &str) -> Result<Assignment> {
    let settings = workspace.section::<ReviewSettings>()?.unwrap_or_default();
    Ok(Assignment {
        reviewer: reviewer.to_string(),
        roster: roster(workspace, args)?,
        overlap: args.overlap.unwrap_or(settings.overlap),
        split: args.split.map(Into::into),
        limit: args.limit,
    })
}

/// Everybody who reviews, as the flag says or else the workspace.
fn roster(workspace: &Workspace, args: &SheetArgs) -> Result<Vec<String>> {
    let names = match args.reviewers.as_slice() {
        [] => workspace.section::<ReviewSettings>()?.unwrap_or_default().reviewers,
        named => named.to_vec(),
    };
    let mut seen = BTreeSet::new();
    let names = names.iter().map(|name| name.trim().to_string());
    Ok(names.filter(|name| !name.is_empty() && seen.insert(name.clone())).collect())
}

/// The name given, else the one this computer knows, else what is typed.
fn reviewer(given: Option<&str>) -> Result<String> {
    if let Some(name) = given {
        return Ok(name.trim().to_string());
    }
    let known = ["USER", "USERNAME"].into_iter().filter_map(|variable| std::env::var(variable).ok());
    if let Some(name) = known.map(|name| name.trim().to_string()).find(|name| !name.is_empty()) {
        return Ok(name);
    }
    let unknown = || Error::usage("it is not known who reviews").hint("say who you are: --reviewer NAME");
    if !std::io::stdin().is_terminal() {
        return Err(unknown());
    }
    out::text("Your name: ");
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(|_| unknown())?;
    let name = line.trim();
    if name.is_empty() { Err(unknown()) } else { Ok(name.to_string()) }
}
