//! `pmtune train`.

mod args;

pub use args::{MaterialArgs, RecipeArgs, TrainArgs};

use super::console::Console;
use super::{interrupt, out};
use crate::work::train::Job;
use crate::workspace::Workspace;
use engine::error::Result;

pub fn run(workspace: &Workspace, args: &TrainArgs) -> Result<()> {
    interrupt::listen();
    let job = match &args.resume {
        Some(name) => Job::resume(workspace, name, args.device.choice(), &Console::new())?,
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
    for point in &trained.told.points {
        out::prose(format!("- {point}"));
    }
    let version = trained.version?;
    let written: Vec<String> = version.written.iter().map(|file| out::path(file)).collect();
    out::prose(format!("- Written: {}", written.join(", ")));
    out::line(format!("\n{}:\n  {}", trained.told.advice, trained.told.next));
    Ok(())
}
