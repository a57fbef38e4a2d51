//! From counts to examples to write.

use super::find::{Gaps, Lost, Remedy};
use super::situations;
use serde::{Deserialize, Serialize};

/// Examples to write, the most needed first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    pub items: Vec<Item>,
}

/// Some examples of one task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Names it in what is said of it later: the task.
    pub task: String,
    pub count: usize,
    /// What each has, from what the failing checks are about.
    pub include: Vec<String>,
    /// The checks that they are to make pass, the most failing first.
    pub checks: Vec<String>,
    pub remedy: Remedy,
    /// Fresh things to write about.
    pub situations: Vec<String>,
}

/// A task in which less than this share of all lost score is lost is not planned for.
const LEAST_SHARE: f64 = 0.03;
/// Examples that a task needs at least to learn anything: so many tasks at most are planned for as often as this goes into
/// all examples.
const FEWEST: usize = 3;
/// Situations that an item offers.
const OFFERED: usize = 3;

/// `examples` in all, shared out by the score that each task loses: first one for each, then what is left to the largest
/// remainder. Tasks without a failing check get none. `contradicting` counts a task's examples that fail its own checks.
pub fn plan(gaps: &Gaps, examples: usize, seed: u64, contradicting: &dyn Fn(&str) -> usize) -> Plan {
    let failing = |task: &str| {
        let of_task = |failing: &super::Failing| failing.tasks.iter().find(|(name, _)| name == task).map(|(_, n)| *n);
        let mut checks: Vec<(&super::Failing, usize)> =
            gaps.checks.iter().filter_map(|failing| Some((failing, of_task(failing)?))).collect();
        checks.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
        checks
    };
    let mut tasks: Vec<&Lost> =
        gaps.tasks.iter().filter(|task| task.share >= LEAST_SHARE && !failing(&task.name).is_empty()).collect();
    tasks.truncate((examples / FEWEST).max(1));
    let counts = shared_out(examples, &tasks.iter().map(|task| task.share).collect::<Vec<_>>());
    let mut offered = situations::some(OFFERED * tasks.len(), seed);
    let items = tasks.iter().zip(counts).filter(|(_, count)| *count > 0).map(|(task, count)| {
        let failing = failing(&task.name);
        let mut include: Vec<String> = Vec::new();
        for lesson in failing.iter().filter_map(|(failing, _)| failing.symptom).map(super::Symptom::lesson) {
            if !include.iter().any(|known| known == lesson) {
                include.push(lesson.to_string());
            }
        }
        include.truncate(3);
        Item {
            task: task.name.clone(),
            count,
            include,
            checks: failing.iter().take(4).map(|(failing, _)| failing.check.clone()).collect(),
            remedy: Remedy::of(task.taught.unwrap_or(0), contradicting(&task.name)),
            situations: offered.by_ref().take(OFFERED).collect(),
        }
    });
    Plan { items: items.collect() }
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
        checks.find(|check| super::Symptom::of(check).is_some())
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
