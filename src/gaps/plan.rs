//! From counts to examples to write.

use super::find::{Failing, Gaps, Lost};
use super::situations;
use super::symptom::Symptom;
use crate::tally::Trial;
use crate::training_data::{Contradiction, Example, Known};
use crate::words;
use serde::{Deserialize, Serialize};

/// Examples to write, the most needed first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    pub items: Vec<Item>,
    /// Tasks that lose score and for which examples hardly help.
    pub beyond: Vec<Beyond>,
    /// Where one check of the manner of writing fails in many tasks: why a sentence in the system prompt comes first.
    pub prompt: Option<String>,
}

/// Some examples of one task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Names it in what is said of it later: the task.
    pub task: String,
    pub count: usize,
    /// What each has, from what the failing checks are about and what people missed.
    pub include: Vec<String>,
    /// The checks that they are to make pass, the most failing first.
    pub checks: Vec<String>,
    pub remedy: Remedy,
    /// The evidence for the remedy, without its full stop.
    pub because: String,
    /// Examples that teach the task already, where examples are told apart by it.
    pub taught: Option<usize>,
    /// Where examples stand that fail a check which the version fails too, `file:line`.
    pub contradicting: Vec<String>,
    /// Fresh things to write about.
    pub situations: Vec<String>,
}

/// A task for which another prompt or a larger base does more than examples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beyond {
    pub task: String,
    /// The evidence.
    pub because: String,
}

/// What is likeliest to help with a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Remedy {
    /// Few examples teach it.
    MoreExamples,
    /// Examples teach what the checks forbid.
    BetterExamples,
    /// Many examples teach it and it fails all the same, or it is a matter of knowledge.
    LargerBase,
}

/// The training data as a plan looks at it.
#[derive(Debug)]
pub struct Material<'a> {
    pub examples: &'a [Example],
    /// The task of each, as suites tag it.
    pub kinds: &'a [Option<&'a str>],
    /// Those that fail what dev cases ask of their kind.
    pub contradicting: &'a [Contradiction],
    /// What cases and examples are about.
    pub known: &'a Known,
}

/// Examples of a task from which variety begins; with fewer, more of them come first.
const ENOUGH: usize = 20;
/// Cases and tasks from which a check that fails in them is a matter of manner and not of one task.
const MANY_CASES: usize = 5;
const MANY_TASKS: usize = 3;
/// A task in which less than this share of all lost score is lost is not planned for.
const LEAST_SHARE: f64 = 0.03;
/// Examples that a task needs at least to learn anything: so many tasks at most are planned for as often as this goes into
/// all examples.
const FEWEST: usize = 3;
/// Situations that an item offers.
const OFFERED: usize = 3;

/// `examples` in all, shared out by the score that each task loses, or by what people found wanting in it where that is more:
/// first one for each, then what is left to the largest remainder. Tasks without a failing check get none. `seed` decides
/// which situations are offered.
pub fn plan(gaps: &Gaps, examples: usize, seed: &str, material: &Material<'_>) -> Plan {
    let all = gaps.lost * gaps.cases as f64;
    let share = |task: &Lost| {
        let lacking = gaps.people.as_ref().map_or(0.0, |people| people.lacking(&task.name));
        task.share.max(if all > 0.0 { lacking / all } else { lacking })
    };
    let mut tasks: Vec<Wanted<'_>> = gaps
        .tasks
        .iter()
        .filter(|task| share(task) >= LEAST_SHARE)
        .map(|task| Wanted::of(gaps, task, share(task), material))
        .collect();
    tasks.sort_by(|x, y| y.share.total_cmp(&x.share));
    // Where examples hardly help they are not asked for, unless they help nowhere more.
    let (larger, helped): (Vec<_>, Vec<_>) = tasks.into_iter().partition(|task| task.remedy == Remedy::LargerBase);
    let (mut tasks, beyond) = if helped.is_empty() { (larger, helped) } else { (helped, larger) };
    tasks.truncate((examples / FEWEST).max(1));
    let counts = shared_out(examples, &tasks.iter().map(|wanted| wanted.share).collect::<Vec<_>>());
    let mut fresh = situations::all(seed).filter(|situation| !material.known.is_near(situation));
    let items = tasks.into_iter().zip(counts).map(|(wanted, count)| Item {
        task: wanted.task.name.clone(),
        count,
        include: include(gaps, &wanted),
        checks: wanted.failing.iter().take(4).map(|failing| failing.lost.name.clone()).collect(),
        remedy: wanted.remedy,
        because: wanted.because,
        taught: (wanted.taught > 0).then_some(wanted.taught),
        contradicting: wanted.contradicting,
        situations: fresh.by_ref().take(OFFERED).collect(),
    });
    let items = items.collect();
    let beyond = beyond.into_iter().map(|task| Beyond { task: task.task.name.clone(), because: task.because });
    Plan { items, beyond: beyond.collect(), prompt: prompt(gaps) }
}

