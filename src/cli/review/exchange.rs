//! `pmtune review export` and `import`.

use super::args::ExportArgs;
use super::refreshed::refreshed;
use super::reviewer::reviewer;
use crate::cli::console::Console;
use crate::cli::out;
use crate::desk;
use crate::report;
use crate::words;
use crate::work::review::{self, Reading};
use crate::workspace::Workspace;
use engine::error::Result;
use std::path::PathBuf;

pub fn export(workspace: &Workspace, args: &ExportArgs) -> Result<()> {
    let reading = Reading::open(workspace, &args.sheet.options(), &Console::new())?;
    let names = match &args.sheet.reviewer {
        None if !reading.roster.is_empty() => reading.roster.clone(),
        given => vec![reviewer(given.as_deref())?],
    };
    for name in names {
        let sent = reading.send(&name, &args.to, &desk::sheet_page)?;
        let (page, table) = (out::path(&sent.page), out::path(&sent.table));
        let name = report::visible(&name);
        out::line(format!("{name}: {} to read, in {page} or {table}", words::count(sent.answers, "answer")));
    }
    out::line("\nSend each reviewer one of the two. What comes back goes in with: pmtune review import FILE");
    Ok(())
}

pub fn import(workspace: &Workspace, files: &[PathBuf]) -> Result<()> {
    let (runs, faults) = review::import(workspace, files, &Console::new())?;
    refreshed(&runs);
    faults.map_or(Ok(()), Err)
}
