//! A run over dev cases → what fails → what to write.

use super::device::DeviceChoice;
use super::evaluate::{EvaluateOptions, evaluate};
use super::event::{Event, Sink};
use super::settings::settings;
use super::short_path::short_path;
use super::subject::Subject;
use crate::check::Lexicon;
use crate::gaps::{self, Gaps, Material, Plan};
use crate::report::GapsReport;
use crate::review::Books;
use crate::run::{Filter, Manifest, Reports, Run};
use crate::suite::{self, Split};
use crate::training_data::{self, Example, Known, contradictions, kind_of};
use crate::workspace::Workspace;
use engine::error::{Error, Result};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Which version's gaps, and how many examples to plan.
#[derive(Debug, Clone)]
pub struct GapsOptions {
    /// As a person names it.
    pub version: String,
    pub examples: usize,
    pub device: DeviceChoice,
    pub allow_commands: bool,
}

/// What was found.
#[derive(Debug, Clone)]
pub struct Found {
    pub gaps: Gaps,
    pub plan: Plan,
    pub report: GapsReport,
}

/// Asks the version the dev cases that it has not answered yet, and looks at all of them.
///
/// # Errors
/// What [`evaluate`] says; no dev case was scored.
pub fn find_gaps(workspace: &Workspace, options: &GapsOptions, sink: &dyn Sink) -> Result<Found> {
    let run = measure(workspace, &options.version, options.device, options.allow_commands, sink)?;
    gaps_of(workspace, &run, options.examples, &run.manifest.version.name, sink)
}

/// The version's answers to all dev cases.
pub(super) fn measure(
    workspace: &Workspace,
    version: &str,
    device: DeviceChoice,
    allow_commands: bool,
    sink: &dyn Sink,
) -> Result<Run> {
    let options = EvaluateOptions {
        filter: Filter { split: Some(Split::Dev), ..Filter::default() },
        device,
        allow_commands,
        ..EvaluateOptions::of(Subject::One(version.to_string()))
    };
    let run = evaluate(workspace, &options, sink)?.into_iter().next();
    run.map(|one| one.run).ok_or_else(|| Error::input("no dev case was asked"))
}

/// What a run over dev cases says. `seed` decides which situations are offered.
pub(super) fn gaps_of(workspace: &Workspace, run: &Run, examples: usize, seed: &str, sink: &dyn Sink) -> Result<Found> {
    let folder = PathBuf::from(short_path(&workspace.training_data()));
    let all = training_data::conversations(&[folder])?;
    all.passed_over.iter().for_each(|text| sink.tell(Event::Warning(text.clone())));
    let firsts: Vec<Example> = all.conversations.iter().map(|one| one.first().clone()).collect();
    let suites = suite::load(&workspace.root, &workspace.suite_files()?)?;
    // No situation may be near any case; apart from that, held-out cases have no part in it, nor have their checks.
    let known = Known::new(&suites, &firsts);
    let mut dev = suites;
    dev.iter_mut().for_each(|suite| suite.cases.retain(|case| case.split == Split::Dev));
    let reports = Reports::new(workspace.reports());
    let base = base_of(&reports, &run.manifest)?;
    let found = gaps::find(run, base.as_ref(), &Books::read(&reports)?.of(run), &settings(workspace)?);
    if found.cases == 0 {
        return Err(Error::input("no dev case was scored by a check, so nothing is known of what fails")
            .hint("write cases without `split: held-out`, with checks of what is written"));
    }
    let contradicting = contradictions(&firsts, &dev, &Lexicon::of_workspace(&workspace.root)?);
    let kinds: Vec<Option<&str>> = firsts.iter().map(|example| kind_of(example).map(|kind| kind.tag)).collect();
    let material = Material { examples: &firsts, kinds: &kinds, contradicting: &contradicting, known: &known };
    let plan = gaps::plan(&found, examples, seed, &material);
    let report = GapsReport::new(&found, &plan)?;
    Ok(Found { gaps: found, plan, report })
}

/// Of the finished runs of the version's base, the one that asked the most of its cases; of several the newest.
fn base_of(reports: &Reports, version: &Manifest) -> Result<Option<Run>> {
    let is_base =
        |run: &&Manifest| run.is_evidence() && run.version.name == "base" && run.version.base == version.version.base;
    let asked: BTreeSet<&String> = version.cases.iter().map(|(case, _)| case).collect();
    let shared = |run: &Manifest| run.cases.iter().filter(|(case, _)| asked.contains(case)).count();
    let listing = reports.list()?.runs;
    let of_base = listing.iter().filter(is_base).filter(|run| run.id != version.id);
    let most =
        of_base.map(|run| (shared(run), run)).filter(|(shared, _)| *shared > 0).max_by_key(|(shared, _)| *shared);
    most.map(|(_, run)| reports.load(&run.id)).transpose()
}
