//! The rules that look at the candidate alone.

use super::decision::{CaseNote, Judged};
use super::scope::{Scope, note};
use super::settings::{CriteriaSettings, LatencySettings};
use super::words::{rate, standing};
use crate::check::Criterion;
use crate::export::{Outcome, Parity};
use crate::run::{CONTAMINATED, matches};
use crate::tally::{self, CaseTally, Standing};
use crate::words::{count, either, percent, percent_exact};
use std::collections::{BTreeMap, BTreeSet};

/// The tag of a case that must pass.
pub(super) const MUST_PASS: &str = "must-pass";

/// Forgives the last bits of a mean.
const ROUNDING: f64 = 1e-9;

/// A suite that has rules and of which the run has no case: said once, not for each of its rules.
pub(super) fn unknown_suite(scope: &Scope<'_>, tallies: &[CaseTally<'_>]) -> Judged {
    let known: BTreeSet<&str> = tallies.iter().filter_map(|case| Some(case.case.split_once('/')?.0)).collect();
    let known = known.into_iter().collect::<Vec<_>>().join(", ");
    let words =
        format!("the run has no case of this suite; evaluate it too, or correct its name (the run has {known})");
    scope.unjudged("suites", None, words)
}

/// `before`: the cases that the baseline passes. Those it passes and the candidate does not are named first.
pub(super) fn pass_rate(scope: &Scope<'_>, least: f64, before: &BTreeSet<&str>, confidence: f64) -> Judged {
    let cases = scope.counting();
    let seen = tally::rate(&cases, confidence);
    if seen.cases == 0 {
        return scope.empty("pass-rate", least);
    }
    let wanted = percent_exact(least);
    let words =
        format!("{} of {} pass; {wanted} wanted", rate(seen.rate, &seen.interval), count(seen.cases, scope.noun()));
    let failing = cases.into_iter().filter(|case| case.is_written() && case.passes() == Some(false));
    let mut failing: Vec<&CaseTally<'_>> = failing.collect();
    failing.sort_by_key(|case| !before.contains(case.case));
    let named = |case: &&CaseTally<'_>| {
        let lost = if before.contains(case.case) { ", passed before" } else { "" };
        CaseNote { case: case.case.to_string(), words: format!("{}{lost}", standing(case)) }
    };
    scope
        .judged("pass-rate", seen.rate + ROUNDING >= least, seen.rate, least, words)
        .because_of(failing.iter().map(named).collect())
}

pub(super) fn score(scope: &Scope<'_>, least: f64) -> Judged {
    let cases = scope.counting();
    let Some(mean) = tally::mean_score(&cases) else { return scope.empty("score", least) };
    let scored: Vec<(&str, f64)> = cases.iter().filter_map(|case| Some((case.case, case.score?))).collect();
    let words = format!("{mean:.2} on average over {}; {least} wanted", count(scored.len(), scope.noun()));
    scope.judged("score", mean + ROUNDING >= least, mean, least, words).because_of(lowest(&scored, least))
}

pub(super) fn criteria(scope: &Scope<'_>, least: &CriteriaSettings) -> Vec<Judged> {
    let cases = scope.counting();
    let means = tally::criteria(&cases);
    let judge = |(criterion, least): (Criterion, f64)| {
        let rule = format!("criteria.{criterion}");
        let Some((_, mean, n)) = means.iter().find(|(c, ..)| *c == criterion) else {
            let words = format!(
                "{criterion} is not measured by these suites: no check of the {} is evidence for it; add one",
                scope.place()
            );
            return scope.unjudged(&rule, Some(least), words);
        };
        let shares: Vec<(&str, f64)> =
            cases.iter().filter_map(|case| Some((case.case, case.passed_share(criterion)?))).collect();
        let of = count(*n, scope.noun());
        let words = format!("{} of its checks pass over {of}; {} wanted", percent(*mean), percent_exact(least));
        scope.judged(&rule, mean + ROUNDING >= least, *mean, least, words).because_of(lowest(&shares, least))
    };
    wanted(least).into_iter().map(judge).collect()
}

