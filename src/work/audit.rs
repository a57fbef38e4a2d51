//! Suites → texts made of their references → what passes that must not, and fails that must not.

use super::device::{self, DeviceChoice};
use super::evaluate::suites;
use super::event::{Event, Sink, ensure_base};
use super::programs;
use super::settings::settings;
use super::sources::{Group, groups, open, remote};
use crate::audit::{self, Audit, Unasked, Wanted};
use crate::base::{BaseName, SENTENCES};
use crate::provider::{self, Answer, Request, Task};
use crate::registry;
use crate::report::AuditReport;
use crate::run::{self, Filter, Plan, Reports, Run, VersionRef};
use crate::suite::{Case, Split, Suite};
use crate::words;
use crate::workspace::Workspace;
use engine::error::{Error, Kind, Result};
use engine::store;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;

/// What is audited, and how.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AuditOptions {
    /// Names of suites; empty for all.
    pub suites: Vec<String>,
    /// Only one half of the cases.
    pub split: Option<Split>,
    /// Versions that are asked whether cases can be solved without their question.
    pub models: Vec<String>,
    /// Where they are asked.
    pub device: DeviceChoice,
    pub wanted: Wanted,
    /// Whether checks may run the programs they name: for every text that is audited.
    pub allow_commands: bool,
}

/// Files to write besides `reports/audit.json`. They may lie anywhere: a CI system collects them from its own folders.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFiles {
    pub markdown: Option<PathBuf>,
    pub html: Option<PathBuf>,
    pub json: Option<PathBuf>,
}

/// A finished audit.
#[derive(Debug, Clone)]
pub struct Audited {
    pub audit: Audit,
    pub report: AuditReport,
    /// `reports/audit.json`.
    pub kept: PathBuf,
}

/// Audits the suites and keeps what came of it.
///
/// # Errors
/// Mistakes in suites, all of them; no such suite or version; a version cannot be asked; `Interrupted` when the sink stops
/// the asking.
pub fn audit(workspace: &Workspace, options: &AuditOptions, sink: &dyn Sink) -> Result<Audited> {
    let device = device::open(options.device)?;
    let all = suites(workspace, &options.suites, sink)?;
    let filter = Filter { suites: options.suites.clone(), split: options.split, ..Filter::default() };
    let suites = run::select(&all, &filter)?;
    programs::permit(workspace, &suites, options.allow_commands, sink)?;
    sentence_model(&suites, sink);
    let reports = Reports::new(workspace.reports());
    let runs = finished(&reports, sink)?;
    let confidence = settings(workspace)?.confidence;
    let mut audit = audit::audit(&suites, &runs, options.wanted, confidence);
    audit.unasked = asked(workspace, options, &suites, &runs, confidence, device.as_ref(), sink)?;
    let kept = audit::keep(&workspace.reports(), &audit)?;
    Ok(Audited { report: AuditReport::new(&audit), audit, kept })
}

/// Writes the files that were asked for.
pub fn write_audit(audited: &Audited, files: &AuditFiles) -> Result<()> {
    if let Some(file) = &files.markdown {
        store::replace(file, audited.report.markdown()?.as_bytes())?;
    }
    if let Some(file) = &files.html {
        store::replace(file, audited.report.html()?.as_bytes())?;
    }
    if let Some(file) = &files.json {
        let text = serde_json::to_string_pretty(&audited.audit)
            .map_err(|e| Error::input(format!("the audit cannot be written: {e}")))?;
        store::replace(file, (text + "\n").as_bytes())?;
    }
    Ok(())
}

/// Without the sentence model, checks that compare meanings break, which the audit then shows; the rest is as good.
fn sentence_model(suites: &[Suite], sink: &dyn Sink) {
    let mut checks = suites.iter().flat_map(|suite| &suite.cases).flat_map(|case| &case.checks);
    if checks.any(|check| check.judge.compares_meanings())
        && let Err(error) = ensure_base(&BaseName::Named(SENTENCES.into()), sink)
    {
        sink.tell(Event::Warning(format!("checks that compare meanings cannot be audited: {error}")));
    }
}

fn finished(reports: &Reports, sink: &dyn Sink) -> Result<Vec<Run>> {
    let listing = reports.list()?;
    for error in &listing.unreadable {
        sink.tell(Event::Warning(format!("left out: {error}")));
    }
    let mut runs = Vec::new();
    for manifest in listing.runs.iter().filter(|run| run.is_evidence()) {
        match reports.load(&manifest.id) {
            Ok(run) => runs.push(run),
            Err(error) => sink.tell(Event::Warning(format!("left out: {error}"))),
        }
    }
    Ok(runs)
}

