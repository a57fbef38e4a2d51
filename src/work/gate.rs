//! Runs → rules → decision → its files.

use super::event::{Event, Sink};
use super::find;
use super::settings::{labels, settings};
use super::short_path::short_path;
use crate::compare::Outcomes;
use crate::gate::{CriteriaSettings, Decision, FAILED, Gate, GateSettings, Points, points};
use crate::report::gate::{Places, badge, code_quality, junit, markdown};
use crate::review;
use crate::run::{Reports, Run};
use crate::suite;
use crate::workspace::{FILE, Workspace};
use engine::error::{Error, Result};
use engine::store;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Which runs a gate judges, each named by run or version.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GateSubject {
    /// `None` for the newest finished run of all.
    pub candidate: Option<String>,
    /// What must not be lost against; `None` for the version that the workspace says, if there is any.
    pub against: Option<String>,
}

/// What a gate judges.
#[derive(Debug, Clone)]
pub struct Contenders {
    pub candidate: Run,
    pub baseline: Option<Run>,
}

/// Files to write besides `gate.json` and `gate.md` in the run's folder. They may lie anywhere: a CI system collects them
/// from its own folders.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GateFiles {
    pub junit: Option<PathBuf>,
    pub gitlab: Option<PathBuf>,
    pub markdown: Option<PathBuf>,
    pub badge: Option<PathBuf>,
    pub json: Option<PathBuf>,
    /// The Markdown is added at its end: the step summary belongs to all of a step's commands.
    pub summary: Option<PathBuf>,
}

/// The finished runs that are meant.
pub fn contenders(workspace: &Workspace, subject: &GateSubject, sink: &dyn Sink) -> Result<Contenders> {
    let reports = Reports::new(workspace.reports());
    for error in &reports.list()?.unreadable {
        sink.tell(Event::Warning(format!("left out: {error}")));
    }
    let candidate = find::candidate(workspace, &reports, subject.candidate.as_deref())?;
    let against = match &subject.against {
        Some(named) => Some(named.clone()),
        None => find::against(workspace, &candidate.manifest.version.name)?,
    };
    let baseline = against.map(|named| find::baseline(workspace, &reports, &named, &candidate)).transpose()?;
    Ok(Contenders { candidate, baseline })
}

/// Judges a finished run by the workspace's rules. `insist` compares also where suites, checks or sampling differ.
pub fn decide(workspace: &Workspace, candidate: &Run, baseline: Option<&Run>, insist: bool) -> Result<Decision> {
    let rules = workspace.section::<GateSettings>()?;
    let rules = rules.as_ref();
    let Outcomes { a: label_a, b: label_b } = labels(workspace, baseline.unwrap_or(candidate), candidate);
    let gate = Gate {
        candidate,
        baseline,
        labels: Outcomes { a: &label_a, b: &label_b },
        settings: rules,
        people: &people(workspace, rules, candidate)?,
        compare: settings(workspace)?,
        insist,
    };
    Ok(gate.decide())
}

/// The exit code of a gate that failed: `chosen`, else what the workspace says, else the usual one.
pub fn exit_code(workspace: &Workspace, chosen: Option<u8>) -> Result<u8> {
    let own = || Ok(workspace.section::<GateSettings>()?.and_then(|gate| gate.exit_code).unwrap_or(FAILED));
    chosen.map_or_else(own, Ok)
}

/// What people made of the run's answers, where a rule asks for it.
fn people(workspace: &Workspace, rules: Option<&GateSettings>, run: &Run) -> Result<Points> {
    let asks = |rules: &GateSettings| rules.people != CriteriaSettings::default();
    if !rules.is_some_and(|rules| asks(rules) || rules.suites.values().any(asks)) {
        return Ok(Points::new());
    }
    Ok(points(&review::gather(&Reports::new(workspace.reports()), run)?))
}

/// Writes `gate.json` and `gate.md` into the run's folder, and the files that were asked for; gives the path of `gate.md`.
pub fn write_decision(workspace: &Workspace, decision: &Decision, run: &Run, files: &GateFiles) -> Result<PathBuf> {
    let json = json(decision)?;
    let text = markdown(decision)?;
    let report = run.folder.join("gate.md");
    store::replace(&report, text.as_bytes())?;
    // Last: what reads it may take the other for granted.
    store::replace(&run.folder.join("gate.json"), json.as_bytes())?;
    let put = |file: &Option<PathBuf>, content: &dyn Fn() -> Result<String>| match file {
        Some(file) => store::replace(file, content()?.as_bytes()),
        None => Ok(()),
    };
    put(&files.json, &|| Ok(json.clone()))?;
    put(&files.markdown, &|| Ok(text.clone()))?;
    put(&files.junit, &|| junit(decision, run))?;
    put(&files.gitlab, &|| code_quality(decision, &places(workspace)))?;
    put(&files.badge, &|| badge(decision))?;
    files.summary.as_deref().map_or(Ok(()), |file| append(file, &text))?;
    Ok(report)
}

fn json(decision: &Decision) -> Result<String> {
    serde_json::to_string_pretty(decision)
        .map(|text| text + "\n")
        .map_err(|e| Error::input(format!("the decision cannot be written: {e}")))
}

fn append(file: &Path, text: &str) -> Result<()> {
    let opened = OpenOptions::new().append(true).create(true).open(file);
    opened
        .and_then(|mut file| file.write_all(format!("{text}\n").as_bytes()))
        .map_err(|e| Error::io("append to", file, e))
}

/// Where cases and rules stand, told from where the user stands: in CI that is the repository's root.
pub fn places(workspace: &Workspace) -> Places {
    let mut cases = suite::places(&workspace.suite_files().unwrap_or_default());
    for place in cases.values_mut() {
        place.file = PathBuf::from(short_path(&place.file));
    }
    Places { cases, rules: PathBuf::from(short_path(&workspace.root.join(FILE))) }
}
