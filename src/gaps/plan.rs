//! From counts to examples to write.

use super::find::{Failing, Gaps, Lost, Symptom};
use super::situations;
use crate::training_data::{Contradiction, Example, Known};
use crate::words;
use serde::Serialize;

/// Examples to write, the most needed first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    pub items: Vec<Item>,
}

/// Some examples of one task.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Item {
    /// Names it in what is said of it later: the task.
    pub task: String,
    pub count: usize,
    /// What each has, from what the failing checks are about.
    pub include: Vec<&'static str>,
    /// The checks that they are to make pass, the most failing first.
    pub checks: Vec<String>,
    pub remedy: Remedy,
    /// Examples that teach the task already, where examples are told apart by it.
    pub taught: Option<usize>,
    /// Where examples stand that fail a check which the version fails too, `file:line`.
    pub contradicting: Vec<String>,
    /// Fresh things to write about.
    pub situations: Vec<String>,
}

/// What is likeliest to help with a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Remedy {
    /// Few examples teach it.
    MoreExamples,
    /// Examples teach what the checks forbid.
    BetterExamples,
    /// Many examples teach it, and it fails all the same.
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

/// Examples of a task from which more of the same rarely help.
const MANY: usize = 40;
/// A task in which less than this share of all lost score is lost is not planned for.
const LEAST_SHARE: f64 = 0.03;
/// Examples that a task needs at least to learn anything: so many tasks at most are planned for as often as this goes into
/// all examples.
const FEWEST: usize = 3;
/// Situations that an item offers.
const OFFERED: usize = 3;

/// `examples` in all, shared out by the score that each task loses: first one for each, then what is left to the largest
/// remainder. Tasks without a failing check get none. `seed` decides which situations are offered.
pub fn plan(gaps: &Gaps, examples: usize, seed: &str, material: &Material<'_>) -> Plan {
    let mut tasks: Vec<(&Lost, Vec<&Failing>)> = gaps
        .tasks
        .iter()
        .filter(|task| task.share >= LEAST_SHARE)
        .map(|task| (task, failing_in(gaps, &task.name)))
        .filter(|(_, failing)| !failing.is_empty())
        .collect();
    tasks.truncate((examples / FEWEST).max(1));
    let counts = shared_out(examples, &tasks.iter().map(|(task, _)| task.share).collect::<Vec<_>>());
    let mut fresh = situations::all(seed).filter(|situation| !material.known.is_near(situation));
    let items = tasks.into_iter().zip(counts).map(|((task, failing), count)| {
        let taught = material.kinds.iter().flatten().filter(|kind| **kind == task.name).count();
        let contradicting = contradicting(&task.name, &failing, material);
        let mut include: Vec<&'static str> = Vec::new();
        for lesson in failing.iter().filter_map(|failing| failing.symptom).map(Symptom::lesson) {
            if !include.contains(&lesson) {
                include.push(lesson);
            }
        }
        include.truncate(3);
        Item {
            task: task.name.clone(),
            count,
            include,
            checks: failing.iter().take(4).map(|failing| failing.check.clone()).collect(),
            remedy: match (taught, contradicting.len()) {
                (_, 1..) => Remedy::BetterExamples,
                (MANY.., 0) => Remedy::LargerBase,
                _ => Remedy::MoreExamples,
            },
            taught: (taught > 0).then_some(taught),
            contradicting,
            situations: fresh.by_ref().take(OFFERED).collect(),
        }
    });
    Plan { items: items.collect() }
}

/// The checks that fail in a task, the most failing there first.
fn failing_in<'a>(gaps: &'a Gaps, task: &str) -> Vec<&'a Failing> {
    let times = |failing: &Failing| failing.tasks.iter().find(|(name, _)| name == task).map(|(_, times)| *times);
    let mut failing: Vec<(&Failing, usize)> =
        gaps.checks.iter().filter_map(|failing| Some((failing, times(failing)?))).collect();
    failing.sort_by_key(|(_, times)| std::cmp::Reverse(*times));
    failing.into_iter().map(|(failing, _)| failing).collect()
}

/// Examples of the task that fail a check which the version fails in it too, each once.
fn contradicting(task: &str, failing: &[&Failing], material: &Material<'_>) -> Vec<String> {
    let of_task =
        |found: &&Contradiction| found.kind.tag == task && failing.iter().any(|failing| failing.check == found.check);
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

impl Item {
    /// What to do besides writing, or before it, in words.
    pub fn advice(&self) -> Option<String> {
        let taught = words::count(self.taught.unwrap_or(0), "example");
        match self.remedy {
            Remedy::MoreExamples => self.taught.map(|_| format!("{taught} of the training data are of this task")),
            Remedy::BetterExamples => {
                let places: Vec<&str> = self.contradicting.iter().map(String::as_str).collect();
                let fail = words::either(places.len(), "fails", "fail");
                let (number, some) = (places.len(), words::few(&places, 3));
                Some(format!(
                    "{number} of {taught} {fail} a check that the version fails too, and teach what it forbids, unless it is \
                     too strict for them: {some} (`pmtune data check --against suites` says which)"
                ))
            }
            Remedy::LargerBase => Some(format!(
                "{taught} teach this already and it fails all the same: another prompt or a larger base may do more"
            )),
        }
    }
}

impl Plan {
    /// Examples in all.
    pub fn examples(&self) -> usize {
        self.items.iter().map(|item| item.count).sum()
    }

    /// The check that most examples are to make pass, which a training on them can promise: the first of the plan that
    /// says one thing only.
    pub fn promise(&self) -> Option<&str> {
        let mut checks = self.items.iter().flat_map(|item| &item.checks).map(String::as_str);
        checks.find(|check| Symptom::of(check).is_some())
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
