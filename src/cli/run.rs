use super::args::{Args, Command};
use super::{
    chat, compare, data, deploy, eval, export, gaps, gate, guide, history, improve, init, job, models, out, pull,
    render, review, runs, serve, share, shell, suite, suites, train,
};
use crate::{settings, workspace};
use clap::{CommandFactory, Parser};
use engine::error::Result;
use engine::model::Simd;
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
            out::keep(error.print());
            let code = u8::try_from(error.exit_code()).unwrap_or(2);
            return if code == 0 { ended(Ok(())) } else { code };
        }
    };
    ended(dispatch(args))
}

/// The exit code, with the error said. A result that could not be printed is none.
fn ended(result: Result<()>) -> u8 {
    match result.and_then(|()| out::failure().map_or(Ok(()), Err)) {
        Ok(()) => 0,
        Err(error) => {
            out::error(&error);
            error.kind.exit_code()
        }
    }
}

fn dispatch(args: Args) -> Result<()> {
    // A name that is none of the machine's is told before anything is computed with another.
    if Simd::used()? == Simd::Scalar && std::env::var_os("PMTUNE_SIMD").is_none() {
        out::warning("this processor has no vector instructions that pmtune knows: models run correctly, and slowly");
    }
    let root = || match &args.workspace {
        Some(folder) => Ok(folder.clone()),
        None => workspace::root(Path::new(".")),
    };
    let workspace = || settings::open(&root()?);
    match args.command {
        Command::Init(init) => init::run(&init),
        Command::Guide(guide) => guide::run(&guide),
        Command::Pull(pull) => pull::run(&pull),
        Command::Eval(eval) => eval::run(&workspace()?, &eval),
        Command::Export(export) => export::run(&workspace()?, &export),
        Command::Gaps(gaps) => gaps::run(&workspace()?, &gaps),
        Command::Improve(improve) => improve::run(&workspace()?, &improve),
        Command::Deploy(deploy) => deploy::run(&workspace()?, &deploy),
        Command::Train(train) => train::run(&workspace()?, &train),
        Command::Compare(compare) => compare::run(&workspace()?, &compare),
        Command::Review(review) => review::run(&workspace()?, &review),
        Command::Data(data) => data::run(workspace, &data),
        Command::Validate(validate) => suites::validate(&root()?, &validate),
        Command::Suite(suite) => suite::run(&workspace()?, &suite),
        Command::Gate(gate) => gate::run(&workspace()?, &gate),
        Command::Schema(schema) => suites::schema(schema.of),
        Command::Models(models) => models::run(&workspace()?, &models),
        Command::Runs(runs) => runs::run(&workspace()?, &runs),
        Command::Share(args) => share::share(&workspace()?, &args),
        Command::Receive(args) => share::receive(&workspace()?, &args),
        Command::Job(args) => job::run(&workspace()?, &args),
        Command::History(history) => history::run(&workspace()?, &history),
        Command::Render(render) => render::run(&workspace()?, &render),
        Command::Chat(chat) => chat::run(&workspace()?, &chat),
        Command::Serve(serve) => serve::run(&workspace()?, &serve),
        Command::Completions(completions) => shell::completions(Args::command(), &completions),
        Command::Man(man) => shell::man(Args::command(), &man),
    }
}
