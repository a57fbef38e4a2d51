//! `pmtune compare`.

use super::console::Console;
use super::show;
use crate::compare::Outcomes;
use crate::work::{self, Pair};
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
}

pub fn run(workspace: &Workspace, args: &CompareArgs) -> Result<()> {
    let Outcomes { a: (a, label_a), b: (b, label_b) } = work::find_pair(workspace, &args.before, &args.after)?;
    let pair = Pair { runs: Outcomes { a: &a, b: &b }, labels: Outcomes { a: &label_a, b: &label_b } };
    let compared = work::compare(workspace, pair, args.allow_differences, &Console::new())?;
    show::comparison(&compared, pair);
    Ok(())
}
