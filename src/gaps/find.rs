//! The counts: where score is lost, by what, and how sure that is.

use crate::check::Criterion;
use crate::run::Run;
use crate::suite::{PREFERS, Split};
use crate::tally::{self, CaseTally, Interval, Trial, wilson};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a version's dev cases show.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gaps {
    pub version: String,
    /// The run that was looked at.
    pub run: String,
    /// Dev cases with a score.
    pub cases: usize,
    /// Mean score lost over them, 0 to 1.
    pub lost: f64,
    /// The most lost first. Cases against forgetting are in none: they are nobody's job.
    pub tasks: Vec<Lost>,
    pub categories: Vec<Lost>,
    /// How the cases against forgetting stand, where there are any.
    pub forgetting: Option<Trial>,
    pub criteria: Vec<(Criterion, Trial)>,
    /// Checks that fail anywhere, the most failures first.
    pub checks: Vec<Failing>,
}

/// What a group of cases loses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lost {
    pub name: String,
    pub cases: usize,
    /// Mean score lost in the group, 0 to 1.
    pub lost: f64,
    /// Of all the score that is lost, the share lost here.
    pub share: f64,
    /// Cases of the group that pass, with its interval.
    pub passed: Trial,
    pub interval: Interval,
}

/// A check that fails.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Failing {
    pub check: String,
    pub trial: Trial,
    pub interval: Interval,
    /// By task, how often it fails there, the most first.
    pub tasks: Vec<(String, usize)>,
    /// What it said, the most frequent first.
    pub reasons: Vec<(String, usize)>,
    pub symptom: Option<Symptom>,
}

/// What the guide's table of troubles calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Symptom {
    Length,
    CutOff,
    WrongStructure,
    Tone,
    Placeholders,
    Repeats,
    Invents,
    MissesFacts,
}

/// Which symptom the failing of a check is. Checks that say too many different things (`regex`) are none.
pub(super) const CHECKS: [(Symptom, &[&str]); 8] = [
    (Symptom::Length, &["word-count", "sentence-count", "length"]),
    (Symptom::CutOff, &["not-truncated"]),
    (
        Symptom::WrongStructure,
        &[
            "sections",
            "heading",
            "list-items",
            "bold-labels",
            "table",
            "is-json",
            "json-schema",
            "json-values",
            "contains-json",
            "prd",
            "okr",
            "user-story",
            "acceptance-criteria",
            "status-update",
            "metric",
            "prioritised-list",
        ],
    ),
    (Symptom::Tone, &["forbidden-terms", "tone", "not-hedging"]),
    (Symptom::Placeholders, &["not-placeholders"]),
    (Symptom::Repeats, &["not-repetition", "not-echo"]),
    (Symptom::Invents, &["grounded-numbers"]),
    (
        Symptom::MissesFacts,
        &[
            "mentions",
            "together",
            "direction",
            "contains",
            "contains-all",
            "icontains",
            "icontains-any",
            "icontains-all",
            "required-terms",
        ],
    ),
];

impl Symptom {
    /// The symptom that this check's failing is.
    pub fn of(check: &str) -> Option<Self> {
        CHECKS.iter().find(|(_, checks)| checks.contains(&check)).map(|(symptom, _)| *symptom)
    }

    /// As a person says it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Length => "answers are too short or too long",
            Self::CutOff => "answers do not come to their end",
            Self::WrongStructure => "the structure is not the one asked for",
            Self::Tone => "the tone is off",
            Self::Placeholders => "placeholders stand where facts should",
            Self::Repeats => "answers repeat themselves or the question",
            Self::Invents => "answers invent figures",
            Self::MissesFacts => "facts of the input are missing",
        }
    }

    /// What an example against it has.
    pub fn lesson(self) -> &'static str {
        match self {
            Self::Length => "an answer exactly as long as the request wants it",
            Self::CutOff => "a short answer that comes to its end",
            Self::WrongStructure => "exactly the parts that the request names, in its order",
            Self::Tone => "plain, friendly sentences without jargon or hedging",
            Self::Placeholders => "real values everywhere, or a sentence on what is not known",
            Self::Repeats => "each thing said once, in words of its own",
            Self::Invents => "only figures that the input gives, and what is missing said to be missing",
            Self::MissesFacts => "every figure, date and name of the input that matters",
        }
    }
}

/// The category of cases that no version should lose: general instructions and facts.
const FORGETTING: &str = "forgetting";

