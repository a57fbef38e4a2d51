//! `pmtune compare`.

use super::console::Console;
use super::show;
use crate::compare::Outcomes;
use crate::work;
use crate::workspace::Workspace;
use engine::error::Result;

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
}

pub fn run(workspace: &Workspace, args: &CompareArgs) -> Result<()> {
    let Outcomes { a, b } = work::find_pair(workspace, &args.before, &args.after)?;
    let compared = work::compare(workspace, Outcomes { a: &a, b: &b }, args.allow_differences, &Console::new())?;
    show::comparison(&compared, args.full);
    Ok(())
}
