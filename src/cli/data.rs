//! `pmtune data`: what training data holds, and what becomes of it. One file per subcommand.

mod add;
mod check;
mod convert;
mod findings;
mod import;
mod inbox;
mod merge;
mod split;
mod stats;
mod write;

use crate::workspace::Workspace;
use engine::error::Result;

#[derive(Debug, clap::Args)]
pub struct DataArgs {
    #[command(subcommand)]
    pub command: DataCommand,
}

#[derive(Debug, clap::Subcommand)]
pub enum DataCommand {
    /// Look at every example for faults: broken lines, duplicates, format drift, placeholders, secrets, leakage.
    Check(check::CheckArgs),
    /// Count the examples against the guide's recommendation, with lengths and variety.
    Stats(stats::StatsArgs),
    /// Show which examples are held out of training.
    Split(split::SplitArgs),
    /// Join several people's folders into a new one.
    Merge(merge::MergeArgs),
    /// Read other tools' training files, or write for them.
    Convert(convert::ConvertArgs),
    /// Keep an answer of a run as a training example.
    Add(add::AddArgs),
    /// Make drafts of your own documents and tables; they wait in the inbox.
    Import(import::ImportArgs),
    /// Write the examples of a plan, one brief at a time, on a page or in an editor.
    Write(write::WriteArgs),
    /// Approve or reject what waits: answers that were captured, drafts of documents.
    Inbox(inbox::InboxArgs),
}

pub fn run(workspace: impl Fn() -> Result<Workspace>, args: &DataArgs) -> Result<()> {
    match &args.command {
        DataCommand::Check(args) => check::run(workspace, args),
        DataCommand::Stats(args) => stats::run(&workspace()?, args),
        DataCommand::Split(args) => split::run(&workspace()?, args),
        DataCommand::Merge(args) => merge::run(args),
        DataCommand::Convert(args) => convert::run(args),
        DataCommand::Add(args) => add::run(&workspace()?, args),
        DataCommand::Import(args) => import::run(&workspace()?, args),
        DataCommand::Write(args) => write::run(&workspace()?, args),
        DataCommand::Inbox(args) => inbox::run(&workspace()?, args),
    }
}
