//! The monthly loop: every step that is not done for today's inputs, in order, up to where a person is needed.
//!
//! A month is resumed by calling again. Each step writes what came of it before it is entered as done, so after a kill it is
//! done again at most, and finds its own work (an unfinished training, answers that are recorded) where it left it.

mod inputs;
mod steps;

use super::device::DeviceChoice;
use super::event::{Event, Sink};
use crate::improve::{ImproveSettings, Month, Round, Step, page};
use crate::registry;
use crate::report::MonthsReport;
use crate::words;
use crate::workspace::Workspace;
use engine::error::{Error, Result};
use engine::store;
use jiff::{Timestamp, Zoned};
use std::fs::File;
use std::path::{Path, PathBuf};

/// A call of the loop, resolved.
#[derive(Debug, Clone)]
pub struct ImproveOptions {
    /// `2026-11`; else the month that is not finished yet, else today's.
    pub month: Option<String>,
    /// Say what would be done, and do nothing.
    pub dry_run: bool,
    /// Go on where a person may do something and need not.
    pub yes: bool,
    /// How many trainings, 1 or more, of which the one of the lowest validation loss is taken.
    pub tries: usize,
    /// The month's recipe; as it was where none is named.
    pub round: Option<Round>,
    pub device: DeviceChoice,
    /// Whether checks may run the programs they name.
    pub allow_commands: bool,
}

/// How far the month is now.
#[derive(Debug, Clone)]
pub struct Improved {
    pub month: Month,
    pub folder: PathBuf,
    pub stop: Stop,
}

/// Why the loop stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// The month is over.
    Finished,
    /// A person is to do something; the command that begins it, or goes on after it.
    Person { step: Step, what: String, next: String },
    /// Nothing was done: these steps are to be done, each with the reason.
    Shown(Vec<(Step, String)>),
}

/// What came of a step.
enum Came {
    Done(String),
    Person { what: String, next: String },
}

/// Goes on with the month.
///
/// # Errors
/// Another pmtune works on it; a step fails; `Interrupted` when the sink stops it. What was done by then stays done.
pub fn improve(workspace: &Workspace, options: &ImproveOptions, sink: &dyn Sink) -> Result<Improved> {
    let root = workspace.root.join("improve");
    let name = month(&root, options.month.as_deref())?;
    let folder = root.join(&name);
    // Before anything is written: a month that cannot begin leaves no folder.
    let begun = match Month::read(&folder)? {
        Some(month) => month,
        None => Month::new(&name, &in_use(workspace, &root)?),
    };
    let settings = workspace.section()?.unwrap_or_default();
    let mut course = Course { workspace, options, sink, folder: folder.clone(), settings, month: begun };
    course.take_round();
    if options.dry_run {
        let stop = Stop::Shown(course.to_do()?);
        return Ok(Improved { month: course.month, folder, stop });
    }
    std::fs::create_dir_all(&folder).map_err(|e| Error::io("create", &folder, e))?;
    let _lock = lock(&root)?;
    // Another call may have gone on until the lock was had.
    match Month::read(&folder)? {
        Some(month) => course.month = month,
        None => course.month.write(&folder)?,
    }
    course.take_round();
    let stop = course.run()?;
    let waiting = match &stop {
        Stop::Person { what, next, .. } => Some((what.as_str(), next.as_str())),
        _ => None,
    };
    store::replace(&folder.join("README.md"), page(&course.month, waiting).as_bytes())?;
    write_months(&root)?;
    Ok(Improved { month: course.month, folder, stop })
}

/// The loop under way.
struct Course<'a> {
    workspace: &'a Workspace,
    options: &'a ImproveOptions,
    sink: &'a dyn Sink,
    folder: PathBuf,
    settings: ImproveSettings,
    month: Month,
}

