//! `pmtune runs`: what lies in `reports/`.

use super::console::Console;
use super::{out, show};
use crate::report::visible;
use crate::words;
use crate::work::runs::{Removal, Stored, list, merge};
use crate::workspace::Workspace;
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use engine::error::{Error, Result};
use std::io::{BufRead, IsTerminal};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  pmtune runs list\n  pmtune runs merge shards/\n  \
                        pmtune runs remove 2026-11-21-2031-PM-General-v2\n  pmtune runs remove --yes RUN RUN")]
pub struct RunsArgs {
    #[command(subcommand)]
    pub command: RunsCommand,
}

#[derive(Debug, clap::Subcommand)]
pub enum RunsCommand {
    /// Every run, oldest first: how many of the suites' cases it asked, and what it was set to otherwise.
    List,
    /// Join the shards that several machines made (`pmtune eval --shard`) into the run that one would have made.
    Merge(MergeArgs),
    /// Remove runs with their answers and reports; asks first.
    Remove(RemoveArgs),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Every shard must be there once, and all of the same version, suites, settings and pmtune.\n\n\
                        Examples:\n  pmtune runs merge shards/\n  pmtune runs merge RUN RUN RUN")]
pub struct MergeArgs {
    /// The shards, by their ids or folders; or a folder that holds such folders.
    #[arg(required = true, value_name = "RUN")]
    pub runs: Vec<String>,
}

#[derive(Debug, clap::Args)]
pub struct RemoveArgs {
    /// The runs, by their ids.
    #[arg(required = true, value_name = "RUN")]
    pub runs: Vec<String>,
    /// Do not ask.
    #[arg(long)]
    pub yes: bool,
    /// Also runs that a review needs: their answers were scored, or are in a sheet that was given away. The scores are lost.
    #[arg(long)]
    pub with_reviews: bool,
}

pub fn run(workspace: &Workspace, args: &RunsArgs) -> Result<()> {
    match &args.command {
        RunsCommand::List => table(&list(workspace, &Console::new())?),
        RunsCommand::Merge(args) => show::run(&merge(workspace, &args.runs, &Console::new())?),
        RunsCommand::Remove(args) => return remove(workspace, args),
    }
    Ok(())
}

fn table(runs: &[Stored]) {
    if runs.is_empty() {
        out::line("No runs yet; `pmtune eval` makes one.");
        return;
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(out::width() as u16).set_header(["run", "version", "cases", "date", "size"]);
    for stored in runs {
        let manifest = &stored.manifest;
        table.add_row([
            visible(&manifest.id),
            visible(&manifest.version.name),
            cases(stored),
            words::local_day(manifest.started),
            words::bytes(stored.bytes),
        ]);
    }
    if let Some(size) = table.column_mut(4) {
        size.set_cell_alignment(CellAlignment::Right);
    }
    out::line(table.trim_fmt());
    let remarks: Vec<(&str, String)> = runs
        .iter()
        .flat_map(|stored| remarks(stored).map(move |remark| (stored.manifest.id.as_str(), remark)))
        .collect();
    if !remarks.is_empty() {
        out::line("");
    }
    for (id, remark) in remarks {
        out::item("  · ", format!("{}: {}", visible(id), visible(&remark)));
    }
}

/// `63, all`, or `1 of 63`.
fn cases(stored: &Stored) -> String {
    match stored.extent {
        Some(extent) if extent.is_whole() => format!("all {}", extent.of),
        Some(extent) => format!("{} of {}", extent.asked, extent.of),
        None => stored.manifest.cases.len().to_string(),
    }
}

/// What is to be known of a run besides its row.
fn remarks(stored: &Stored) -> impl Iterator<Item = String> {
    let manifest = &stored.manifest;
    let unfinished = || format!("not finished; pmtune eval --resume {} finishes it", words::shell(&manifest.id));
    let judged_again = manifest.rescored_from.as_ref().map(|from| format!("the answers of {from}, judged again"));
    let shard =
        manifest.shard.as_ref().map(|part| format!("{}; pmtune runs merge joins all of them", part.shard.words()));
    let merged = (!manifest.merged_from.is_empty())
        .then(|| format!("merged from {}", words::count(manifest.merged_from.len(), "shard")));
    [manifest.finished.is_none().then(unfinished), shard, merged, stored.set_otherwise.clone(), judged_again]
        .into_iter()
        .flatten()
}

fn remove(workspace: &Workspace, args: &RemoveArgs) -> Result<()> {
    let removal = Removal::of(workspace, &args.runs, args.with_reviews)?;
    let words = visible(&removal.words());
    if !args.yes && !confirmed(&words)? {
        out::line("Nothing was removed.");
        return Ok(());
    }
    removal.remove()?;
    out::paragraph(format!("Removed {words}"));
    Ok(())
}

/// Asks on the terminal.
///
/// # Errors
/// There is none.
fn confirmed(words: &str) -> Result<bool> {
    if !std::io::stdin().is_terminal() {
        return Err(Error::usage(format!("nobody can be asked whether to remove {words}")).hint("add --yes"));
    }
    out::paragraph(format!("Remove {words}?"));
    out::text("They cannot be brought back. Type yes to go on: ");
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    read.map_err(|e| Error::input(format!("cannot read what you typed: {e}")))?;
    Ok(line.trim().eq_ignore_ascii_case("yes"))
}
