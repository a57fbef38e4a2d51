//! The linter of training data.

use super::examples::no_example;
use crate::base::{self, BaseName, SENTENCES};
use crate::check::Lexicon;
use crate::suite::{self, Broken, Suite};
use crate::training_data::lint::{self, Linted, Options};
use crate::training_data::{DataSettings, Meanings, Severity, Vectors};
use crate::words;
use crate::work::event::{Event, Sink};
use crate::work::short_path::short_path;
use crate::workspace::Workspace;
use engine::error::{Error, Kind, Result};
use engine::files;
use std::path::PathBuf;

/// What is looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckOptions {
    /// Folders and files; the workspace's training data where none is named.
    pub paths: Vec<PathBuf>,
    /// First mend what is safe.
    pub fix: bool,
    /// Hold each example against the checks that the suites use for its kind.
    pub against_suites: bool,
}

/// Looks at every example. Files that are named need no workspace; without one there are no suites that they could leak.
pub fn check(workspace: Option<&Workspace>, options: &CheckOptions, sink: &dyn Sink) -> Result<Linted> {
    let paths = match workspace {
        Some(workspace) if options.paths.is_empty() => vec![PathBuf::from(short_path(&workspace.training_data()))],
        _ => options.paths.clone(),
    };
    let settings = settings(workspace)?;
    let suites = workspace.map_or(Ok(Vec::new()), |workspace| suites(workspace, sink))?;
    if options.fix {
        for fixed in lint::fix(&paths, &settings)? {
            let lines = words::count(fixed.lines, "line");
            sink.tell(Event::Note(format!("mended {lines} of {}", fixed.file.display())));
        }
    }
    let count = workspace.and_then(token_count);
    let lexicon = workspace.map_or(Ok(Lexicon::shipped()), |workspace| Lexicon::of_workspace(&workspace.root))?;
    let meanings = meanings(&settings, &suites, sink)?;
    let lint_options = Options {
        settings: &settings,
        lexicon: &lexicon,
        suites: &suites,
        count_tokens: count.as_deref(),
        against_suites: options.against_suites,
        meanings: meanings.as_ref().map(|vectors| vectors as &dyn Meanings),
    };
    lint::lint(&paths, &lint_options, &|step| sink.tell(Event::Lint(step)))
}

pub(super) fn settings(workspace: Option<&Workspace>) -> Result<DataSettings> {
    Ok(workspace.map(Workspace::section).transpose()?.flatten().unwrap_or_default())
}

/// The suites that can be read; a mistake in one is no reason to look for leaks of none.
fn suites(workspace: &Workspace, sink: &dyn Sink) -> Result<Vec<Suite>> {
    match workspace.suite_files() {
        Ok(files) => {
            let read = suite::load_some(&workspace.root, &files)?;
            read.broken.iter().for_each(|broken| sink.tell(Event::Warning(unsearched(broken))));
            Ok(read.suites)
        }
        // A workspace may have training data before it has suites.
        Err(error) => {
            sink.tell(Event::Note(format!("leakage is not looked for: {}", error.message)));
            Ok(Vec::new())
        }
    }
}

/// What a broken suite means for the search for leaks.
pub(crate) fn unsearched(broken: &Broken) -> String {
    let faults = words::count(broken.faults(), "mistake");
    format!("{} has {faults}, so nobody knows what gives its cases away; see `pmtune validate`", broken.file.display())
}

/// The sentence model, where there are cases to give away and it is on disk already.
fn meanings(settings: &DataSettings, suites: &[Suite], sink: &dyn Sink) -> Result<Option<Vectors>> {
    let off = settings.severity.get("paraphrase") == Some(&Severity::Off);
    if off || suites.iter().all(|suite| suite.cases.is_empty()) {
        return Ok(None);
    }
    let vectors = Vectors::local()?;
    if vectors.is_none() {
        let get = format!("`pmtune pull {SENTENCES}` gets the sentence model it takes (91 MB)");
        sink.tell(Event::Note(format!("leakage in other words is not looked for; {get}")));
    }
    Ok(vectors)
}

type TokenCount = dyn Fn(&str) -> usize + Sync;

/// Counts in the base's own tokens where the base is on disk already; checking data is no reason to download it.
fn token_count(workspace: &Workspace) -> Option<Box<TokenCount>> {
    let name = BaseName::written(&workspace.config.base, &workspace.root).ok()?;
    let chat = files::open(&base::local(&name).ok()??.path).ok()?.chat;
    Some(Box::new(move |text: &str| chat.answer_ids(text).map_or(0, |ids| ids.len())))
}

/// Holds the findings against `fail_on`, or else against what the workspace says.
///
/// # Errors
/// `Refused` where a finding is as grave. `Missing` where there was no example to look at: that is not fine either.
pub fn verdict(workspace: Option<&Workspace>, linted: &Linted, fail_on: Option<Severity>) -> Result<()> {
    let fail_on = match fail_on {
        Some(severity) => severity,
        None => settings(workspace)?.fail_on,
    };
    let grave = linted.findings.iter().filter(|finding| finding.severity >= fail_on).count();
    if fail_on == Severity::Off || grave == 0 {
        return if linted.examples == 0 { Err(no_example()) } else { Ok(()) };
    }
    let found = words::count(grave, "finding");
    let or_graver = if fail_on == Severity::Error { "" } else { " or graver" };
    let message = format!("the training data has {found} of severity {}{or_graver}", fail_on.name());
    Err(Error::new(Kind::Refused(crate::gate::FAILED), message)
        .hint("mend them, or set another `severity` for their code under `data:` in pmtune.yaml"))
}
