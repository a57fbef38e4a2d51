use super::{Outcome, Plan, Record, Reports, Run, judge};
use crate::suite::Suite;
use engine::error::{Error, Result};
use std::collections::HashMap;

/// Makes a new run from the answers of `run`, judged by today's `suites`, without generating anything. What failed
/// with an error stays an error.
///
/// # Errors
/// Lists the cases whose question is no longer the one that was answered, and those without an answer: judging them
/// would compare unlike with unlike.
pub fn rescore(reports: &Reports, run: &Run, suites: &[Suite]) -> Result<Run> {
    let plan = Plan::again(&run.manifest, suites)?;
    let outcomes = outcomes(&plan, run)?;
    let mut new = reports.create_from(plan, Some(run.manifest.id.clone()))?;
    for (item, outcome) in outcomes.into_iter().enumerate() {
        new.record(item, outcome)?;
    }
    new.manifest.stopped = run.manifest.stopped;
    run.manifest.notes.iter().try_for_each(|note| new.note(note))?;
    new.finish()?;
    Ok(new.close())
}

/// The outcome of every item of the plan, in order.
fn outcomes(plan: &Plan, run: &Run) -> Result<Vec<Outcome>> {
    let stored: HashMap<(&str, u32), &Record> =
        run.records.iter().map(|record| ((record.case.as_str(), record.repeat), record)).collect();
    let (mut outcomes, mut changed, mut unanswered) = (Vec::new(), Vec::new(), Vec::new());
    for item in &plan.items {
        let case = &plan.cases[item.case];
        match stored.get(&(case.id.as_str(), item.repeat)) {
            None => unanswered.push(case.id.as_str()),
            Some(record) if record.answer_key != item.answer_key => changed.push(case.id.as_str()),
            Some(record) => outcomes.push(match record.outcome.answer() {
                Some(answer) => judge::judged(case, answer.clone(), true),
                None => record.outcome.clone(),
            }),
        }
    }
    changed.dedup();
    unanswered.dedup();
    let id = &run.manifest.id;
    let changed = (!changed.is_empty()).then(|| {
        Error::input(format!("the question has changed since run {id} was answered: {}", changed.join(", ")))
            .hint("prompt, system prompt, reference, choices or sampling were edited; run these cases again instead")
    });
    let unanswered = (!unanswered.is_empty()).then(|| {
        Error::input(format!("run {id} has no answer yet to: {}", unanswered.join(", ")))
            .hint(format!("finish it first, with --resume {id}"))
    });
    match Error::gather(changed.into_iter().chain(unanswered)) {
        Some(error) => Err(error),
        None => Ok(outcomes),
    }
}
