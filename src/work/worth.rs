//! Whether routing is worth it: `auto` must beat the best single version of those that it asks.

use crate::compare::{Comparison, Evidence, Finding, Outcomes};
use crate::registry;
use crate::run::{Reports, Run, VersionRef};
use crate::suite::Split;
use crate::tally::{self, CaseTally, Reply};
use crate::words;
use crate::workspace::Workspace;
use engine::error::Result;

/// What a comparison of `auto` with a version says of routing, as a sentence; `None` where neither or both are routed.
///
/// The best single version is the one with the highest mean of what decides, over the held-out cases of its newest
/// finished run on the same cases. Which one that is, is taken from the same cases on which it is then beaten or not:
/// this favours the single version, so what is said for routing stands.
pub(super) fn of_routing(
    workspace: &Workspace,
    runs: Outcomes<&Run>,
    comparison: &Comparison,
) -> Result<Option<String>> {
    let (routed, other, routed_after) = match (&runs.a.manifest.version.routed, &runs.b.manifest.version.routed) {
        (None, Some(routed)) => (routed, runs.a, true),
        (Some(routed), None) => (routed, runs.b, false),
        _ => return Ok(None),
    };
    let auto = if routed_after { runs.b } else { runs.a };
    let headline = comparison.held_out.headline();
    let reports = Reports::new(workspace.reports());
    let (mut means, mut missing) = (Vec::new(), Vec::new());
    for version in &routed.versions {
        match run_of(&reports, version, auto, other)? {
            Some(run) => means.extend(mean(&run, headline.evidence).map(|mean| (mean, version))),
            None => missing.push(version),
        }
    }
    let label = |version: &VersionRef| registry::label(&workspace.config.line, &version.name);
    if !missing.is_empty() {
        let names: Vec<String> = missing.into_iter().map(label).collect();
        let commands: Vec<String> = names.iter().map(|name| format!("pmtune eval {}", words::shell(name))).collect();
        return Ok(Some(format!(
            "Whether routing is worth it is not known: no run asked {} alone the same cases ({}).",
            words::list(&names),
            commands.join("; ")
        )));
    }
    // Of equals the first.
    let best = means.iter().fold(None, |best: Option<&(f64, &VersionRef)>, one| match best {
        Some(best) if best.0 >= one.0 => Some(best),
        _ => Some(one),
    });
    let Some((_, best)) = best else { return Ok(None) };
    let name = label(best);
    if other.manifest.version != **best {
        return Ok(Some(format!(
            "Whether routing is worth it shows beside {name}, the best single version of those it asks: pmtune eval \
             --compare {} auto.",
            words::shell(&name)
        )));
    }
    let finding = match (headline.finding, routed_after) {
        (Finding::Improved, false) => Finding::Regressed,
        (Finding::Regressed, false) => Finding::Improved,
        (finding, _) => finding,
    };
    let of = format!("{name}, the best single version of those it asks");
    Ok(Some(match finding {
        Finding::Improved => format!("Routing is worth it: auto beats {of}."),
        Finding::Regressed => format!("Routing is not worth it: {of}, is better alone."),
        Finding::NoDifference => format!("Routing is not worth it: {of}, does as well alone."),
        Finding::TooFewCases => format!("Routing is not shown to be worth it: auto does not measurably beat {of}."),
    }))
}

/// The newest finished run of the very version on the same cases; the one that is compared before others.
fn run_of(reports: &Reports, version: &VersionRef, auto: &Run, other: &Run) -> Result<Option<Run>> {
    if other.manifest.version == *version {
        return Ok(Some(other.clone()));
    }
    let runs = reports.list()?.runs;
    let alike =
        runs.iter().rev().find(|run| run.is_evidence() && run.version == *version && run.cases == auto.manifest.cases);
    alike.map(|run| reports.load(&run.id)).transpose()
}

/// The mean of what decides over a run's held-out cases.
fn mean(run: &Run, evidence: Evidence) -> Option<f64> {
    let tallies = tally::cases(run);
    let held_out: Vec<&CaseTally<'_>> =
        tallies.iter().filter(|case| case.counts && case.split == Split::HeldOut).collect();
    match evidence {
        Evidence::Likelihood => tally::mean(&held_out, |case| case.mean(Reply::margin)).map(|(mean, _)| mean),
        Evidence::Checks => tally::mean_score(&held_out),
    }
}
