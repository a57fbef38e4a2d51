use super::{Item, Judged, Outcome, Plan, Record};
use crate::check::{Subject, Verdict};
use crate::provider::Answer;
use crate::suite::{self, Case};
use jiff::Timestamp;

/// Judges an answer by every check of its case.
pub(super) fn judged(case: &Case, answer: Answer, reused: bool) -> Outcome {
    let subject =
        Subject { prompt: &case.prompt, reference: case.reference.as_deref(), choices: &case.choices, answer: &answer };
    let verdicts: Vec<Verdict> = case.checks.iter().map(|check| check.judge(&subject)).collect();
    let scored = suite::score(case, &verdicts);
    let judged = |(check, verdict): (&crate::check::Check, Verdict)| Judged {
        check: check.name.clone(),
        criterion: check.criterion,
        weight: check.weight,
        guard: Some(check.guard),
        verdict,
    };
    let verdicts = case.checks.iter().zip(verdicts).map(judged).collect();
    match scored {
        Some((score, passed)) => Outcome::Judged { answer, verdicts, score, passed, reused },
        None => Outcome::Unscored { answer, verdicts, reused },
    }
}

/// The record of one item of a plan.
pub(super) fn record(plan: &Plan, item: &Item, outcome: Outcome) -> Record {
    let case = &plan.cases[item.case];
    Record {
        case: case.id.clone(),
        repeat: item.repeat,
        category: case.category.clone(),
        split: case.split,
        weight: case.weight,
        cluster: case.cluster.clone(),
        tags: case.tags.clone(),
        require: case.require,
        prompt: case.prompt.clone(),
        reference: case.reference.clone(),
        answer_key: item.answer_key.clone(),
        judge_hash: case.judge_hash.clone(),
        version: plan.version.routed.as_ref().map(|_| plan.version.answering(&case.id).name.clone()),
        outcome,
        at: Timestamp::now(),
    }
}
