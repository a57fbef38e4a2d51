//! `pmtune history`: the runs of a line of versions on one axis, in the terminal, as a page and as a table.

use super::console::Console;
use super::out;
use super::typed::{Half, file};
use crate::work::{self, HistoryOptions};
use crate::workspace::Workspace;
use engine::error::Result;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(after_help = "Writes reports/history.html and reports/history.md.\n\nExamples:\n  pmtune history\n  \
                        pmtune history --half dev\n  pmtune history --csv history.csv\n  \
                        pmtune history --line openai:http://127.0.0.1:1234/v1#qwen2.5")]
pub struct HistoryArgs {
    /// Another line than the workspace's, or one model by its name as runs give it.
    #[arg(long, value_name = "NAME")]
    pub line: Option<String>,
    /// Which half of the cases to show (default: held-out, where there are such cases).
    #[arg(long)]
    pub half: Option<Half>,
    /// Also write every value into this file, for spreadsheets.
    #[arg(long, value_name = "FILE", value_parser = file)]
    pub csv: Option<PathBuf>,
    /// Print the history as JSON: every run, every series of values, the log of tasks.
    #[arg(long)]
    pub json: bool,
}

pub fn run(workspace: &Workspace, args: &HistoryArgs) -> Result<()> {
    let half = args.half.map(Into::into);
    let options = HistoryOptions { line: args.line.clone(), half, csv: args.csv.clone() };
    let told = work::history(workspace, &options, &Console::new())?;
    if args.json {
        return out::json(&serde_json::json!({"history": told.history, "log": told.log}));
    }
    out::text(told.report.terminal(out::width(), out::colour()));
    out::line(format!("\nPage: {}", out::path(&told.page)));
    if let Some(path) = &told.csv {
        out::line(format!("Table: {}", out::path(path)));
    }
    Ok(())
}
