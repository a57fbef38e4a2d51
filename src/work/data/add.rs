//! An answer of a run becomes a training example.

use crate::provider::Stop;
use crate::run::{Outcome, Record, Reports, Run};
use crate::suite::{self, Suite};
use crate::training_data::{self, Example, Kept, Topic, load};
use crate::workspace::Workspace;
use engine::error::{Error, Kind, Result};
use std::path::PathBuf;

/// Which answer is kept, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddOptions {
    /// The run that holds the answer.
    pub run: String,
    /// `<suite>/<id>`.
    pub case: String,
    pub to: Topic,
    /// A file with the answer as it should have been, kept instead of the model's.
    pub edited: Option<PathBuf>,
}

/// Keeps an answer as an example, and gives it with its place.
///
/// # Errors
/// No such run or case; the answer is not worth learning; the case still stands in a suite.
pub fn add(workspace: &Workspace, options: &AddOptions) -> Result<Example> {
    let run = Reports::new(workspace.reports()).load(&options.run)?;
    let record = record(&run, &options.case)?;
    let edited = options.edited.as_deref().map(engine::store::read_prose).transpose()?;
    let answer = match &edited {
        Some(text) if text.trim().is_empty() => return Err(Error::input("the corrected answer is empty")),
        Some(text) => text.as_str(),
        None => good_answer(record)?,
    };
    let kept = Kept {
        run: &run.manifest.id,
        case: &record.case,
        version: record.version.as_ref().unwrap_or(&run.manifest.version.name),
        prompt: &record.prompt,
        answer,
        edited: edited.is_some(),
    };
    let folder = workspace.training_data();
    let existing = if folder.is_dir() { load(std::slice::from_ref(&folder))?.0 } else { Vec::new() };
    training_data::add(&folder, &options.to, &kept, &existing, &suites(workspace)?)
}

/// The record of a case: its first answer that passed, else its first.
fn record<'a>(run: &'a Run, case: &str) -> Result<&'a Record> {
    let mine: Vec<&Record> = run.records.iter().filter(|record| record.case == case).collect();
    let passed = |record: &&&Record| matches!(record.outcome, Outcome::Judged { passed: true, .. });
    if let Some(record) = mine.iter().find(passed).or(mine.first()) {
        return Ok(record);
    }
    let error = Error::missing(format!("run {} has no answer to a case {case}", run.manifest.id));
    let ids = run.records.iter().map(|record| (strsim::jaro_winkler(&record.case, case), &record.case));
    Err(match ids.max_by(|a, b| a.0.total_cmp(&b.0)) {
        Some((similarity, id)) if similarity > 0.7 => error.hint(format!("did you mean {id}?")),
        _ => error.hint("name the case as the report does: <suite>/<id>"),
    })
}

/// The model's own answer, if it is worth learning.
fn good_answer(record: &Record) -> Result<&str> {
    let why = match &record.outcome {
        Outcome::Error { message } => format!("could not be answered: {message}"),
        Outcome::Judged { answer, .. } if answer.stop == Stop::Length => "has an answer that was cut off".to_string(),
        Outcome::Judged { answer, passed: true, .. } => return Ok(&answer.text),
        Outcome::Judged { .. } => "has an answer that failed its checks".to_string(),
        Outcome::Unscored { .. } => "has an answer that no check could score".to_string(),
    };
    Err(Error::input(format!("{} {why}", record.case))
        .hint("write the answer you want into a file and name it with --edit FILE"))
}

/// The suites there are; a workspace without any tests nothing.
pub(super) fn suites(workspace: &Workspace) -> Result<Vec<Suite>> {
    match workspace.suite_files() {
        Ok(files) => suite::load(&workspace.root, &files),
        Err(error) if error.kind == Kind::Missing => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