/// Counts the dev cases of a run.
pub fn find(run: &Run, confidence: f64) -> Gaps {
    let all = tally::cases(run);
    let dev = all.iter().filter(|case| case.split == Split::Dev && case.counts && written(case).is_some());
    let (general, cases): (Vec<&CaseTally<'_>>, Vec<_>) = dev.partition(|case| case.category == FORGETTING);
    let general =
        Trial { passed: general.iter().filter(|case| case.passes() == Some(true)).count(), of: general.len() };
    let total: f64 = cases.iter().filter_map(|case| written(case)).sum();
    let group = |key: &dyn Fn(&CaseTally<'_>) -> String| -> Vec<Lost> {
        let mut groups: BTreeMap<String, Vec<&CaseTally<'_>>> = BTreeMap::new();
        for case in &cases {
            groups.entry(key(case)).or_default().push(case);
        }
        let mut lost: Vec<Lost> = groups
            .into_iter()
            .map(|(name, cases)| {
                let sum: f64 = cases.iter().filter_map(|case| written(case)).sum();
                let passed = cases.iter().filter(|case| case.passes() == Some(true)).count();
                let share = if total > 0.0 { sum / total } else { 0.0 };
                let interval = wilson(passed, cases.len(), confidence);
                let (lost, passed) = (sum / cases.len() as f64, Trial { passed, of: cases.len() });
                Lost { cases: cases.len(), lost, share, passed, interval, name }
            })
            .collect();
        lost.sort_by(|x, y| y.share.total_cmp(&x.share));
        lost
    };
    Gaps {
        version: run.manifest.version.name.clone(),
        run: run.manifest.id.clone(),
        cases: cases.len(),
        lost: total / cases.len().max(1) as f64,
        tasks: group(&|case| task(case)),
        categories: group(&|case| case.category.to_string()),
        forgetting: (general.of > 0).then_some(general),
        criteria: criteria(&cases),
        checks: failing(&cases, confidence),
    }
}

/// Score lost in a case that was answered in writing.
fn written(case: &CaseTally<'_>) -> Option<f64> {
    Some(1.0 - case.mean(|reply| reply.written())?)
}

/// The first tag of a case, by which suites say what is asked for; else its category.
fn task(case: &CaseTally<'_>) -> String {
    let tag = case.records.last().and_then(|record| record.tags.iter().find(|tag| *tag != "must-pass"));
    tag.cloned().unwrap_or_else(|| case.category.to_string())
}

fn criteria(cases: &[&CaseTally<'_>]) -> Vec<(Criterion, Trial)> {
    let mut trials: BTreeMap<Criterion, Trial> = BTreeMap::new();
    for judged in cases.iter().flat_map(|case| &case.replies).flat_map(|reply| reply.verdicts) {
        if judged.verdict.score().is_some() {
            let trial = trials.entry(judged.criterion).or_default();
            trial.of += 1;
            trial.passed += usize::from(judged.verdict.passed());
        }
    }
    trials.into_iter().collect()
}

fn failing(cases: &[&CaseTally<'_>], confidence: f64) -> Vec<Failing> {
    #[derive(Default)]
    struct Seen {
        trial: Trial,
        tasks: BTreeMap<String, usize>,
        reasons: BTreeMap<String, usize>,
    }
    let mut seen: BTreeMap<&str, Seen> = BTreeMap::new();
    for case in cases {
        for judged in case.replies.iter().flat_map(|reply| reply.verdicts) {
            // What only measures is nothing that an example could teach.
            if judged.verdict.score().is_none() || judged.check == PREFERS {
                continue;
            }
            let seen = seen.entry(&judged.check).or_default();
            seen.trial.of += 1;
            if judged.verdict.passed() {
                seen.trial.passed += 1;
            } else {
                *seen.tasks.entry(task(case)).or_default() += 1;
                *seen.reasons.entry(judged.verdict.reason().to_string()).or_default() += 1;
            }
        }
    }
    let by_count = |counts: BTreeMap<String, usize>| {
        let mut counts: Vec<(String, usize)> = counts.into_iter().collect();
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        counts
    };
    let mut failing: Vec<Failing> = seen
        .into_iter()
        .filter(|(_, seen)| seen.trial.passed < seen.trial.of)
        .map(|(check, Seen { trial, tasks, reasons })| Failing {
            check: check.to_string(),
            interval: wilson(trial.passed, trial.of, confidence),
            trial,
            tasks: by_count(tasks),
            reasons: by_count(reasons),
            symptom: Symptom::of(check),
        })
        .collect();
    failing.sort_by_key(|failing| std::cmp::Reverse(failing.trial.of - failing.trial.passed));
    failing
}
