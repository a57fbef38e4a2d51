//! `pmtune eval`: suites → plan → answers → verdicts → report.

use super::args::{EvalArgs, FilterArgs};
use super::open::{self, Contestant};
use super::{compare, gate, interrupt, out, progress, run_report};
use crate::compare::Outcomes;
use crate::registry::{self, Version};
use crate::run::{self, Event, Filter, OpenRun, Outcome, Plan, Reports, Run};
use crate::suite::{self, Suite};
use crate::workspace::Workspace;
use crate::{report, training_data};
use engine::error::{Error, Kind, Result};
use engine::generate::SamplingOptions;
use std::ops::ControlFlow;

pub fn run(workspace: &Workspace, args: &EvalArgs) -> Result<()> {
    interrupt::listen();
    if args.gate.outputs.any() && !args.gate.gate {
        return Err(Error::usage("files of the gate were asked for, but not the gate").hint("add --gate"));
    }
    let mut suites = suite::load(&workspace.root, &workspace.suite_files()?)?;
    set_apart(workspace, &mut suites);
    let reports = Reports::new(workspace.reports());
    if let Some(id) = &args.rescore {
        let run = run::rescore(&reports, &reports.load(id)?, &suites)?;
        return finish_single(workspace, &run);
    }
    if let Some(id) = &args.resume {
        return resume(workspace, &reports, id, &suites, args);
    }
    let suites = run::select(&suites, &filter(&args.filter, &reports)?)?;
    let contestants = open::contestants(workspace, versions(workspace, args)?)?;
    let plans = contestants.iter().map(|c| Plan::new(c.version_ref.clone(), &suites)).collect();
    let runs = answer(&contestants, reports.open(plans)?, reuse(args, &reports))?;
    match runs.as_slice() {
        [a, b] => {
            run_report::write(workspace, a)?;
            run_report::write(workspace, b)?;
            let labels = Outcomes { a: contestants[0].label.as_str(), b: contestants[1].label.as_str() };
            compare::finish(workspace, a, b, labels, args.allow_differences)?;
            then_gate(workspace, b, Some(a), args)
        }
        [run] => {
            finish_single(workspace, run)?;
            then_gate(workspace, run, None, args)
        }
        _ => Err(Error::usage("nothing to evaluate")),
    }
}

fn then_gate(workspace: &Workspace, candidate: &Run, baseline: Option<&Run>, args: &EvalArgs) -> Result<()> {
    if !args.gate.gate {
        return Ok(());
    }
    out::line("");
    gate::judge(workspace, candidate, baseline, args.allow_differences, &args.gate.outputs)
}

/// Cases that stand in the training data count for nothing; who trains on the questions learns the answers.
fn set_apart(workspace: &Workspace, suites: &mut [Suite]) {
    let folder = workspace.training_data();
    if !folder.is_dir() {
        return;
    }
    match training_data::conversations(&[folder]) {
        Ok(conversations) => {
            let examples: Vec<_> = conversations.iter().flat_map(|c| c.exchanges().cloned()).collect();
            let leaks = training_data::leaks(&examples, suites);
            let cases = run::set_apart(suites, &leaks);
            if !cases.is_empty() {
                out::warning(format!(
                    "{} of the cases stand in the training data and count for nothing: {}; `pmtune data check` shows where",
                    cases.len(),
                    cases.join(", ")
                ));
            }
        }
        // An empty folder gives nothing away.
        Err(error) if error.kind == Kind::Missing => {}
        Err(error) => {
            let faults = error.flatten().len();
            out::warning(format!(
                "the training data has {faults} broken lines, so leakage was not checked; see `pmtune data check`"
            ));
        }
    }
}

/// The version that the gate holds the model against, which is evaluated too.
fn against(workspace: &Workspace, model: &str, args: &EvalArgs) -> Result<Option<String>> {
    if !args.gate.gate || args.compare.is_some() {
        return Ok(None);
    }
    match &args.gate.against {
        Some(named) => Ok(Some(named.clone())),
        None => gate::against(workspace, &registry::resolve(workspace, model)?.name),
    }
}

