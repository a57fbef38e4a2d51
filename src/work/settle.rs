//! Asking both versions case by case, in random order, until the question is settled.

use super::how::How;
use super::sources::{Group, Source, groups};
use crate::compare::{Evidence, FIRST_LOOK, Outlook, Settings, outlook, place};
use crate::run::{self, OpenRun, Run, Why};
use crate::suite::{Case, Split, Suite};
use crate::work::event::Event;
use engine::error::{Error, Result};
use std::collections::{BTreeMap, HashSet};
use std::ops::ControlFlow;

/// Units asked between two looks, as a share of those asked already. Answers of a batch are cheaper than single ones, and
/// a few too many are asked where the question was settled in the middle of a batch.
const STEP: f64 = 0.2;

/// The suites with the cases that can settle the question alone: those of one half that hold the evidence which decides.
///
/// # Errors
/// There is none.
pub(super) fn deciding(suites: &[Suite], split: Split, settings: &Settings) -> Result<Vec<Suite>> {
    let holds = |evidence: Evidence, case: &Case| match evidence {
        Evidence::Likelihood => !case.choices.is_empty() || case.weighed().len() > 1,
        Evidence::Checks => case.choices.is_empty() && !case.only_weighed(),
    };
    let of = |evidence| {
        let suites = suites.iter().map(|suite| {
            let cases = suite.cases.iter().filter(|case| case.split == split && case.weight > 0.0);
            Suite { cases: cases.filter(|case| holds(evidence, case)).cloned().collect(), ..suite.clone() }
        });
        suites.filter(|suite| !suite.cases.is_empty()).collect::<Vec<_>>()
    };
    let other = match settings.primary {
        Evidence::Likelihood => Evidence::Checks,
        Evidence::Checks => Evidence::Likelihood,
    };
    let found = [of(settings.primary), of(other)].into_iter().find(|suites| !suites.is_empty());
    found.ok_or_else(|| {
        Error::usage("none of these cases could settle anything")
            .hint("mark cases with `split: held-out`, or ask the other half with --split dev")
    })
}

/// Answers unit after unit of both runs until an interval that may be looked at any time has settled the question, or
/// the units left would hardly settle it.
///
/// # Errors
/// Those of [`run::execute`]; what was answered is kept, and the same call goes on.
pub(super) fn until_settled(
    sources: &[Source],
    runs: Vec<OpenRun>,
    split: Split,
    settings: &Settings,
    how: &How<'_>,
) -> Result<Vec<Run>> {
    let units = units(&runs[0], settings.seed);
    let groups = groups(sources, how.device.as_ref(), &how.remote)?;
    let mut runs: Vec<Option<OpenRun>> = runs.into_iter().map(Some).collect();
    let mut asked = FIRST_LOOK.min(units.len());
    let why = loop {
        let cases: HashSet<String> = units[..asked].iter().flatten().cloned().collect();
        runs.iter_mut().flatten().for_each(|run| run.ask(cases.clone()));
        for group in &groups {
            ask(group, &mut runs, how)?;
        }
        let [a, b] = [&runs[0], &runs[1]].map(|run| run.as_ref().map(OpenRun::so_far));
        let (Some(a), Some(b)) = (a, b) else { return Err(Error::usage("two versions are compared")) };
        let left = units.len() - asked;
        match outlook(&a, &b, split, left, settings) {
            Outlook::Settled => break Why::Settled,
            _ if left == 0 => break Why::Asked,
            Outlook::Hopeless => break Why::Hopeless,
            Outlook::Open => {}
        }
        how.sink.tell(Event::Note(format!("not settled by {asked} of {}; asking goes on", units.len())));
        let step = ((asked as f64 * STEP) as usize).max(1);
        asked = (asked + step).min(units.len());
    };
    let mut runs: Vec<OpenRun> = runs.into_iter().flatten().collect();
    runs.iter_mut().try_for_each(|run| run.stop(why))?;
    Ok(runs.into_iter().map(OpenRun::close).collect())
}

/// The cases of each unit, in the order of asking.
fn units(run: &OpenRun, seed: u64) -> Vec<Vec<String>> {
    let mut units: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for case in &run.plan.cases {
        units.entry(place(seed, case.cluster.as_deref(), &case.id)).or_default().push(case.id.clone());
    }
    units.into_values().collect()
}

fn ask(group: &Group, runs: &mut [Option<OpenRun>], how: &How<'_>) -> Result<()> {
    let mut batch: Vec<OpenRun> = group.members.iter().filter_map(|&i| runs[i].take()).collect();
    let asked = run::execute(&mut batch, group.provider.as_ref(), how.reuse, &mut |event| {
        how.sink.tell(Event::Run(event));
        if how.sink.stopped() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    for (&i, run) in group.members.iter().zip(batch) {
        runs[i] = Some(run);
    }
    asked
}