impl Course<'_> {
    /// The round that was named counts from now on. A month that has decided keeps its own.
    fn take_round(&mut self) {
        if self.month.decision.is_none() {
            self.month.round = self.options.round.or(self.month.round);
        }
    }

    /// Examples that the month asks for.
    fn asked_for(&self) -> usize {
        self.month.round.map_or(self.settings.examples, Round::examples)
    }

    fn run(&mut self) -> Result<Stop> {
        // A month that ended stays as it is, whatever is written for the next one.
        if self.month.steps.contains_key(&Step::Deploy) {
            return Ok(Stop::Finished);
        }
        for step in Step::ALL {
            let inputs = self.inputs(step)?;
            if self.month.is_done(step, &inputs) {
                continue;
            }
            if self.month.steps.contains_key(&step) {
                let text = format!("{} is done again: what it rests on has changed", step.name());
                self.sink.tell(Event::Note(text));
            }
            match self.perform(step, &inputs)? {
                Came::Person { what, next } => return Ok(Stop::Person { step, what, next }),
                Came::Done(said) => {
                    self.sink.tell(Event::Note(format!("{}: {said}", step.name())));
                    self.month.finish(step, inputs, Timestamp::now(), said);
                    self.month.write(&self.folder)?;
                    store::replace(&self.folder.join("README.md"), page(&self.month, None).as_bytes())?;
                }
            }
        }
        Ok(Stop::Finished)
    }

    /// Steps that are not done for today's inputs. Those after the first of them are to be done with it.
    fn to_do(&self) -> Result<Vec<(Step, String)>> {
        if self.month.steps.contains_key(&Step::Deploy) {
            return Ok(Vec::new());
        }
        let mut first = None;
        for (at, step) in Step::ALL.into_iter().enumerate() {
            if !self.month.is_done(step, &self.inputs(step)?) {
                first = Some(at);
                break;
            }
        }
        let why = |(i, step): (usize, Step)| match (i, self.month.steps.contains_key(&step)) {
            (_, false) => (step, step.about().to_string()),
            (0, true) => (step, "what it rests on has changed".to_string()),
            (_, true) => (step, "if what comes before it ends otherwise".to_string()),
        };
        let rest = first.map_or(&[][..], |at| &Step::ALL[at..]);
        Ok(rest.iter().copied().enumerate().map(why).collect())
    }
}

/// All months on one page, beside their folders.
fn write_months(root: &Path) -> Result<()> {
    let mut months = Vec::new();
    for name in names(root) {
        months.extend(Month::read(&root.join(name))?);
    }
    let report = MonthsReport::new(&months)?;
    store::replace(&root.join("index.html"), report.html()?.as_bytes())?;
    store::replace(&root.join("README.md"), report.markdown()?.as_bytes())
}

/// The folders of months, the oldest first.
fn names(root: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(root).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.retain(|name| is_month(name));
    names.sort();
    names
}

/// The version in use: primary; the base where there is no version yet, or where the newest month left it in use.
fn in_use(workspace: &Workspace, root: &Path) -> Result<String> {
    let newest = names(root).into_iter().rev().find_map(|name| Month::read(&root.join(name)).ok().flatten());
    let base_stayed = newest.is_some_and(|month| month.after() == Some("base"));
    match (registry::primary(workspace)?, registry::list(workspace)?.last()) {
        (Some(primary), _) => Ok(primary),
        (None, None) => Ok("base".to_string()),
        (None, Some(_)) if base_stayed => Ok("base".to_string()),
        (None, Some(newest)) => {
            let command = format!("pmtune models promote {}", words::shell(&newest.name));
            Err(Error::input("no version is primary, so it is not known which one is in use")
                .hint(format!("say which: {command}")))
        }
    }
}

/// The month that is meant: the one named, else the newest that is not finished, else today's.
fn month(root: &Path, named: Option<&str>) -> Result<String> {
    if let Some(name) = named {
        return match is_month(name) {
            true => Ok(name.to_string()),
            false => Err(Error::usage(format!("`{name}` is no month")).hint("write it as 2026-11")),
        };
    }
    for name in names(root).into_iter().rev() {
        if Month::read(&root.join(&name))?.is_some_and(|month| !month.steps.contains_key(&Step::Deploy)) {
            return Ok(name);
        }
    }
    Ok(Zoned::now().strftime("%Y-%m").to_string())
}

fn is_month(name: &str) -> bool {
    jiff::civil::Date::strptime("%Y-%m-%d", format!("{name}-01")).is_ok() && name.len() == 7
}

/// Held until dropped, so that two do not improve at once.
fn lock(root: &Path) -> Result<File> {
    let path = root.join(".lock");
    let file = File::create(&path).map_err(|e| Error::io("create", &path, e))?;
    // Some file systems know no locks; a missing lock is no reason to refuse work.
    if let Err(std::fs::TryLockError::WouldBlock) = file.try_lock() {
        return Err(Error::input("another pmtune improve is at work here")
            .hint("wait for it to end, or stop it, then run the same command again"));
    }
    Ok(file)
}
