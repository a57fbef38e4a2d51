//! `pmtune job`: work for other engines on other machines, and what comes of it.

mod args;

pub use args::JobArgs;

use self::args::{EvalJobArgs, ImportArgs, JobCommand, TrainJobArgs};
use super::console::Console;
use super::{interrupt, out, show};
use crate::report::visible;
use crate::words;
use crate::work::job::{
    Answered, Imported, Refused, import, write_evaluation, write_missing, write_shards, write_training,
};
use crate::workspace::Workspace;
use engine::error::{Error, Kind, Result};
use std::path::Path;

/// The exit code where something is still missing or was refused.
const PARTIAL: u8 = 3;

pub fn run(workspace: &Workspace, args: &JobArgs) -> Result<()> {
    interrupt::listen();
    match &args.command {
        JobCommand::Train(args) => train(workspace, args),
        JobCommand::Eval(args) => eval(workspace, args),
        JobCommand::Import(args) => take_in(workspace, args),
    }
}

fn train(workspace: &Workspace, args: &TrainJobArgs) -> Result<()> {
    let written = write_training(workspace, &args.options()?, &Console::new())?;
    out::line(format!("Wrote {} for {}:", out::path(&written.folder), written.engine));
    for pupil in &written.versions {
        let steps = pupil.steps;
        let text = format!(
            "{}: {}, {} for validation; {} of {} = {} each × {} × {}",
            pupil.name,
            words::count(pupil.training, "example"),
            pupil.validation,
            words::count(pupil.total_steps, "step"),
            steps.batch(),
            steps.per_device,
            words::count(steps.processes, "process"),
            words::count(steps.accumulation, "round"),
        );
        out::item("  · ", visible(&text));
    }
    out::item("  · ", format!("base {} at {}", visible(written.weights.model()), visible(written.weights.revision())));
    next(&written.folder);
    Ok(())
}

/// How it goes on after a job was written.
fn next(folder: &Path) {
    let folder = words::shell(&out::path(folder));
    out::line(format!("There:     pip install -r requirements.txt && ./run.sh\nThen here: pmtune job import {folder}"));
}

fn eval(workspace: &Workspace, args: &EvalJobArgs) -> Result<()> {
    if let Some(folder) = &args.missing {
        return missing(folder);
    }
    if let Some(shards) = args.shards()? {
        let file = write_shards(workspace, &shards)?;
        out::line(format!("Wrote {}", out::path(&file)));
        out::paragraph("How it is started stands at its top. Its machines need pmtune, the workspace and the base.");
        return Ok(());
    }
    let written = write_evaluation(workspace, &args.options()?, &Console::new())?;
    out::line(format!("Wrote {} for {}:", out::path(&written.folder), written.engine));
    let versions = words::list(&written.versions);
    let cases = words::count(written.cases, "case");
    let lines = words::count(written.lines, "line");
    out::item("  · ", visible(&format!("{cases} of {versions}: {lines} with the probes")));
    out::item("  · ", format!("base {} at {}", visible(written.weights.model()), visible(written.weights.revision())));
    if !written.left_out.is_empty() {
        let cases = words::count(written.left_out.len(), "case");
        let are = words::either(written.left_out.len(), "is", "are");
        let names = words::few(&written.left_out, 3);
        let text = format!("{cases} {are} left out, whose choices or references are weighed and not written: {names}");
        out::item("  · ", visible(&text));
    }
    if !written.unprobed.is_empty() {
        let text = format!(
            "{}: no probe, since every question tried has the base's answer here too; an engine that passes over the \
             adapter will not be found out",
            words::list(&written.unprobed)
        );
        out::warning(visible(&text));
    }
    next(&written.folder);
    Ok(())
}

fn missing(folder: &Path) -> Result<()> {
    let missing = write_missing(folder)?;
    let Some(file) = &missing.file else {
        out::line(format!("All {} are answered.", words::count(missing.of, "line")));
        return Ok(());
    };
    let lines = words::count(missing.lines, "line");
    out::line(format!("Wrote {}: {lines} of {}", out::path(file), words::thousands(missing.of)));
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    out::line(format!("There:     ./run.sh {name}\nThen here: pmtune job import {}", words::shell(&out::path(folder))));
    Ok(())
}

fn take_in(workspace: &Workspace, args: &ImportArgs) -> Result<()> {
    let imported = import(workspace, &args.folder, args.options(), &Console::new())?;
    for version in &imported.versions {
        let name = visible(&version.name);
        if version.already {
            out::line(format!("{name} is here already, from this very job."));
            continue;
        }
        out::line(format!("{name}, trained by {}: {}", visible(&imported.engine), out::path(&version.folder)));
        if let Some((before, after)) = version.losses {
            out::item("  · ", format!("validation loss {after:.3}, before {before:.3}, on this base"));
        }
        out::line(format!("  Next: pmtune eval --compare base {}", words::shell(&name)));
    }
    for answered in &imported.runs {
        told(answered, &args.folder);
    }
    ended(&imported)
}

fn told(answered: &Answered, folder: &Path) {
    let version = visible(&answered.version);
    if answered.already {
        return out::line(format!("{version}: run {} is here already, from this very job.", visible(&answered.run)));
    }
    if let Some(evaluated) = &answered.evaluated {
        return show::run(evaluated);
    }
    let there = answered.of - answered.missing;
    out::line(format!(
        "{version}: {there} of {}; run {} waits",
        words::count(answered.of, "answer"),
        visible(&answered.run)
    ));
    for failure in &answered.failures {
        out::item("  · ", format!("the engine said: {}", visible(failure)));
    }
    let folder = words::shell(&out::path(folder));
    out::line(format!("  Next: pmtune job eval --missing {folder}, or pmtune job import --finish {folder}"));
}

/// An error where not everything was taken in.
fn ended(imported: &Imported) -> Result<()> {
    let missing: usize = imported.runs.iter().map(|run| if run.evaluated.is_some() { 0 } else { run.missing }).sum();
    let mut faults: Vec<Error> = imported.refused.iter().map(refusal).collect();
    if missing > 0 {
        let error = Error::new(Kind::Refused(PARTIAL), format!("{} missing", are(missing)));
        faults.push(error.hint("the rest is kept; import again once they are there"));
    }
    Error::gather(faults).map_or(Ok(()), Err)
}

fn are(missing: usize) -> String {
    format!("{} {}", words::count(missing, "answer"), words::either(missing, "is", "are"))
}

fn refusal(refused: &Refused) -> Error {
    let Refused { name, error } = refused;
    let mut told = Error::new(Kind::Refused(PARTIAL), format!("{name} was not taken in: {}", error.message));
    told.hint.clone_from(&error.hint);
    told.place.clone_from(&error.place);
    told.also = error
        .also
        .iter()
        .map(|also| Error { hint: also.hint.clone(), ..Error::new(also.kind, &also.message) })
        .collect();
    told
}
