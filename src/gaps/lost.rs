//! Which checks the score of an answer was lost on.

use crate::check::Criterion;
use crate::run::Judged;
use crate::suite;
use crate::tally::Reply;

/// What one check cost one answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Loss<'a> {
    pub check: &'a str,
    pub criterion: Criterion,
    /// Part of the answer's score, 0 to 1.
    pub lost: f64,
    /// A graded check can pass and still cost a little; a guard can fail an answer that had nothing left to lose.
    pub failed: bool,
}

/// One loss for each verdict that counts; together they are 1 less the answer's score. Checks that earn points lose their
/// share of the weights; what a broken guard takes besides goes to the guards that broke.
pub fn losses<'a>(reply: &Reply<'a>) -> Vec<Loss<'a>> {
    let counted: Vec<&Judged> =
        reply.verdicts.iter().filter(|judged| suite::counts(judged.weight, &judged.verdict)).collect();
    let weight: f64 = counted.iter().filter(|judged| !judged.is_guard()).map(|judged| judged.weight).sum();
    let broken = counted.iter().filter(|judged| judged.is_guard() && !judged.verdict.passed()).count();
    let missed = |judged: &Judged| match judged.is_guard() {
        true => 0.0,
        false => judged.weight * (1.0 - judged.verdict.score().unwrap_or(0.0)) / weight,
    };
    let total = 1.0 - reply.score;
    let by_points: f64 = counted.iter().map(|judged| missed(judged)).sum();
    // In runs of before, guards earned points too: then the rest is in proportion.
    let scale = if broken == 0 && by_points > 0.0 { total / by_points } else { 1.0 };
    let by_guard = if broken > 0 { (total - by_points).max(0.0) / broken as f64 } else { 0.0 };
    let loss = |judged: &&'a Judged| {
        let failed = !judged.verdict.passed();
        let lost = if judged.is_guard() && failed { by_guard } else { missed(judged) * scale };
        Loss { check: &judged.check, criterion: judged.criterion, lost, failed }
    };
    counted.iter().map(loss).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Verdict;
    use crate::provider::{Answer, Stop};

    fn judged(guard: bool, weight: f64, score: f64) -> Judged {
        let verdict = Verdict::graded(score, 1.0, "");
        Judged { check: "c".into(), criterion: Criterion::Format, weight, guard: Some(guard), verdict }
    }

    fn lost(score: f64, verdicts: &[Judged]) -> Vec<f64> {
        let answer = Answer {
            text: "a".into(),
            thoughts: String::new(),
            stop: Stop::End,
            prompt_tokens: 0,
            output_tokens: 0,
            seconds: 0.0,
            reference_nll: None,
            likelihoods: Vec::new(),
        };
        let reply = Reply { answer: &answer, verdicts, score, passed: false, reference: None };
        losses(&reply).iter().map(|loss| loss.lost).collect()
    }

    #[test]
    fn losses_add_up_to_what_the_answer_lost() {
        assert_eq!(lost(0.75, &[judged(false, 3.0, 1.0), judged(false, 1.0, 0.0)]), [0.0, 0.25]);
        // The guard takes what the others had left.
        assert_eq!(
            lost(0.0, &[judged(true, 1.0, 0.0), judged(false, 1.0, 0.5), judged(false, 1.0, 1.0)]),
            [0.75, 0.25, 0.0]
        );
        assert_eq!(
            lost(0.0, &[judged(true, 1.0, 0.0), judged(true, 1.0, 0.0), judged(false, 1.0, 1.0)]),
            [0.5, 0.5, 0.0]
        );
        assert_eq!(lost(1.0, &[judged(true, 1.0, 1.0), judged(false, 1.0, 1.0), judged(false, 0.0, 0.0)]), [0.0, 0.0]);
    }
}