/// A task that examples are planned for.
struct Wanted<'a> {
    task: &'a Lost,
    share: f64,
    /// The checks that fail in it, the costliest first.
    failing: Vec<&'a Failing>,
    taught: usize,
    contradicting: Vec<String>,
    remedy: Remedy,
    because: String,
}

impl<'a> Wanted<'a> {
    fn of(gaps: &'a Gaps, task: &'a Lost, share: f64, material: &Material<'_>) -> Self {
        let failing = failing_in(gaps, &task.name);
        let taught = material.kinds.iter().flatten().filter(|kind| **kind == task.name).count();
        let contradicting = contradicting(&task.name, &failing, material);
        let (remedy, because) = remedy(task, &failing, taught, &contradicting);
        Self { task, share, failing, taught, contradicting, remedy, because }
    }
}

/// What each example of the task has.
fn include(gaps: &Gaps, wanted: &Wanted<'_>) -> Vec<String> {
    let mut include: Vec<String> = Vec::new();
    for lesson in wanted.failing.iter().filter_map(|failing| failing.symptom).map(Symptom::lesson) {
        if !include.iter().any(|known| known == lesson) {
            include.push(lesson.to_string());
        }
    }
    include.truncate(3);
    let low = gaps.people.as_ref().map(|people| people.low_in(&wanted.task.name)).unwrap_or_default();
    include.extend(low.into_iter().map(|criterion| {
        let wanted = criterion.descriptors().excellent.trim_end_matches('.').to_lowercase();
        format!("what people missed in {criterion}: {wanted}")
    }));
    include
}

/// What is likeliest to help, with its evidence. Examples that teach the wrong thing come first, since more beside them teach
/// against them; then knowledge, which examples hardly bring; then numbers. A base is only called too small for a task where
/// many examples did not help and the upper end of the rate of passing cases is below one half.
fn remedy(task: &Lost, failing: &[&Failing], taught: usize, contradicting: &[String]) -> (Remedy, String) {
    let Trial { passed, of } = task.passed;
    let examples = words::count(taught, "example");
    let most = failing.first().and_then(|failing| failing.symptom);
    if !contradicting.is_empty() {
        let number = contradicting.len();
        let fail = words::either(number, "fails", "fail");
        let some = words::few(contradicting, 3);
        let because = format!(
            "{number} of {examples} {fail} a check that the version fails too, and teach what it forbids, unless it is too \
             strict for them: {some} (`pmtune data check --against suites` says which)"
        );
        return (Remedy::BetterExamples, because);
    }
    if most == Some(Symptom::Knowledge) {
        let because = format!("{passed} of {of} pass, and most is lost where the right choice has to be picked");
        return (Remedy::LargerBase, because);
    }
    let teach = words::either(taught, "teaches", "teach");
    if taught < ENOUGH {
        let because = match taught {
            0 => "no example of the training data is known to teach it".to_string(),
            _ => format!("{examples} {teach} it, fewer than {ENOUGH}"),
        };
        return (Remedy::MoreExamples, because);
    }
    match task.interval.high < 0.5 {
        true => (Remedy::LargerBase, format!("{passed} of {of} pass although {examples} {teach} it")),
        false => (Remedy::MoreExamples, format!("{examples} {teach} it: write of other situations")),
    }
}