/// The versions asked for, with the flags' sampling laid over theirs.
fn versions(workspace: &Workspace, args: &EvalArgs) -> Result<Vec<Version>> {
    let model = args.model.as_deref().unwrap_or("primary");
    let against = against(workspace, model, args)?;
    let names: Vec<&str> = match &args.compare {
        Some(pair) => pair.iter().map(String::as_str).collect(),
        None => against.as_deref().into_iter().chain([model]).collect(),
    };
    if let [a, b] = names[..]
        && a == b
    {
        return Err(Error::usage(format!("{a} would be compared with itself")).hint("name two versions"));
    }
    let mut versions = names.into_iter().map(|n| registry::resolve(workspace, n)).collect::<Result<Vec<_>>>()?;
    let flags = SamplingOptions {
        max_tokens: args.max_tokens,
        temperature: args.temperature,
        seed: args.seed,
        ..SamplingOptions::default()
    };
    for version in &mut versions {
        version.sampling = flags.layered(&version.sampling);
    }
    Ok(versions)
}

/// Finishes a stored run on the same weights it began with.
fn resume(workspace: &Workspace, reports: &Reports, id: &str, suites: &[Suite], args: &EvalArgs) -> Result<()> {
    let stored = reports.load(id)?;
    let then = &stored.manifest.version;
    let mut version = registry::resolve(workspace, &then.name)?;
    version.system.clone_from(&then.system);
    version.examples.clone_from(&then.examples);
    let contestants = open::contestants(workspace, vec![version])?;
    let now = &contestants[0].version_ref;
    if (&now.base, &now.adapter, &now.template) != (&then.base, &then.adapter, &then.template) {
        return Err(Error::model(format!("{} is no longer the model that run {id} began with", then.name))
            .hint("restore its base and adapter, or start a new run; answers that are still valid are reused"));
    }
    let runs = vec![reports.resume(id, Plan::again(&stored.manifest, suites)?)?];
    finish_single(workspace, &answer(&contestants, runs, reuse(args, reports))?[0])
}

fn reuse<'a>(args: &EvalArgs, reports: &'a Reports) -> Option<&'a Reports> {
    (!args.no_cache).then_some(reports)
}

fn filter(args: &FilterArgs, reports: &Reports) -> Result<Filter> {
    let only = args.failing.as_deref().map(|id| reports.load(id).map(|run| run::failing(&run))).transpose()?;
    if only.as_ref().is_some_and(|cases| cases.is_empty()) {
        return Err(Error::usage("that run has no failing case").hint("leave --failing away to run every case"));
    }
    Ok(Filter {
        suites: args.suite.clone(),
        categories: args.category.clone(),
        ids: args.filter.iter().cloned().collect(),
        tags: args.tag.clone(),
        split: args.split.map(Into::into),
        only,
        limit: args.limit,
    })
}

/// Answers what remains of all runs; versions that share a provider go in one batch.
fn answer(contestants: &[Contestant], runs: Vec<OpenRun>, reuse: Option<&Reports>) -> Result<Vec<Run>> {
    let mut left: Vec<Option<OpenRun>> = runs.into_iter().map(Some).collect();
    let mut done: Vec<Option<Run>> = left.iter().map(|_| None).collect();
    for group in open::groups(contestants)? {
        let mut batch: Vec<OpenRun> = group.members.iter().filter_map(|&i| left[i].take()).collect();
        execute(&group, &mut batch, reuse)?;
        for (&i, run) in group.members.iter().zip(batch) {
            done[i] = Some(run.close());
        }
    }
    Ok(done.into_iter().flatten().collect())
}

fn execute(group: &open::Group, batch: &mut [OpenRun], reuse: Option<&Reports>) -> Result<()> {
    let mut bar: Option<progress::Cases> = None;
    run::execute(batch, group.provider.as_ref(), reuse, &mut |event| {
        match event {
            Event::Started { total, done, reused } => {
                if done + reused > 0 {
                    out::note(format!("{done} of {total} answers are recorded already, {reused} are reused"));
                }
                bar = Some(progress::Cases::new(total, done));
            }
            Event::Case { record, .. } => {
                if let Some(bar) = &bar {
                    bar.answered();
                    if let Outcome::Error { message } = &record.outcome {
                        bar.say(&format!("{}: {message}", record.case));
                    }
                }
            }
            Event::Tokens(tokens) => {
                if let Some(bar) = &mut bar {
                    bar.generated(tokens);
                }
            }
            Event::Finished { .. } => {}
        }
        if interrupt::asked() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
}

fn finish_single(workspace: &Workspace, run: &Run) -> Result<()> {
    let extras = run_report::write(workspace, run)?;
    let confidence = compare::settings(workspace).confidence;
    out::text(report::table::run(run, confidence, extras.people.as_ref(), out::width(), out::colour()));
    out::line(format!("\nReport: {}", out::path(&run.folder.join("report.html"))));
    Ok(())
}
