//! Suites → plan → answers → verdicts → report.

use super::contestants::{contestants, resume};
use super::device::{self, DeviceChoice};
use super::event::{Event, Sink, ensure_base};
use super::extras::write_run_report;
use super::how::How;
use super::programs;
use super::settings::settings;
use super::settle;
use super::sources::{Group, Source, groups, remote};
use super::subject::Subject;
use crate::audit;
use crate::base::{BaseName, SENTENCES};
use crate::report::Report;
use crate::run::{self, Engine, Filter, OpenRun, Outcome, Plan, Reports, Reuse, Run, Shard, VersionRef};
use crate::suite::{self, Split, Suite};
use crate::training_data;
use crate::words;
use crate::workspace::Workspace;
use engine::error::{Error, Result};
use engine::generate::SamplingOptions;
use std::ops::ControlFlow;

/// An evaluation, resolved.
#[derive(Debug, Clone)]
pub struct EvaluateOptions {
    pub subject: Subject,
    /// Which cases; `only` is filled from `failing`.
    pub filter: Filter,
    /// Only cases that failed or broke in this run.
    pub failing: Option<String>,
    /// Of a pair: ask in random order, and no longer than until the question is settled.
    pub until_settled: bool,
    /// Ask one machine's part of the cases; the others are asked elsewhere.
    pub shard: Option<Shard>,
    /// Take answers that an earlier run holds already.
    pub reuse: bool,
    /// An endpoint's too: the user says that the models behind their addresses have not changed since.
    pub reuse_endpoints: bool,
    /// Requests under way at an endpoint at the same time, in the place of what the workspace says.
    pub concurrency: Option<usize>,
    /// Laid over what the version says.
    pub sampling: SamplingOptions,
    /// Where versions on this computer are asked.
    pub device: DeviceChoice,
    /// Whether checks may run the programs they name.
    pub allow_commands: bool,
}

impl EvaluateOptions {
    /// Every case, earlier answers reused but those of endpoints, the version's own sampling.
    pub fn of(subject: Subject) -> Self {
        Self {
            subject,
            filter: Filter::default(),
            failing: None,
            until_settled: false,
            shard: None,
            reuse: true,
            reuse_endpoints: false,
            concurrency: None,
            sampling: SamplingOptions::default(),
            device: DeviceChoice::Cpu,
            allow_commands: false,
        }
    }
}

/// One version's finished run. Its reports lie in its folder.
#[derive(Debug, Clone)]
pub struct Evaluated {
    pub run: Run,
    pub report: Report,
}

