//! `pmtune compare`.

use super::console::Console;
use super::typed::file;
use super::{out, show};
use crate::compare::Outcomes;
use crate::report;
use crate::work;
use crate::workspace::Workspace;
use engine::error::Result;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct CompareArgs {
    /// The run of the version before, or the version, meaning its newest finished run.
    #[arg(value_name = "RUN_BEFORE")]
    pub before: String,
    /// The run of the version after, or the version.
    #[arg(value_name = "RUN_AFTER")]
    pub after: String,
    /// Compare even where suites, checks or sampling differ; the report says so.
    #[arg(long)]
    pub allow_differences: bool,
    /// Print all of it: both halves, criteria and the cases that changed.
    #[arg(long)]
    pub full: bool,
    /// Print the comparison as JSON, as comparison.json has it.
    #[arg(long)]
    pub json: bool,
    /// Also write every case with both versions' results into this file, for spreadsheets.
    #[arg(long, value_name = "FILE", value_parser = file)]
    pub csv: Option<PathBuf>,
}

pub fn run(workspace: &Workspace, args: &CompareArgs) -> Result<()> {
    let Outcomes { a, b } = work::find_pair(workspace, &args.before, &args.after)?;
    let compared = work::compare(workspace, Outcomes { a: &a, b: &b }, args.allow_differences, &Console::new())?;
    if args.json {
        out::json(&compared.comparison)?;
    } else {
        show::comparison(&compared, args.full);
    }
    show::table(args.csv.as_deref(), || report::comparison_csv(&compared.comparison), args.json)?;
    Ok(())
}
