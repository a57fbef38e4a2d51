//! The counts: where score is lost, by what, and how sure that is.

use super::asked::Asked;
use super::forgetting::{Forgetting, forgetting, is_general};
use super::lost::Loss;
use super::people::{PeopleGaps, people};
use super::symptom::Symptom;
use crate::compare::Settings;
use crate::review::{Rating, Reviewer};
use crate::run::Run;
use crate::suite::Split;
use crate::tally::{self, CaseTally, Interval, Trial, wilson};
use serde::Serialize;
use std::collections::BTreeMap;

/// What a version's dev cases show.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Gaps {
    pub version: String,
    /// The run that was looked at.
    pub run: String,
    /// Dev cases with a score.
    pub cases: usize,
    /// Mean score lost over them, 0 to 1, by their weights.
    pub lost: f64,
    pub confidence: f64,
    /// The most lost first. Cases against forgetting are in none: they are nobody's job.
    pub tasks: Vec<Lost>,
    pub categories: Vec<Lost>,
    pub criteria: Vec<Lost>,
    /// Checks that fail anywhere.
    pub checks: Vec<Failing>,
    /// What people found wanting, where any person scored an answer.
    pub people: Option<PeopleGaps>,
    /// How the cases against forgetting stand, where there are any.
    pub forgetting: Option<Forgetting>,
}

/// A part of the cases, or of their checks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Lost {
    pub name: String,
    /// Cases that pass; of a check or criterion, those in which it passes, of those that have it.
    pub passed: Trial,
    /// Wilson's interval of that rate.
    pub interval: Interval,
    /// Of all the score that is lost, the share lost here, 0 to 1.
    pub share: f64,
}

/// A check that fails.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Failing {
    #[serde(flatten)]
    pub lost: Lost,
    /// By task, its share of all the score that is lost on the check there, the most first; of tasks in which it fails.
    pub tasks: Vec<(String, f64)>,
    /// What it said, the most frequent first.
    pub reasons: Vec<(String, usize)>,
    pub symptom: Option<Symptom>,
}

/// Looks at the dev cases of `run`. `base` is a run of the version's base, to know what was forgotten; `ratings` are what
/// people said of `run`.
pub fn find(run: &Run, base: Option<&Run>, ratings: &BTreeMap<Reviewer, Vec<Rating>>, settings: &Settings) -> Gaps {
    let all = tally::cases(run);
    let dev = all.iter().filter(|case| case.split == Split::Dev && case.counts && case.score.is_some());
    let (general, job): (Vec<&CaseTally<'_>>, Vec<_>) = dev.partition(|case| is_general(case));
    let cases: Vec<Asked<'_>> = job.into_iter().map(Asked::of).collect();
    let confidence = settings.confidence;
    let total: f64 = cases.iter().map(Asked::lost).sum();
    let weight: f64 = cases.iter().map(|case| case.tally.weight).sum();
    let mut sums = Sums::new(total, confidence);
    let mut by_case = |name: &dyn Fn(&Asked<'_>) -> String| {
        for case in &cases {
            sums.add(name(case), case.tally.passes() == Some(true), case.lost());
        }
        sums.take()
    };
    let tasks = by_case(&|case| case.task.clone());
    let categories = by_case(&|case| case.tally.category.to_string());
    let mut by_loss = |name: &dyn Fn(&Loss<'_>) -> String| {
        for case in &cases {
            let mut here: BTreeMap<String, (bool, f64)> = BTreeMap::new();
            for loss in &case.losses {
                let (failed, lost) = here.entry(name(loss)).or_default();
                *failed |= loss.failed;
                *lost += loss.lost;
            }
            here.into_iter().for_each(|(name, (failed, lost))| sums.add(name, !failed, lost));
        }
        sums.take()
    };
    let criteria = by_loss(&|loss| loss.criterion.name().to_string());
    let checks = by_loss(&|loss| loss.check.to_string());
    let failing = checks.into_iter().filter(|check| check.passed.passed < check.passed.of);
    Gaps {
        version: run.manifest.version.name.clone(),
        run: run.manifest.id.clone(),
        cases: cases.len(),
        lost: if weight > 0.0 { total / weight } else { 0.0 },
        confidence,
        tasks,
        categories,
        criteria,
        checks: failing.map(|lost| why(lost, &cases, total)).collect(),
        people: people(run, &cases, ratings, settings),
        forgetting: forgetting(&general, base, confidence),
    }
}

/// Where a check fails, and what it says.
fn why(lost: Lost, cases: &[Asked<'_>], total: f64) -> Failing {
    let mut tasks: BTreeMap<&str, f64> = BTreeMap::new();
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut shorter, mut longer) = (0, 0);
    for case in cases {
        for loss in case.losses.iter().filter(|loss| loss.check == lost.name && loss.failed) {
            *tasks.entry(&case.task).or_default() += if total > 0.0 { loss.lost / total } else { 0.0 };
        }
        for reply in &case.tally.replies {
            let failed = |judged: &&crate::run::Judged| judged.check == lost.name && !judged.verdict.passed();
            for judged in reply.verdicts.iter().filter(failed).filter(|judged| judged.verdict.score().is_some()) {
                *reasons.entry(judged.verdict.reason()).or_default() += 1;
                let words = |text: &str| text.split_whitespace().count();
                match reply.reference.map(|reference| words(&reply.answer.text).cmp(&words(reference))) {
                    Some(std::cmp::Ordering::Less) => shorter += 1,
                    Some(std::cmp::Ordering::Greater) => longer += 1,
                    _ => {}
                }
            }
        }
    }
    let mut tasks: Vec<(String, f64)> = tasks.into_iter().map(|(task, lost)| (task.to_string(), lost)).collect();
    tasks.sort_by(|x, y| y.1.total_cmp(&x.1));
    let mut reasons: Vec<(String, usize)> =
        reasons.into_iter().map(|(reason, times)| (reason.to_string(), times)).collect();
    reasons.sort_by_key(|(_, times)| std::cmp::Reverse(*times));
    let symptom = Symptom::of(&lost.name).map(|symptom| symptom.directed(shorter, longer));
    Failing { lost, tasks, reasons, symptom }
}

/// Sums by name.
struct Sums {
    total: f64,
    confidence: f64,
    found: BTreeMap<String, (Trial, f64)>,
}

impl Sums {
    fn new(total: f64, confidence: f64) -> Self {
        Self { total, confidence, found: BTreeMap::new() }
    }

    fn add(&mut self, name: String, passed: bool, lost: f64) {
        let (trial, sum) = self.found.entry(name).or_default();
        trial.of += 1;
        trial.passed += usize::from(passed);
        *sum += lost;
    }

    /// The most lost first.
    fn take(&mut self) -> Vec<Lost> {
        let (total, confidence) = (self.total, self.confidence);
        let share = |(name, (passed, sum)): (String, (Trial, f64))| Lost {
            interval: wilson(passed.passed, passed.of, confidence),
            share: if total > 0.0 { sum / total } else { 0.0 },
            name,
            passed,
        };
        let mut lost: Vec<Lost> = std::mem::take(&mut self.found).into_iter().map(share).collect();
        lost.sort_by(|x, y| y.share.total_cmp(&x.share));
        lost
    }
}