/// Answers the suites' cases, judges and records them, and writes the runs' reports. One run for each version of the
/// subject, in its order; a gated version stands last.
///
/// # Errors
/// Mistakes in suites, all of them; no such version or run; no case is left; a base cannot be had; a version answered none
/// of the cases; `Interrupted` when
/// the sink stops it. What was answered by then is recorded, and the same call later does the rest.
pub fn evaluate(workspace: &Workspace, options: &EvaluateOptions, sink: &dyn Sink) -> Result<Vec<Evaluated>> {
    let device = device::open(options.device)?;
    refuse_shards_of(options)?;
    let reports = Reports::new(workspace.reports());
    let wanted: Vec<String> = match &options.subject {
        Subject::Rescore(id) | Subject::Resume(id) => {
            reports.load(id)?.manifest.suites.into_iter().map(|suite| suite.name).collect()
        }
        _ => options.filter.suites.clone(),
    };
    let mut suites = suites(workspace, &wanted, sink)?;
    set_apart(workspace, &mut suites, sink);
    let permit = |suites: &[Suite]| programs::permit(workspace, suites, options.allow_commands, sink);
    let reuse = options.reuse.then_some(Reuse { reports: &reports, endpoints: options.reuse_endpoints });
    let how = How { device, remote: remote(workspace, options.concurrency)?, reuse, sink };
    let runs = match &options.subject {
        Subject::Rescore(id) => {
            permit(&of_run(&suites, &reports.load(id)?))?;
            sentence_model(&suites, sink)?;
            vec![run::rescore(&reports, &reports.load(id)?, &suites)?]
        }
        Subject::Resume(id) => {
            permit(&of_run(&suites, &reports.load(id)?))?;
            sentence_model(&suites, sink)?;
            let (source, open) = resume(workspace, &reports, id, &suites, device::engine(options.device), sink)?;
            answer(&[source], vec![open], &how)?
        }
        subject => {
            let mut suites = run::select(&suites, &filter(options, &reports)?)?;
            let split = options.filter.split.unwrap_or(Split::HeldOut);
            if options.until_settled {
                if !matches!(subject, Subject::Pair(_)) {
                    return Err(Error::usage("asking until it is settled takes two versions, no more and no fewer"));
                }
                suites = settle::deciding(&suites, split, &settings(workspace)?)?;
            }
            permit(&suites)?;
            sentence_model(&suites, sink)?;
            audit::warning(reports.folder(), &suites).into_iter().for_each(|text| sink.tell(Event::Warning(text)));
            let (versions, sources) = contestants(workspace, subject, &options.sampling, &suites, sink)?;
            let engine = device::engine(options.device);
            let plans = versions.into_iter().map(|version| plan(version, &suites, &engine, options.shard)).collect();
            match options.until_settled {
                true => settle::until_settled(&sources, reports.open(plans)?, split, &settings(workspace)?, &how)?,
                false => answer(&sources, reports.open(plans)?, &how)?,
            }
        }
    };
    if let Some(error) = unanswered(&runs) {
        return Err(error);
    }
    let report = |run: Run| {
        let report = write_run_report(workspace, &run, sink)?;
        Ok(Evaluated { run, report })
    };
    runs.into_iter().map(report).collect()
}

/// What a version is asked, of all cases or of one machine's.
fn plan(version: VersionRef, suites: &[Suite], engine: &Option<Engine>, shard: Option<Shard>) -> Plan {
    // What stands behind an address computes as it likes.
    let engine = engine.clone().filter(|_| version.template.is_some());
    let plan = Plan::new(version, suites).on(engine);
    match shard {
        Some(shard) => plan.part(shard),
        None => plan,
    }
}

/// A part of the cases decides nothing, and a stored run says itself which part it is.
fn refuse_shards_of(options: &EvaluateOptions) -> Result<()> {
    if options.shard.is_none() || matches!(options.subject, Subject::One(_)) {
        return Ok(());
    }
    Err(Error::usage("a shard is asked of one version")
        .hint("ask each version by itself, merge the shards of each with `pmtune runs merge`, then compare"))
}

/// The suites. Where some are `wanted` by name, mistakes in others are told and stop nothing.
///
/// # Errors
/// Mistakes in the suites that are wanted, or in any where none is named.
pub(super) fn suites(workspace: &Workspace, wanted: &[String], sink: &dyn Sink) -> Result<Vec<Suite>> {
    let read = suite::load_some(&workspace.root, &workspace.suite_files()?)?;
    let (mine, others): (Vec<_>, Vec<_>) = read
        .broken
        .into_iter()
        .partition(|broken| wanted.is_empty() || wanted.iter().any(|name| name == broken.name()));
    if let Some(error) = Error::gather(mine.into_iter().map(|broken| broken.error)) {
        return Err(error);
    }
    for broken in others {
        let faults = words::count(broken.faults(), "mistake");
        let file = broken.file.display();
        sink.tell(Event::Warning(format!("{file} has {faults} and was left aside; see `pmtune validate`")));
    }
    Ok(read.suites)
}

/// Those of the suites that a stored run asked. Their checks are shared, so leave for these is leave for all.
fn of_run(suites: &[Suite], run: &Run) -> Vec<Suite> {
    let ran = |suite: &&Suite| run.manifest.suites.iter().any(|of_run| of_run.name == suite.name);
    suites.iter().filter(ran).cloned().collect()
}

