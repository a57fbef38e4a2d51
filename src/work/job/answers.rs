//! Answers that another engine gave, made into runs: judged here, by the same checks as any other.

use super::asked::{in_words, model, subject};
use super::batch;
use super::outcome::{Answered, ImportOptions, Refused};
use super::probe::{self, Found};
use crate::job::{Questions, Sheet};
use crate::provider::{Batch, BatchLine, Replies};
use crate::run::{self, Filter, OpenRun, Plan, Reports};
use crate::suite::Suite;
use crate::words;
use crate::work::contestants::contestants;
use crate::work::evaluate::{Evaluated, sentence_model, set_apart, suites};
use crate::work::event::{Event, Sink};
use crate::work::extras::write_run_report;
use crate::work::programs;
use crate::workspace::Workspace;
use engine::error::{Error, Kind, Result};
use std::collections::{BTreeSet, HashSet};
use std::ops::ControlFlow;
use std::path::Path;

/// Failures that are told.
const TOLD: usize = 3;

/// Makes or goes on with a run for every version whose answers are its own.
///
/// # Errors
/// The suites or the versions are not those that were asked; a check would run a program; `Interrupted`.
pub(super) fn take(
    workspace: &Workspace,
    folder: &Path,
    (sheet, sum): (&Sheet, &str),
    questions: &Questions,
    options: ImportOptions,
    sink: &dyn Sink,
) -> Result<(Vec<Answered>, Vec<Refused>)> {
    let plans = plans(workspace, sheet, questions, options, sink)?;
    let (lines, replies) = batch::read(folder)?;
    let asked: HashSet<&str> = lines.iter().map(|(id, _)| id.as_str()).collect();
    unchanged(&plans, &asked)?;
    told(&replies, sink);
    let reports = Reports::new(workspace.reports());
    let note = format!("answered in a job, {}", words::short_hash(sum));
    let (mut taken, mut refused) = (Vec::new(), Vec::new());
    for (plan, answerer) in plans.into_iter().zip(&questions.versions) {
        let name = plan.version.name.clone();
        match probe::look(answerer, &replies) {
            Found::Passed { same, of } => {
                let error = Error::model(format!(
                    "the engine answered {same} of {} with the base's very words, where this version has others: it \
                     passed over the adapter",
                    words::count(of, "probe")
                ));
                let hint = "see in the engine's log whether it loaded the adapter; none of these answers was taken in";
                refused.push(Refused { name, error: error.hint(hint) });
                continue;
            }
            Found::Unknown if plan.version.adapter.is_some() => sink.tell(Event::Warning(format!(
                "{name}: nothing shows that the engine used the adapter: no probe was answered"
            ))),
            Found::Unknown | Found::Used => {}
        }
        taken.push(match already(&reports, &plan, &note)? {
            Some(answered) => answered,
            None => one(workspace, &reports, plan, (&replies, &note), options.finish, sink)?,
        });
    }
    Ok((taken, refused))
}

/// Today's plans of the same versions and cases.
fn plans(
    workspace: &Workspace,
    sheet: &Sheet,
    questions: &Questions,
    options: ImportOptions,
    sink: &dyn Sink,
) -> Result<Vec<Plan>> {
    let of_suite = |(id, _): &(String, u32)| id.split('/').next().unwrap_or_default().to_string();
    let wanted: BTreeSet<String> = questions.cases.iter().map(of_suite).collect();
    let wanted: Vec<String> = wanted.into_iter().collect();
    let mut all = suites(workspace, &wanted, sink)?;
    set_apart(workspace, &mut all, sink);
    let only = questions.cases.iter().map(|(id, _)| id.clone()).collect();
    let filter = Filter { suites: wanted, only: Some(only), ..Filter::default() };
    let (all, _): (Vec<Suite>, _) = in_words(run::select(&all, &filter)?);
    programs::permit(workspace, &all, options.allow_commands, sink)?;
    sentence_model(&all, sink)?;
    let names: Vec<String> = questions.versions.iter().map(|answerer| answerer.called.clone()).collect();
    let (versions, _) = contestants(workspace, &subject(&names)?, &questions.sampling, &all, sink)?;
    for (now, then) in versions.iter().zip(&questions.versions) {
        if *now != then.version {
            return Err(Error::model(format!("{} is no longer what the job asked", now.name))
                .hint("restore its adapter, prompt and sampling, or write the job again"));
        }
    }
    let plan = |version| Plan::new(version, &all).on(Some(sheet.engine.clone()));
    let plans: Vec<Plan> = versions.into_iter().map(plan).collect();
    match plans.first().map(Plan::case_list) {
        Some(cases) if cases == questions.cases => Ok(plans),
        cases => Err(changed(&cases.unwrap_or_default(), &questions.cases)),
    }
}

