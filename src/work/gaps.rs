//! A run over dev cases → what fails → what to write.

use super::data;
use super::device::DeviceChoice;
use super::evaluate::{EvaluateOptions, evaluate};
use super::event::Sink;
use super::settings::settings;
use super::subject::Subject;
use crate::gaps::{self, Gaps, Plan};
use crate::run::{Filter, Run};
use crate::suite::Split;
use crate::training_data::{self, Example, task_of};
use crate::workspace::Workspace;
use engine::error::{Error, Result};
use engine::store;
use std::collections::{HashMap, HashSet};
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
}

/// Asks the version the dev cases that it has not answered yet, and looks at all of them.
///
/// # Errors
/// What [`evaluate`] says; no dev case was scored.
pub fn find_gaps(workspace: &Workspace, options: &GapsOptions, sink: &dyn Sink) -> Result<Found> {
    let evaluation = EvaluateOptions {
        filter: Filter { split: Some(Split::Dev), ..Filter::default() },
        device: options.device,
        allow_commands: options.allow_commands,
        ..EvaluateOptions::of(Subject::One(options.version.clone()))
    };
    let run = evaluate(workspace, &evaluation, sink)?.into_iter().next().map(|one| one.run);
    let run = run.ok_or_else(|| Error::input("no dev case was asked"))?;
    gaps_of(workspace, &run, options.examples, &run.manifest.version.name, sink)
}

/// The same of a run that is there. `seed` decides which situations are offered.
pub(super) fn gaps_of(workspace: &Workspace, run: &Run, examples: usize, seed: &str, sink: &dyn Sink) -> Result<Found> {
    let all = training_data::conversations(&[workspace.training_data()])?.conversations;
    let mut taught: HashMap<&str, usize> = HashMap::new();
    let kinds = || all.iter().map(|one| one.first()).filter_map(|example| Some((example, task_of(example)?)));
    for (_, task) in kinds() {
        *taught.entry(task).or_default() += 1;
    }
    let gaps = gaps::find(run, settings(workspace)?.confidence, &|task| taught.get(task).copied());
    if gaps.cases == 0 {
        return Err(Error::input("no dev case was scored by a check, so nothing is known of what fails")
            .hint("write cases without `split: held-out`, with checks of what is written"));
    }
    let failing = failing_examples(workspace, sink)?;
    let place = |example: &Example| (example.place.file.to_path_buf(), example.place.line);
    let contradicting =
        |task: &str| kinds().filter(|(example, of)| *of == task && failing.contains(&place(example))).count();
    let seed = store::hash(seed.as_bytes()).bytes().take(8).fold(0, |sum, byte| sum * 31 + u64::from(byte));
    let plan = gaps::plan(&gaps, examples, seed, &contradicting);
    Ok(Found { gaps, plan })
}

/// Where examples stand that fail the checks which dev cases use for their kind.
fn failing_examples(workspace: &Workspace, sink: &dyn Sink) -> Result<HashSet<(PathBuf, usize)>> {
    let options = data::CheckOptions {
        paths: vec![workspace.training_data()],
        against_suites: true,
        dev_only: true,
        ..data::CheckOptions::default()
    };
    let linted = data::check(Some(workspace), &options, sink)?;
    let failing = linted.findings.into_iter().filter(|finding| finding.code == training_data::lint::FAILS_CHECK);
    Ok(failing.map(|finding| (finding.file, finding.line)).collect())
}
