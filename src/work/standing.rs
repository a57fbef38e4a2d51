//! How the versions of a workspace stand: what the newest whole run of each says, and what was found when two were held
//! against each other last.

use super::compare::newest_comparison;
use super::event::{Event, Sink};
use super::find::Finder;
use super::settings::{labels, settings};
use super::today::Today;
use crate::compare::Comparison;
use crate::run::{Reports, Run};
use crate::suite::Split;
use crate::tally::{self, CaseTally, Rate, Reply};
use crate::workspace::Workspace;
use engine::error::{Kind, Result};
use std::path::PathBuf;

/// What the newest whole run of a version says.
#[derive(Debug, Clone, PartialEq)]
pub struct LastRun {
    pub run: String,
    /// Held-out where any of these cases was judged.
    pub half: Split,
    /// By checks of what was written.
    pub passed: Rate,
    /// By how many nats a token references are preferred to bad answers, and in how many cases that was measured.
    pub margin: Option<(f64, usize)>,
    /// The version, the suites or the checks are no longer what they were.
    pub stale: bool,
}

/// Where a version has no such run, why.
#[derive(Debug, Clone, PartialEq)]
pub enum Standing {
    Known(LastRun),
    /// Nobody has asked it.
    NotAsked,
    /// Its runs asked some of the cases, or under other settings.
    InPart,
}

/// The standing of each of these versions (full names), in their order.
///
/// # Errors
/// The reports cannot be listed; `compare:` in `pmtune.yaml` is wrong.
pub fn standings(workspace: &Workspace, names: &[String], sink: &dyn Sink) -> Result<Vec<Standing>> {
    let (reports, confidence) = (Reports::new(workspace.reports()), settings(workspace)?.confidence);
    if reports.list()?.runs.is_empty() {
        return Ok(vec![Standing::NotAsked; names.len()]);
    }
    let today = Today::read_leniently(workspace, sink);
    let finder = Finder { workspace, reports: &reports, today: &today, insist: false, sink: &Silent };
    let standing = |name: &String| match finder.run(name, None) {
        Ok(run) => {
            let stale = today.vouch(&[(name, &run)], false).is_err();
            Standing::Known(last_run(&run, confidence, stale))
        }
        Err(error) if error.kind == Kind::Missing => Standing::NotAsked,
        Err(_) => Standing::InPart,
    };
    Ok(names.iter().map(standing).collect())
}

fn last_run(run: &Run, confidence: f64, stale: bool) -> LastRun {
    let tallies = tally::cases(run);
    let of = |half: Split| -> Vec<&CaseTally<'_>> {
        tallies.iter().filter(|case| case.counts && case.split == half).collect()
    };
    let measured = |cases: &[&CaseTally<'_>]| {
        let margin = tally::mean(cases, |case| case.mean(Reply::margin));
        (tally::rate(cases, confidence), margin)
    };
    let held_out = measured(&of(Split::HeldOut));
    let (half, (passed, margin)) = match held_out.0.cases > 0 || held_out.1.is_some() {
        true => (Split::HeldOut, held_out),
        false => (Split::Dev, measured(&of(Split::Dev))),
    };
    LastRun { run: run.manifest.id.clone(), half, passed, margin, stale }
}

/// The newest comparison of two versions.
#[derive(Debug, Clone)]
pub struct LastComparison {
    pub comparison: Comparison,
    /// Holds its report.
    pub folder: PathBuf,
    /// What changed since, or that its runs are gone; empty where it still speaks of the versions as they are.
    pub stale: Vec<String>,
}

/// The newest comparison of these two versions (full names) in this order, if the reports hold one.
///
/// # Errors
/// The suites cannot be read, so nobody knows what changed.
pub fn last_comparison(
    workspace: &Workspace,
    before: &str,
    after: &str,
    sink: &dyn Sink,
) -> Result<Option<LastComparison>> {
    let Some((folder, comparison)) = newest_comparison(workspace, before, after) else { return Ok(None) };
    let reports = Reports::new(workspace.reports());
    let load = |id: &str| reports.load(id);
    let stale = match (load(&comparison.a.run.id), load(&comparison.b.run.id)) {
        (Ok(a), Ok(b)) => {
            let called = labels(workspace, &a, &b);
            Today::read_leniently(workspace, sink).vouch(&[(&called.a, &a), (&called.b, &b)], true)?
        }
        _ => vec!["its runs are no longer there".to_string()],
    };
    Ok(Some(LastComparison { comparison, folder, stale }))
}

/// Hears nothing: which run was taken stands in the answer.
struct Silent;

impl Sink for Silent {
    fn tell(&self, _: Event<'_>) {}
}
