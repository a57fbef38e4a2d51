//! From two runs to a comparison.

use super::comparable::differences;
use super::comparison::{Comparison, Outcomes, Side};
use super::half::{flips, half};
use super::pair::{Pair, pair};
use super::settings::Settings;
use super::warnings;
use crate::run::{Run, SuiteRef};
use crate::suite::Split;
use crate::tally::{CaseTally, Standing};
use engine::error::{Error, Result};
use jiff::Timestamp;

/// 2: criteria are shares, and no longer points from 1 to 5.
const FORMAT: u32 = 2;

/// Compares two runs case by case; "improved" means that `b` is better. `labels` are what the versions are called in
/// sentences. The same runs, labels and settings give the same result, byte for byte. Where asking could stop early, tests
/// and intervals are those that hold whenever it does.
///
/// # Errors
/// When the runs share no case; when they differ in more than the version and `insist` is false (the differences stand
/// in the message, and in [`Comparison::differences`] when `insist` is true).
pub fn compare(a: &Run, b: &Run, labels: Outcomes<&str>, settings: Settings, insist: bool) -> Result<Comparison> {
    let anytime = [a, b].iter().any(|run| run.manifest.stopped.is_some());
    let settings = Settings { anytime, ..settings };
    let pairs = pair(a, b);
    if !pairs.iter().any(|p| p.a.is_some() && p.b.is_some()) {
        return Err(Error::input(format!("the runs {} and {} have no case in common", a.manifest.id, b.manifest.id))
            .hint("run both versions on the same suites, with the same filters"));
    }
    let differences = differences(a, b, labels);
    if !differences.is_empty() && !insist {
        return Err(Error::input(format!("the runs are not comparable:\n  - {}", differences.join("\n  - "))).hint(
            "run both versions again with the same suites and settings; where only checks were edited, judge the \
             stored answers again with `--rescore`; or insist on comparing them anyway",
        ));
    }
    let mut comparison = Comparison {
        format: FORMAT,
        created: ended(a).max(ended(b)),
        a: side(a, labels.a, &pairs, |p| p.a.as_ref()),
        b: side(b, labels.b, &pairs, |p| p.b.as_ref()),
        suites: suites(a, b),
        differences,
        warnings: Vec::new(),
        held_out: half(Split::HeldOut, &pairs, labels, &settings),
        dev: half(Split::Dev, &pairs, labels, &settings),
        flips: flips(&pairs),
        cases: pairs.iter().map(Pair::summary).collect(),
        settings,
    };
    comparison.warnings = warnings::of_result(&comparison);
    comparison.warnings.extend(warnings::of_runs(a, b, &pairs, labels));
    Ok(comparison)
}

/// When a run ended; for an unfinished one, when it last recorded anything.
fn ended(run: &Run) -> Timestamp {
    let last = run.records.iter().map(|r| r.at).max();
    run.manifest.finished.or(last).unwrap_or(run.manifest.started)
}

fn side<'a>(
    run: &Run,
    label: &str,
    pairs: &'a [Pair<'a>],
    pick: fn(&'a Pair<'a>) -> Option<&'a CaseTally<'a>>,
) -> Side {
    let cases: Vec<&CaseTally> = pairs.iter().filter_map(pick).collect();
    let answers = || cases.iter().flat_map(|case| &case.records).filter_map(|record| record.outcome.answer());
    let count = |standing| cases.iter().filter(|case| case.standing() == standing).count();
    Side {
        label: label.to_string(),
        run: run.manifest.clone(),
        seconds: answers().map(|x| x.seconds).filter(|s| s.is_finite()).sum(),
        output_tokens: answers().map(|x| x.output_tokens).sum(),
        errors: count(Standing::Unanswered),
        unscored: count(Standing::Unscored),
    }
}

/// The suites of both runs; where one suite changed in between, as the newer run saw it.
fn suites(a: &Run, b: &Run) -> Vec<SuiteRef> {
    let newer = |suite: &SuiteRef| b.manifest.suites.iter().find(|s| s.name == suite.name).cloned();
    let shared = a.manifest.suites.iter().map(|s| newer(s).unwrap_or_else(|| s.clone()));
    let added = b.manifest.suites.iter().filter(|s| !a.manifest.suites.iter().any(|t| t.name == s.name)).cloned();
    shared.chain(added).collect()
}