/// Asks every version the cases in which texts are weighed; answers that a run holds already are taken from there.
fn asked(
    workspace: &Workspace,
    options: &AuditOptions,
    suites: &[Suite],
    runs: &[Run],
    confidence: f64,
    device: Option<&candle_core::Device>,
    sink: &dyn Sink,
) -> Result<Vec<Unasked>> {
    if options.models.is_empty() {
        return Ok(Vec::new());
    }
    let questions = audit::questions(suites);
    if questions.is_empty() {
        sink.tell(Event::Note("no case has choices or distractors, so no version was asked".into()));
        return Ok(Vec::new());
    }
    let versions = options.models.iter().map(|name| registry::resolve(workspace, name)).collect::<Result<Vec<_>>>()?;
    let (versions, sources) = open(workspace, versions, sink)?;
    let plans: Vec<Vec<Question<'_>>> = versions.iter().map(|version| plan(version, suites, &questions)).collect();
    let mut answers: Vec<BTreeMap<usize, Answer>> = plans.iter().map(|plan| known(plan, runs)).collect();
    for Group { provider, members } in groups(&sources, device, &remote(workspace, None)?)? {
        let mut places = Vec::new();
        let mut requests = Vec::new();
        for (place, &version) in members.iter().enumerate() {
            for (at, question) in plans[version].iter().enumerate() {
                if !answers[version].contains_key(&at) {
                    requests.push(Request { id: places.len(), version: place, ..question.request.clone() });
                    places.push((version, at));
                }
            }
        }
        ask(provider.as_ref(), requests, sink, &mut |id, answer| {
            let (version, at) = places[id];
            answers[version].insert(at, answer);
        })?;
    }
    let of = |(version, answers): (&VersionRef, &BTreeMap<usize, Answer>)| {
        let told: Vec<(&Case, &Answer)> = answers.iter().map(|(at, answer)| (questions[*at].0, answer)).collect();
        Unasked::of(&version.name, &told, confidence)
    };
    Ok(versions.iter().zip(&answers).map(of).collect())
}

/// Hands on every answer that can be had; warns of the others.
fn ask(
    provider: &dyn provider::Provider,
    requests: Vec<Request>,
    sink: &dyn Sink,
    answered: &mut dyn FnMut(usize, Answer),
) -> Result<()> {
    if requests.is_empty() {
        return Ok(());
    }
    sink.tell(Event::Note(format!("weighing the texts of {}", words::count(requests.len(), "case"))));
    provider.answer(requests, &mut |event| {
        match event {
            provider::Event::Done { id, answer: Ok(answer) } => answered(id, answer),
            provider::Event::Done { answer: Err(error), .. } => {
                sink.tell(Event::Warning(format!("a case could not be weighed: {error}")));
            }
            provider::Event::Note(note) => sink.tell(Event::Note(note)),
            provider::Event::Tokens(_) => {}
            provider::Event::Weighed { done, of } => sink.tell(Event::Weighed { done, of }),
        }
        if sink.stopped() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    match sink.stopped() {
        true => Err(Error::new(Kind::Interrupted, "the audit was interrupted; nothing was kept")),
        false => Ok(()),
    }
}

/// What one version is asked of one case.
struct Question<'a> {
    case: &'a Case,
    request: Request,
    answer_key: String,
}

/// The questions as an evaluation would put them, but that nothing is written.
fn plan<'a>(version: &VersionRef, suites: &[Suite], questions: &[(&'a Case, Task)]) -> Vec<Question<'a>> {
    let plan = Plan::new(version.clone(), suites);
    let question = |(case, task): &(&'a Case, Task)| {
        let item = plan.items.iter().find(|item| item.repeat == 0 && plan.cases[item.case].id == case.id)?;
        let request = Request { task: task.clone(), ..plan.request(item, 0, 0) };
        Some(Question { case, request, answer_key: item.answer_key.clone() })
    };
    questions.iter().filter_map(question).collect()
}

/// Answers of finished runs that say how likely each text was without the question. An endpoint's may be of other weights
/// by now, and has none.
fn known(plan: &[Question<'_>], runs: &[Run]) -> BTreeMap<usize, Answer> {
    let mut by_key: BTreeMap<&str, &Answer> = BTreeMap::new();
    for record in runs.iter().flat_map(|run| &run.records) {
        let told =
            |answer: &&Answer| !answer.likelihoods.is_empty() && answer.likelihoods.iter().all(|l| l.unasked.is_some());
        if let Some(answer) = record.outcome.answer().filter(told) {
            by_key.insert(&record.answer_key, answer);
        }
    }
    let known = |(at, question): (usize, &Question<'_>)| {
        let answer = by_key.get(question.answer_key.as_str())?;
        let whole =
            question.case.reference.as_ref().is_some_and(|gold| answer.likelihoods.iter().any(|l| l.text == *gold));
        whole.then(|| (at, (*answer).clone()))
    };
    plan.iter().enumerate().filter_map(known).collect()
}