/// `points`: people's, by criterion and case.
pub(super) fn people(
    scope: &Scope<'_>,
    least: &CriteriaSettings,
    points: &BTreeMap<Criterion, BTreeMap<String, f64>>,
) -> Vec<Judged> {
    let cases = scope.counting();
    let judge = |(criterion, least): (Criterion, f64)| {
        let rule = format!("people.{criterion}");
        let given = points.get(&criterion);
        let of_case = |case: &CaseTally<'_>| given?.get(case.case).copied();
        let rated: Vec<(&str, f64)> = cases.iter().filter_map(|case| Some((case.case, of_case(case)?))).collect();
        if rated.is_empty() {
            let words = format!("nobody has scored the {} yet; ask people with `pmtune review`", scope.place());
            return scope.unjudged(&rule, Some(least), words);
        }
        let Some((mean, n)) = tally::mean(&cases, of_case) else { return scope.empty(&rule, least) };
        let of = count(cases.len(), scope.noun());
        let words = format!("{mean:.1} of 5, by people, over {n} of {of}; {least:.1} wanted");
        scope.judged(&rule, mean + ROUNDING >= least, mean, least, words).because_of(lowest(&rated, least))
    };
    wanted(least).into_iter().map(judge).collect()
}

fn wanted(least: &CriteriaSettings) -> Vec<(Criterion, f64)> {
    let of = |criterion| match criterion {
        Criterion::Accuracy => least.accuracy,
        Criterion::Format => least.format,
        Criterion::Relevance => least.relevance,
        Criterion::Completeness => least.completeness,
        Criterion::Tone => least.tone,
    };
    Criterion::ALL.into_iter().filter_map(|criterion| Some((criterion, of(criterion)?))).collect()
}

/// Cases below what is wanted, lowest first.
fn lowest(cases: &[(&str, f64)], least: f64) -> Vec<CaseNote> {
    let mut low: Vec<&(&str, f64)> = cases.iter().filter(|(_, value)| *value + ROUNDING < least).collect();
    low.sort_by(|x, y| x.1.total_cmp(&y.1));
    low.into_iter().map(|(case, value)| CaseNote { case: case.to_string(), words: format!("{value:.2}") }).collect()
}

/// `cases` may be of either half: a case that must not break must not break anywhere. `tagged`: cases that carry the tag
/// belong to them. `None` where nothing must pass.
pub(super) fn must_pass(scope: &Scope<'_>, patterns: &[String], tagged: bool) -> Option<Judged> {
    const RULE: &str = "must-pass";
    let has_tag = |case: &CaseTally<'_>| case.records.iter().any(|r| r.tags.iter().any(|tag| tag == MUST_PASS));
    let named = |case: &CaseTally<'_>| patterns.iter().any(|pattern| matches(pattern, case.case));
    let idle = patterns.iter().find(|pattern| !scope.cases.iter().any(|case| matches(pattern, case.case)));
    let cases: Vec<&CaseTally<'_>> =
        scope.cases.iter().copied().filter(|case| named(case) || tagged && has_tag(case)).collect();
    let stand = |standing: &[Standing]| -> Vec<CaseNote> {
        cases.iter().filter(|case| standing.contains(&case.standing())).map(|case| note(case)).collect()
    };
    let broken = stand(&[Standing::Fails, Standing::Unanswered]);
    let unscored = stand(&[Standing::Unscored]);
    if let (Some(pattern), true) = (idle, broken.is_empty()) {
        let words = format!("no case of the run is called `{pattern}`; evaluate its suite too, or correct the pattern");
        return Some(scope.unjudged(RULE, Some(0.0), words));
    }
    if cases.is_empty() {
        return None;
    }
    if broken.is_empty() && !unscored.is_empty() {
        let words = format!(
            "{} of {} that must pass could not be scored: no check of theirs had a say; give them one that can judge",
            unscored.len(),
            count(cases.len(), "case")
        );
        return Some(Judged { cases: unscored, ..scope.unjudged(RULE, Some(0.0), words) });
    }
    let verb = either(broken.len(), "does", "do");
    let words = match broken.len() {
        0 => format!("every one of {} that must pass does", count(cases.len(), "case")),
        n => format!("{n} of {} that must pass {verb} not", count(cases.len(), "case")),
    };
    Some(scope.judged(RULE, broken.is_empty(), broken.len() as f64, 0.0, words).because_of(broken))
}

