//! Counting trials: sensitivity and specificity, by kind of text and by check.

use super::audited::{CaseAudit, CheckFigures, Figures, Trial};
use super::kind::Kind;
use super::rate::Rate;
use std::collections::{BTreeMap, BTreeSet};

/// The figures over these cases.
pub(super) fn figures<'a>(cases: impl IntoIterator<Item = &'a CaseAudit>, confidence: f64) -> Figures {
    let trials: Vec<&Trial> = cases.into_iter().flat_map(|case| &case.trials).collect();
    let rate = |of: &dyn Fn(&Trial) -> bool| {
        let wanted = trials.iter().filter(|trial| of(trial));
        let (right, all) = wanted.fold((0, 0), |(right, all), trial| (right + usize::from(!trial.is_wrong()), all + 1));
        Rate::new(right, all, confidence)
    };
    let kinds = Kind::ALL.into_iter().map(|kind| (kind, rate(&|trial| trial.kind == kind)));
    Figures {
        sensitivity: rate(&|trial| !trial.kind.is_good()),
        specificity: rate(&|trial| trial.kind.is_good()),
        kinds: kinds.filter(|(_, rate)| rate.of > 0).collect(),
        checks: checks(&trials, confidence),
    }
}

/// What a check did over all trials.
#[derive(Default)]
struct Count {
    bad: usize,
    caught: usize,
    alone: usize,
    good: usize,
    spared: usize,
}

/// A case may have several checks of one name; they count as one, which fails when any of them does.
fn checks(trials: &[&Trial], confidence: f64) -> Vec<CheckFigures> {
    let mut counts: BTreeMap<&str, Count> = BTreeMap::new();
    for trial in trials {
        let failing: BTreeSet<&str> = trial.failed_by().map(|said| said.check.as_str()).collect();
        let names: BTreeSet<&str> = trial.said.iter().map(|said| said.check.as_str()).collect();
        for name in names {
            let count = counts.entry(name).or_default();
            let failed = failing.contains(name);
            if trial.kind.is_good() {
                count.good += 1;
                count.spared += usize::from(!failed);
            } else {
                count.bad += 1;
                count.caught += usize::from(failed);
                count.alone += usize::from(failed && failing.len() == 1);
            }
        }
    }
    let figures = |(name, count): (&str, Count)| CheckFigures {
        check: name.to_string(),
        caught: Rate::new(count.caught, count.bad, confidence),
        alone: count.alone,
        spared: Rate::new(count.spared, count.good, confidence),
    };
    counts.into_iter().map(figures).collect()
}

#[cfg(test)]
mod tests {
    use super::super::audited::{Said, Standing};
    use super::super::past::Past;
    use super::*;
    use crate::suite::Split;

    fn trial(kind: Kind, passed: bool, checks: &[(&str, bool)]) -> Trial {
        let said = checks.iter().map(|(check, passed)| Said {
            check: (*check).to_string(),
            passed: *passed,
            reason: String::new(),
        });
        Trial { kind, note: String::new(), passed, said: said.collect(), text: None }
    }

    #[test]
    fn checks_are_counted_by_what_they_catch_and_spare() {
        let case = CaseAudit {
            case: "s/a".into(),
            category: "c".into(),
            split: Split::Dev,
            judge_hash: String::new(),
            standing: Standing::Leaky,
            trials: vec![
                trial(Kind::Reference, true, &[("a", true), ("b", true), ("b", true)]),
                trial(Kind::Dates, false, &[("a", false), ("b", true), ("b", true)]),
                trial(Kind::Echo, false, &[("a", false), ("b", true), ("b", false)]),
                trial(Kind::Echo, false, &[("a", true), ("b", false), ("b", false)]),
                trial(Kind::Numbers, true, &[("a", true), ("b", true), ("b", true)]),
            ],
            past: Past::default(),
        };
        let figures = figures([&case], 0.95);
        assert_eq!((figures.sensitivity.right, figures.sensitivity.of), (2, 3));
        assert_eq!((figures.specificity.right, figures.specificity.of), (1, 2));
        let kinds: Vec<(Kind, usize, usize)> = figures.kinds.iter().map(|(kind, r)| (*kind, r.right, r.of)).collect();
        assert_eq!(kinds, [(Kind::Reference, 1, 1), (Kind::Dates, 0, 1), (Kind::Echo, 2, 2), (Kind::Numbers, 0, 1)]);
        let checks: Vec<_> =
            figures.checks.iter().map(|c| (c.check.as_str(), c.caught.right, c.alone, c.spared.right)).collect();
        assert_eq!(checks, [("a", 1, 0, 1), ("b", 2, 1, 2)]);
        assert!(figures.sensitivity.interval.low < 0.667 && figures.sensitivity.interval.high > 0.667);
    }

    #[test]
    fn of_nothing_there_is_no_rate() {
        let figures = figures([], 0.95);
        assert_eq!((figures.sensitivity.rate, figures.checks.len()), (None, 0));
    }
}
