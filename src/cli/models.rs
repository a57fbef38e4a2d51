//! `pmtune models`: the versions of a workspace, kept in order over time. One file per group of subcommands.

mod args;
mod diff;
mod list;
mod moves;
mod routes;
mod verify;

pub use args::ModelsArgs;

use crate::workspace::Workspace;
use args::ModelsCommand;
use engine::error::Result;

pub fn run(workspace: &Workspace, args: &ModelsArgs) -> Result<()> {
    match &args.command {
        ModelsCommand::List { json: true } => list::json(workspace),
        ModelsCommand::List { json: false } => list::list(workspace),
        ModelsCommand::Show { model } => list::show(workspace, model),
        ModelsCommand::Note { version, text: None } => list::notes(workspace, version),
        ModelsCommand::Note { version, text: Some(text) } => moves::note(workspace, version, text),
        ModelsCommand::Promote { version, because } => moves::promote(workspace, version, because.as_deref()),
        ModelsCommand::Archive { version } => moves::archive(workspace, version),
        ModelsCommand::Restore { version } => moves::restore(workspace, version),
        ModelsCommand::Verify { version, accept } => verify::run(workspace, version.as_deref(), *accept),
        ModelsCommand::Routes { json } => routes::run(workspace, *json),
        ModelsCommand::Diff { before, after, json: true } => diff::json(workspace, before, after),
        ModelsCommand::Diff { before, after, json: false } => diff::run(workspace, before, after),
    }
}
