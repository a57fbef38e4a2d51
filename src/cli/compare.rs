//! `pmtune compare`.

use super::console::Console;
use super::typed::file;
use super::{out, show};
use crate::report;
use crate::work;
use crate::workspace::Workspace;
use engine::error::Result;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct CompareArgs {
    /// The run of the version before, or the version, meaning its newest whole run.
    #[arg(value_name = "RUN_BEFORE")]
    pub before: String,
    /// The run of the version after, or the version.
    #[arg(value_name = "RUN_AFTER")]
    pub after: String,
    /// Compare even where version, suites or checks changed since the runs were made, or differ between them; the report
    /// says so.
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
    let CompareArgs { before, after, allow_differences, full, json, csv } = args;
    let compared = work::compare_stored(workspace, before, after, *allow_differences, &Console::new())?;
    let comparison = &compared.comparison;
    if *json {
        out::json(comparison)?;
    } else {
        out::item("Runs: ", format!("{}, {}", comparison.a.run.id, comparison.b.run.id));
        out::line("");
        show::comparison(&compared, *full);
    }
    show::table(csv.as_deref(), || report::comparison_csv(comparison), *json)?;
    Ok(())
}