/// Cases asked more than once, those apart of which no answer could be scored; `Err` where none is left, with why.
fn repeated<'a>(scope: &Scope<'a>) -> Result<(Vec<&'a CaseTally<'a>>, usize), &'static str> {
    let asked = scope.counting().into_iter().filter(|case| case.records.len() > 1);
    let (unscored, cases): (Vec<_>, Vec<_>) = asked.partition(|case| case.standing() == Standing::Unscored);
    match (cases.is_empty(), unscored.len()) {
        (true, 0) => Err("no case is asked more than once; set `repeat: 5` in the suites, or remove the rule"),
        (true, _) => Err("no repeated case could be scored: no check had a say; give them one that can judge"),
        (false, unscored) => Ok((cases, unscored)),
    }
}

pub(super) fn each_case(scope: &Scope<'_>, least: f64) -> Judged {
    const RULE: &str = "each-case";
    let (cases, unscored) = match repeated(scope) {
        Ok(found) => found,
        Err(why) => return scope.unjudged(RULE, Some(least), why),
    };
    let share = |case: &CaseTally<'_>| case.passed.unwrap_or(0.0);
    let lowest = cases.iter().map(|case| share(case)).fold(1.0, f64::min);
    let mut short: Vec<&CaseTally<'_>> = cases.iter().copied().filter(|case| share(case) + ROUNDING < least).collect();
    short.sort_by(|x, y| share(x).total_cmp(&share(y)));
    if short.is_empty() && unscored > 0 {
        let of = count(cases.len() + unscored, "repeated case");
        let words = format!("{unscored} of {of} could not be scored: no check had a say");
        return scope.unjudged(RULE, Some(least), words);
    }
    let (wanted, of) = (percent_exact(least), count(cases.len(), "repeated case"));
    let words = match short.len() {
        0 => format!("each of {of} passes {wanted} of its answers or more"),
        n => format!("{n} of {of} below {wanted} of answers passed; the lowest at {}", percent(lowest)),
    };
    scope.judged(RULE, short.is_empty(), lowest, least, words).because_of(short.into_iter().map(note).collect())
}

pub(super) fn flaky(scope: &Scope<'_>, most: f64) -> Judged {
    let (cases, _) = match repeated(scope) {
        Ok(found) => found,
        Err(why) => return scope.unjudged("flaky", Some(most), why),
    };
    let flaky: Vec<&CaseTally<'_>> = cases.iter().copied().filter(|case| case.flaky()).collect();
    let share = flaky.len() as f64 / cases.len() as f64;
    let of = count(cases.len(), "repeated case");
    let words = format!("{} of {of} pass only sometimes; at most {} wanted", percent(share), percent_exact(most));
    let judged = scope.judged("flaky", share <= most + ROUNDING, share, most, words);
    judged.because_of(flaky.into_iter().map(note).collect())
}

pub(super) fn contaminated(scope: &Scope<'_>, most: usize) -> Judged {
    if scope.cases.is_empty() {
        return scope.empty("contaminated", most as f64);
    }
    let marked = |case: &&&CaseTally<'_>| case.records.iter().any(|r| r.tags.iter().any(|tag| tag == CONTAMINATED));
    let cases: Vec<CaseNote> = scope.cases.iter().filter(marked).map(|case| note(case)).collect();
    let n = cases.len();
    let verb = either(n, "stands", "stand");
    let words = format!("{} {verb} in the training data; at most {most} wanted", count(n, scope.noun()));
    scope.judged("contaminated", n <= most, n as f64, most as f64, words).because_of(cases)
}