fn changed(now: &[(String, u32)], then: &[(String, u32)]) -> Error {
    let mut cases = [only_in(then, now), only_in(now, then)].concat();
    cases.dedup();
    let cases = if cases.is_empty() { "their order".to_string() } else { words::few(&cases, 5) };
    Error::input(format!("the suites are not those that the job asked: {cases}"))
        .hint("restore them, or write the job again")
}

fn only_in(a: &[(String, u32)], b: &[(String, u32)]) -> Vec<String> {
    a.iter().filter(|case| !b.contains(case)).map(|(id, _)| id.clone()).collect()
}

/// Whether every question is still the one on its line.
fn unchanged(plans: &[Plan], asked: &HashSet<&str>) -> Result<()> {
    let mut cases: Vec<&str> = Vec::new();
    for plan in plans {
        for item in plan.items.iter().filter(|item| !asked.contains(id(plan, item).as_str())) {
            let case = plan.cases[item.case].id.as_str();
            if !cases.contains(&case) {
                cases.push(case);
            }
        }
    }
    if cases.is_empty() {
        return Ok(());
    }
    Err(Error::input(format!("questions have changed since the job was written: {}", words::few(&cases, 5)))
        .hint("restore the suites' prompts and sampling, or write the job again"))
}

fn id(plan: &Plan, item: &run::Item) -> String {
    let request = plan.request(item, 0, 0);
    BatchLine::new(model(&plan.version), &request.messages, &request.sampling).id
}

fn told(replies: &Replies, sink: &dyn Sink) {
    let odd = [
        (replies.torn, "breaks off", "break off"),
        (replies.strange, "answers nothing that was asked", "answer nothing that was asked"),
        (replies.doubled, "says an answer again", "say an answer again"),
    ];
    for (count, one, many) in odd.into_iter().filter(|(count, ..)| *count > 0) {
        let does = words::either(count, one, many);
        sink.tell(Event::Note(format!("{} of the output {does}", words::count(count, "line"))));
    }
}

/// The finished run that was made of this job before.
fn already(reports: &Reports, plan: &Plan, note: &str) -> Result<Option<Answered>> {
    let listed = reports.list()?.runs;
    let same = listed.into_iter().rev().find(|manifest| {
        manifest.finished.is_some()
            && manifest.version == plan.version
            && manifest.engine == plan.engine
            && manifest.notes.iter().any(|kept| kept == note)
    });
    Ok(same.map(|manifest| Answered {
        version: plan.version.name.clone(),
        run: manifest.id,
        evaluated: None,
        missing: 0,
        of: plan.items.len(),
        failures: Vec::new(),
        already: true,
    }))
}

fn one(
    workspace: &Workspace,
    reports: &Reports,
    plan: Plan,
    (replies, note): (&Replies, &str),
    finish: bool,
    sink: &dyn Sink,
) -> Result<Answered> {
    let version = plan.version.name.clone();
    let called = model(&plan.version).to_string();
    let mut runs = reports.open(vec![plan])?;
    let left: Vec<String> = runs.iter().flat_map(|open| lacking(open, replies)).collect();
    let of = runs.iter().map(OpenRun::wanted).sum();
    let batch = Batch { replies, model: &called, note, finish };
    let ended = run::execute(&mut runs, &batch, None, &mut |event| {
        sink.tell(Event::Run(event));
        if sink.stopped() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    // What is not there yet is no failure; the rest of the run is.
    match ended {
        Err(error) if left.is_empty() || finish || error.kind != Kind::Network => return Err(error),
        _ => {}
    }
    let run = runs.remove(0).close();
    let failures: BTreeSet<&str> = left.iter().filter_map(|id| replies.failure(id)).collect();
    let failures = failures.into_iter().take(TOLD).map(str::to_string).collect();
    let (id, finished) = (run.manifest.id.clone(), run.manifest.finished.is_some());
    let evaluated = match finished {
        true => Some(Evaluated { report: write_run_report(workspace, &run, sink)?, run }),
        false => None,
    };
    Ok(Answered { version, run: id, evaluated, missing: left.len(), of, failures, already: false })
}

/// The ids of what the run still asks and the batch does not answer.
fn lacking(open: &OpenRun, replies: &Replies) -> Vec<String> {
    let ids = open.remaining().into_iter().map(|item| id(&open.plan, &open.plan.items[item]));
    ids.filter(|id| replies.text(id).is_none()).collect()
}
