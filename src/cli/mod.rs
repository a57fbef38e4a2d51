//! The command line: arguments as typed, resolved into options; one file per command; all printing and progress bars.
//!
//! Exit codes: 0 fine, 1 error, 2 usage, 100 quality gate, 130 interrupted.

mod args;
mod chat;
mod compare;
mod data;
mod device;
mod eval;
mod find;
mod findings;
mod gate;
mod history;
mod init;
mod interrupt;
mod loss;
mod models;
mod open;
mod out;
mod people;
mod progress;
mod pull;
mod render;
mod review;
mod run_report;
mod suites;
mod train;

use crate::workspace::Workspace;
use args::{Args, Command};
use clap::{CommandFactory, Parser};
use engine::error::Result;
use std::ffi::OsString;
use std::path::Path;

/// The program's arguments as clap knows them, so that others can check a command line without running it.
pub fn command() -> clap::Command {
    Args::command()
}

/// Runs the program and gives its exit code.
pub fn run(args: impl IntoIterator<Item = OsString>) -> u8 {
    let args = match Args::try_parse_from(args) {
        Ok(args) => args,
        Err(error) => {
            let _ = error.print();
            return u8::try_from(error.exit_code()).unwrap_or(2);
        }
    };
    match dispatch(args) {
        Ok(()) => 0,
        Err(error) => {
            out::error(&error);
            error.kind.exit_code()
        }
    }
}

fn dispatch(args: Args) -> Result<()> {
    let workspace = || match &args.workspace {
        Some(folder) => Workspace::open(folder),
        None => Workspace::find(Path::new(".")),
    };
    match args.command {
        Command::Init(init) => init::run(&init),
        Command::Pull(pull) => pull::run(&pull),
        Command::Eval(eval) => eval::run(&workspace()?, &eval),
        Command::Train(train) => train::run(&workspace()?, &train),
        Command::Compare(compare) => compare::run(&workspace()?, &compare),
        Command::Review(review) => review::run(&workspace()?, &review),
        Command::Data(data) => data::run(workspace, &data.command),
        Command::Validate(validate) => suites::validate(workspace, &validate),
        Command::Gate(gate) => gate::run(&workspace()?, &gate),
        Command::Schema(schema) => suites::schema(schema.of),
        Command::Models(models) => models::run(&workspace()?, &models),
        Command::History(history) => history::run(&workspace()?, &history),
        Command::Render(render) => render::run(&workspace()?, &render),
        Command::Chat(chat) => chat::run(&workspace()?, &chat),
    }
}
