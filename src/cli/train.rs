//! `pmtune train`.

mod args;

pub use args::TrainArgs;

use super::console::Console;
use super::{interrupt, out};
use crate::work::train::Job;
use crate::workspace::Workspace;
use engine::error::Result;

pub fn run(workspace: &Workspace, args: &TrainArgs) -> Result<()> {
    interrupt::listen();
    let job = match &args.resume {
        Some(name) => Job::resume(workspace, name, args.device.into(), &Console::new())?,
        None => Job::begin(workspace, &args.options(), &Console::new())?,
    };
    if args.explain {
        out::line(job.explain(workspace)?);
    }
    out::text(job.describe());
    if args.dry_run {
        return Ok(());
    }
    let trained = job.run(workspace, &Console::new())?;
    if trained.version.is_ok() {
        out::line("");
    }
    out::paragraph(&trained.words);
    let version = trained.version?;
    out::line("");
    let written: Vec<String> = version.written.iter().map(|file| out::path(file)).collect();
    out::paragraph(format!("Written: {}", written.join(", ")));
    Ok(())
}