/// A run without any answer is no result, whatever was recorded.
fn unanswered(runs: &[Run]) -> Option<Error> {
    let error = |run: &Run| {
        let (id, errors) = (&run.manifest.id, run.records.len());
        let first = run.records.iter().find_map(|record| match &record.outcome {
            Outcome::Error { message } => Some(message.lines().next().unwrap_or_default()),
            _ => None,
        });
        let requests = words::count(errors, "request");
        Error::network(format!(
            "no case was answered by {}: {requests} failed, the first with: {}",
            run.manifest.version.name,
            first.unwrap_or("no reason given")
        ))
        .hint(format!("mend that, then ask again: pmtune eval --resume {}", words::shell(id)))
    };
    // A shard may have no case.
    let asked = |run: &&Run| !run.manifest.cases.is_empty();
    Error::gather(runs.iter().filter(asked).filter(|run| !run.is_answered()).map(error))
}

/// Makes sure that the sentence model is on disk where a check of these suites compares meanings.
pub(super) fn sentence_model(suites: &[Suite], sink: &dyn Sink) -> Result<()> {
    let mut checks = suites.iter().flat_map(|suite| &suite.cases).flat_map(|case| &case.checks);
    if checks.any(|check| check.judge.compares_meanings()) {
        ensure_base(&BaseName::Named(SENTENCES.into()), sink)?;
    }
    Ok(())
}

/// Cases that stand in the training data count for nothing; who trains on the questions learns the answers.
pub(super) fn set_apart(workspace: &Workspace, suites: &mut [Suite], sink: &dyn Sink) {
    let folder = workspace.training_data();
    if !folder.is_dir() {
        return;
    }
    let (conversations, broken) = match training_data::readable(&[folder]) {
        Ok(read) => read,
        Err(error) => return sink.tell(Event::Warning(format!("leakage was not checked: {}", error.message))),
    };
    if broken > 0 {
        sink.tell(Event::Warning(format!(
            "{} of the training data cannot be read, and leaks there were not looked for; see `pmtune data check`",
            words::count(broken, "line")
        )));
    }
    let examples: Vec<_> = conversations.iter().flat_map(|c| c.exchanges().cloned()).collect();
    let leaks = training_data::leaks(&examples, suites);
    let cases = run::set_apart(suites, &leaks);
    if !cases.is_empty() {
        sink.tell(Event::Warning(format!(
            "{} of the cases stand in the training data and count for nothing: {}; `pmtune data check` shows where",
            cases.len(),
            cases.join(", ")
        )));
    }
}

fn filter(options: &EvaluateOptions, reports: &Reports) -> Result<Filter> {
    let only = options.failing.as_deref().map(|id| reports.load(id).map(|run| run::failing(&run))).transpose()?;
    if only.as_ref().is_some_and(|cases| cases.is_empty()) {
        return Err(Error::usage("that run has no failing case").hint("leave --failing away to run every case"));
    }
    Ok(Filter { only, ..options.filter.clone() })
}

/// Answers what remains of all runs; versions that share a provider go in one batch.
fn answer(sources: &[Source], runs: Vec<OpenRun>, how: &How<'_>) -> Result<Vec<Run>> {
    let How { device, remote, reuse, sink } = how;
    let mut left: Vec<Option<OpenRun>> = runs.into_iter().map(Some).collect();
    let mut done: Vec<Option<Run>> = left.iter().map(|_| None).collect();
    for Group { provider, members } in groups(sources, device.as_ref(), remote)? {
        let mut batch: Vec<OpenRun> = members.iter().filter_map(|&i| left[i].take()).collect();
        run::execute(&mut batch, provider.as_ref(), *reuse, &mut |event| {
            sink.tell(Event::Run(event));
            if sink.stopped() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        for (&i, run) in members.iter().zip(batch) {
            done[i] = Some(run.close());
        }
    }
    Ok(done.into_iter().flatten().collect())
}
