//! `pmtune review`: people score answers without knowing which version wrote them; on a page, in the terminal, or on
//! sheets sent to them.

mod args;
mod exchange;
mod prompts;
mod refreshed;
mod reviewer;
mod status;

pub use args::ReviewArgs;

use super::console::Console;
use super::{interrupt, out};
use crate::desk;
use crate::review::{Progress, Session};
use crate::words;
use crate::work::review::{Reading, refresh};
use crate::workspace::Workspace;
use args::{ReviewCommand, SheetArgs};
use engine::error::Result;
use refreshed::refreshed;
use reviewer::reviewer;

pub fn run(workspace: &Workspace, args: &ReviewArgs) -> Result<()> {
    match (&args.command, &args.judge) {
        (Some(ReviewCommand::Export(args)), _) => exchange::export(workspace, args),
        (Some(ReviewCommand::Import(args)), _) => exchange::import(workspace, &args.files),
        (Some(ReviewCommand::Status(args)), _) => status::run(workspace, args),
        (None, Some(model)) => judge(workspace, &args.sheet, model),
        (None, None) => start(workspace, args),
    }
}

/// The reviewer at work, in the terminal or on the page.
fn start(workspace: &Workspace, args: &ReviewArgs) -> Result<()> {
    let reading = Reading::open(workspace, &args.sheet.options(), &Console::new())?;
    let session = reading.session(reviewer(args.sheet.reviewer.as_deref())?)?;
    let progress = if args.tui { prompts::run(session)? } else { page(session, args.port)? };
    finish(progress);
    if progress.done > 0 {
        refresh(workspace, &reading.runs, &Console::new())?;
        refreshed(&reading.runs);
    }
    Ok(())
}

fn judge(workspace: &Workspace, args: &SheetArgs, model: &str) -> Result<()> {
    interrupt::listen();
    let reading = Reading::open(workspace, &args.options(), &Console::new())?;
    reading.judge(workspace, model, &Console::new())?;
    refreshed(&reading.runs);
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
        0 if of == 1 => "The only answer is done. Thank you.".to_string(),
        0 => format!("All {} are done. Thank you.", words::count(of, "answer")),
        left => format!(
            "{done} of {} are done, {left} left. All is saved; the same command goes on.",
            words::count(of, "answer")
        ),
    });
}