/// The costliest check of the manner of writing that fails in many cases of many tasks.
fn prompt(gaps: &Gaps) -> Option<String> {
    let manner = |failing: &&Failing| failing.symptom.is_some_and(Symptom::is_manner);
    let failed = |failing: &Failing| failing.lost.passed.of - failing.lost.passed.passed;
    let many = |failing: &&Failing| failed(failing) >= MANY_CASES && failing.tasks.len() >= MANY_TASKS;
    let failing = gaps.checks.iter().filter(manner).find(many)?;
    Some(format!(
        "{} fails in {} over {}, so it is no matter of one task: a sentence in the system prompt may do more, and is tried \
         sooner (`system` of a suite's `defaults`; `train: {{system: …}}` for the next version)",
        failing.lost.name,
        words::count(failed(failing), "case"),
        words::count(failing.tasks.len(), "task")
    ))
}

/// The checks that fail in a task, the costliest there first.
fn failing_in<'a>(gaps: &'a Gaps, task: &str) -> Vec<&'a Failing> {
    let here = |failing: &Failing| failing.tasks.iter().find(|(name, _)| name == task).map(|(_, lost)| *lost);
    let mut failing: Vec<(&Failing, f64)> =
        gaps.checks.iter().filter_map(|failing| Some((failing, here(failing)?))).collect();
    failing.sort_by(|x, y| y.1.total_cmp(&x.1));
    failing.into_iter().map(|(failing, _)| failing).collect()
}

/// Examples of the task that fail a check which the version fails in it too, each once.
fn contradicting(task: &str, failing: &[&Failing], material: &Material<'_>) -> Vec<String> {
    let of_task = |found: &&Contradiction| {
        found.kind.tag == task && failing.iter().any(|failing| failing.lost.name == found.check)
    };
    let mut places: Vec<String> = material
        .contradicting
        .iter()
        .filter(of_task)
        .filter_map(|found| material.examples.get(found.example))
        .map(|example| example.place.to_string())
        .collect();
    places.dedup();
    places
}

impl Remedy {
    /// As a person says it.
    pub fn name(self) -> &'static str {
        match self {
            Self::MoreExamples => "more examples",
            Self::BetterExamples => "better examples",
            Self::LargerBase => "another prompt or a larger base",
        }
    }
}

impl Plan {
    /// Examples in all.
    pub fn examples(&self) -> usize {
        self.items.iter().map(|item| item.count).sum()
    }

    /// The check that most examples are to make pass, which a training on them can promise: the first of the plan that
    /// says one thing only, of what is written.
    pub fn promise(&self) -> Option<&str> {
        let checks = self.items.iter().flat_map(|item| &item.checks).map(String::as_str);
        let told = |check: &&str| {
            let symptom = Symptom::of(check);
            symptom.is_some_and(|symptom| !matches!(symptom, Symptom::Preference | Symptom::Knowledge))
        };
        checks.into_iter().find(told)
    }
}

/// `all` in whole parts by `shares`, each at least one (there are no more shares than `all`).
fn shared_out(all: usize, shares: &[f64]) -> Vec<usize> {
    let total: f64 = shares.iter().sum();
    let mut parts = vec![1; shares.len()];
    let rest = all.saturating_sub(shares.len());
    if shares.is_empty() || total <= 0.0 {
        return parts;
    }
    let ideal: Vec<f64> = shares.iter().map(|share| share / total * all as f64).collect();
    for _ in 0..rest {
        let lacking = |i: &usize| ideal[*i] - parts[*i] as f64;
        let next = (0..parts.len()).max_by(|x, y| lacking(x).total_cmp(&lacking(y)).then(y.cmp(x)));
        parts[next.unwrap_or(0)] += 1;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_gets_one_and_the_rest_goes_where_most_is_lost() {
        assert_eq!(shared_out(12, &[0.5, 0.3, 0.2]), [6, 4, 2]);
        assert_eq!(shared_out(3, &[0.9, 0.05, 0.05]), [1, 1, 1]);
        assert_eq!(shared_out(7, &[0.9, 0.05, 0.05]), [5, 1, 1]);
        assert_eq!(shared_out(5, &[]), Vec::<usize>::new());
    }
}
