//! Runs → rules → decision → its files.

use super::event::{Event, Sink};
use super::find::{self, Finder};
use super::settings::{labels, settings};
use super::short_path::short_path;
use super::today::Today;
use crate::compare::Outcomes;
use crate::export::{Parity, newest};
use crate::gate::{self, CriteriaSettings, Decision, FAILED, Gate, GateSettings, Points, Proposal, UNJUDGED, points};
use crate::registry;
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
    /// `None` for the newest whole run of all.
    pub candidate: Option<String>,
    /// What must not be lost against; `None` for the version that the workspace says, if there is any.
    pub against: Option<String>,
}

/// What a gate judges.
#[derive(Debug, Clone)]
pub struct Contenders {
    pub candidate: Run,
    pub baseline: Option<Run>,
    /// What a reader of the decision must know about the runs; belongs to its notes.
    pub remarks: Vec<String>,
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

impl GateFiles {
    /// Those that were asked for.
    pub fn written(&self) -> impl Iterator<Item = &Path> {
        let files = [&self.json, &self.markdown, &self.junit, &self.gitlab, &self.badge, &self.summary];
        files.into_iter().filter_map(|file| file.as_deref())
    }
}

/// The finished runs that are meant. `insist` takes them also where they are no longer evidence about the workspace as it
/// is; the remarks then say what changed.
///
/// # Errors
/// No such runs; the version, the suites or the checks changed since.
pub fn contenders(workspace: &Workspace, subject: &GateSubject, insist: bool, sink: &dyn Sink) -> Result<Contenders> {
    let reports = Reports::new(workspace.reports());
    for error in &reports.list()?.unreadable {
        sink.tell(Event::Warning(format!("left out: {error}")));
    }
    let today = Today::to_decide(workspace, insist, sink)?;
    let finder = Finder { workspace, reports: &reports, today: &today, insist, sink };
    let candidate = finder.candidate(subject.candidate.as_deref())?;
    let against = match &subject.against {
        Some(named) => Some(named.clone()),
        None => find::against(workspace, &candidate.manifest.version.name)?,
    };
    let baseline = against.map(|named| finder.baseline(&named, &candidate)).transpose()?;
    let remarks = remarks(workspace, &today, &candidate, baseline.as_ref(), insist)?;
    Ok(Contenders { candidate, baseline, remarks })
}

fn remarks(
    workspace: &Workspace,
    today: &Today<'_>,
    candidate: &Run,
    baseline: Option<&Run>,
    insist: bool,
) -> Result<Vec<String>> {
    let called = labels(workspace, baseline.unwrap_or(candidate), candidate);
    let before = baseline.map(|run| (called.a.as_str(), run));
    let runs: Vec<(&str, &Run)> = before.into_iter().chain([(called.b.as_str(), candidate)]).collect();
    let mut remarks: Vec<String> =
        today.vouch(&runs, insist)?.into_iter().map(|words| format!("Judged all the same; {words}.")).collect();
    for (label, run) in runs {
        let extent = today.extent(&run.manifest);
        if !extent.is_whole() {
            remarks.push(format!("{label} {} of the suites.", extent.words()));
        }
        remarks.extend(today.set_otherwise(&run.manifest).map(|set| format!("{label} was asked with {set}.")));
        remarks.extend(today.unknown(label, run));
    }
    Ok(remarks)
}

/// Judges a finished run by the workspace's rules. `insist` compares also where suites, checks or sampling differ.
pub fn decide(workspace: &Workspace, candidate: &Run, baseline: Option<&Run>, insist: bool) -> Result<Decision> {
    [Some(candidate), baseline].into_iter().flatten().try_for_each(|run| run.manifest.refuse_shard())?;
    let rules = workspace.section::<GateSettings>()?;
    let rules = rules.as_ref();
    let Outcomes { a: label_a, b: label_b } = labels(workspace, baseline.unwrap_or(candidate), candidate);
    let parity = parity(workspace, rules, candidate)?;
    let gate = Gate {
        candidate,
        baseline,
        labels: Outcomes { a: &label_a, b: &label_b },
        settings: rules,
        people: &people(workspace, rules, candidate)?,
        parity: parity.as_ref(),
        compare: settings(workspace)?,
        insist,
    };
    Ok(gate.decide())
}

/// The exit code of a decision that is no pass. Of one that failed: `chosen`, else what the workspace says, else the usual
/// one. A gate that could not be judged has its own.
pub fn exit_code(workspace: &Workspace, decision: &Decision, chosen: Option<u8>) -> Result<u8> {
    if decision.is_unjudged() {
        return Ok(UNJUDGED);
    }
    let own = || Ok(workspace.section::<GateSettings>()?.and_then(|gate| gate.exit_code).unwrap_or(FAILED));
    chosen.map_or_else(own, Ok)
}

/// So many of a version's runs say what it reaches.
const RUNS: usize = 5;

/// Thresholds that `named` (the primary version, where nobody is named) surely reaches: in each of its newest whole runs.
///
/// # Errors
/// It has no whole run, or one of fewer than 30 cases; version, suites or checks changed since and nobody insists.
pub fn propose(workspace: &Workspace, named: Option<&str>, insist: bool, sink: &dyn Sink) -> Result<Proposal> {
    let (reports, today) = (Reports::new(workspace.reports()), Today::to_decide(workspace, insist, sink)?);
    let finder = Finder { workspace, reports: &reports, today: &today, insist, sink };
    let run = finder.candidate(Some(named.unwrap_or("primary")))?;
    let label = registry::label(&workspace.config.line, &run.manifest.version.name);
    today.vouch(&[(&label, &run)], insist)?;
    let half = workspace.section::<GateSettings>()?.and_then(|rules| rules.half);
    // Who names a run means that one.
    let by_run = named.is_some_and(|named| reports.load(named).is_ok());
    let runs = finder.whole_of(run, if by_run { 1 } else { RUNS })?;
    gate::propose(&runs.iter().collect::<Vec<_>>(), &label, half, settings(workspace)?.confidence)
}

/// What people made of the run's answers, where a rule asks for it.
fn people(workspace: &Workspace, rules: Option<&GateSettings>, run: &Run) -> Result<Points> {
    let asks = |rules: &GateSettings| rules.people != CriteriaSettings::default();
    if !rules.is_some_and(|rules| asks(rules) || rules.suites.values().any(asks)) {
        return Ok(Points::new());
    }
    Ok(points(&review::gather(&Reports::new(workspace.reports()), run)?))
}

/// The newest proof of a file of the run's version, where a rule asks for it.
fn parity(workspace: &Workspace, rules: Option<&GateSettings>, run: &Run) -> Result<Option<Parity>> {
    if !rules.is_some_and(|rules| rules.export_parity) {
        return Ok(None);
    }
    Ok(newest(workspace, &run.manifest.version)?.map(|(_, parity)| parity))
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
