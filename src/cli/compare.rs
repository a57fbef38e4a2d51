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
#[command(after_help = "Examples:\n  pmtune compare v1 v2\n  pmtune compare v1 v2 --full\n  \
                        pmtune compare base v1 v2 v3 --csv cases.csv")]
pub struct CompareArgs {
    /// The run of the version before, or the version, meaning its newest whole run.
    #[arg(value_name = "RUN_BEFORE")]
    pub before: String,
    /// The run of the version after, or the version.
    #[arg(value_name = "RUN_AFTER")]
    pub after: String,
    /// Further ones: each is held against the first, in one table that is corrected for how many there are.
    #[arg(value_name = "RUN")]
    pub further: Vec<String>,
    /// Compare even where version, suites or checks changed since the runs were made, or differ between them; the report
    /// says so.
    #[arg(long)]
    pub allow_differences: bool,
    /// Print all of it: both halves, criteria and the cases that changed.
    #[arg(long)]
    pub full: bool,
    /// Print the comparison as JSON, as comparison.json has it (comparisons.json where there are several).
    #[arg(long)]
    pub json: bool,
    /// Also write every case with both versions' results into this file, for spreadsheets.
    #[arg(long, value_name = "FILE", value_parser = file)]
    pub csv: Option<PathBuf>,
}

pub fn run(workspace: &Workspace, args: &CompareArgs) -> Result<()> {
    let CompareArgs { before, after, further, allow_differences, full, json, csv } = args;
    if !further.is_empty() {
        return several(workspace, args);
    }
    let compared = work::compare_stored(workspace, before, after, *allow_differences, &Console::new())?;
    let comparison = &compared.comparison;
    if *json {
        out::json(comparison)?;
    } else {
        out::item("Runs: ", format!("{}, {}", comparison.a.run.id, comparison.b.run.id));
        out::line("");
        show::comparison(&compared, *full);
    }
    show::table(csv.as_deref(), || report::comparison_csv([comparison]), *json)?;
    Ok(())
}

fn several(workspace: &Workspace, args: &CompareArgs) -> Result<()> {
    let CompareArgs { before, after, further, allow_differences, full, json, csv } = args;
    let names: Vec<String> = [before, after].into_iter().chain(further).cloned().collect();
    let compared = work::compare_several_stored(workspace, &names, *allow_differences, &Console::new())?;
    if *json {
        out::json(&compared.several)?;
    } else {
        let versions = compared.several.versions.iter().map(|one| &one.named);
        let runs: Vec<&str> =
            [&compared.several.baseline].into_iter().chain(versions).map(|n| n.run.as_str()).collect();
        out::item("Runs: ", runs.join(", "));
        out::line("");
        show::comparisons(&compared, *full);
    }
    let cases = || report::comparison_csv(compared.each.iter().map(|one| &one.comparison));
    show::table(csv.as_deref(), cases, *json)
}