pub(super) fn errors(scope: &Scope<'_>, most: usize) -> Judged {
    let failed = |case: &CaseTally<'_>| {
        let errors = case.errors;
        let words = match case.records.len() {
            1 => "no answer".to_string(),
            all => format!("{errors} of {} missing", count(all, "answer")),
        };
        (errors > 0).then(|| CaseNote { case: case.case.to_string(), words })
    };
    let cases: Vec<CaseNote> = scope.cases.iter().filter_map(|case| failed(case)).collect();
    if scope.cases.is_empty() {
        return scope.empty("errors", most as f64);
    }
    let (n, of) = (cases.len(), count(scope.cases.len(), scope.noun()));
    let words = match (n, most) {
        (0, _) => format!("each of {of} has its answers"),
        (n, 0) => format!("{n} of {of} could not be answered"),
        (n, most) => format!("{n} of {of} could not be answered; at most {most} wanted"),
    };
    scope.judged("errors", n <= most, n as f64, most as f64, words).because_of(cases)
}

/// `parity`: of the newest file that was exported of the candidate's version.
pub(super) fn export_parity(scope: &Scope<'_>, parity: Option<&Parity>) -> Judged {
    const RULE: &str = "export-parity";
    let Some(parity) = parity else {
        return scope.unjudged(RULE, None, "no file of this version was exported and proven; run `pmtune export`");
    };
    let (outcome, steps) = (parity.outcome(), parity.steps());
    let passed = steps.iter().filter(|step| step.outcome == Outcome::Passed).count();
    if outcome == Outcome::NotShown {
        return scope.unjudged(RULE, Some(steps.len() as f64), parity.verdict());
    }
    let (measured, wanted) = (passed as f64, steps.len() as f64);
    let judged = scope.judged(RULE, outcome == Outcome::Passed, measured, wanted, parity.verdict());
    let failed = steps.into_iter().filter(|step| step.outcome == Outcome::Failed);
    judged.because_of(failed.map(|step| CaseNote { case: step.name, words: step.words }).collect())
}

/// `alone`: every answer was asked for by itself. A model in this process writes many answers at a time, so the seconds of
/// one depend on its neighbours and say nothing of what a user would wait.
pub(super) fn latency(scope: &Scope<'_>, most: &LatencySettings, alone: bool) -> Vec<Judged> {
    let rules = [("latency.p50", 0.5, most.p50, "half"), ("latency.p95", 0.95, most.p95, "95 in 100")];
    let rules = rules.into_iter().filter_map(|(rule, share, most, who)| Some((rule, share, most?, who)));
    if !alone {
        let words = "answers of a model in this process are written many at a time, so their seconds say nothing of one \
                     alone; remove the rule, or evaluate the model behind a server (openai:URL#model)";
        return rules.map(|(rule, _, most, _)| scope.unjudged(rule, Some(most), words)).collect();
    }
    let mut times: Vec<(f64, &str)> = Vec::new();
    for record in scope.counting().iter().flat_map(|case| &case.records) {
        times.extend(record.outcome.answer().map(|answer| (answer.seconds, record.case.as_str())));
    }
    times.sort_by(|x, y| y.0.total_cmp(&x.0));
    let judge = |(rule, share, most, who): (&str, f64, f64, &str)| {
        // The answer at that rank, counted from the fastest.
        let rank = (share * times.len() as f64).ceil().max(1.0) as usize;
        let Some((seconds, _)) = times.len().checked_sub(rank).and_then(|at| times.get(at)) else {
            return scope.empty(rule, most);
        };
        let words = format!("{who} of {} take up to {seconds:.1} s; {most} s wanted", count(times.len(), "answer"));
        // Slowest first; a case that was asked more than once is named once.
        let mut named = BTreeSet::new();
        let slow = times.iter().filter(|(seconds, case)| *seconds > most && named.insert(*case));
        let slow = slow.map(|(seconds, case)| CaseNote { case: case.to_string(), words: format!("{seconds:.1} s") });
        scope.judged(rule, *seconds <= most, *seconds, most, words).because_of(slow.collect())
    };
    rules.map(judge).collect()
}
