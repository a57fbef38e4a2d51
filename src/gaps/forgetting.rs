//! Whether the version can still do what its base could do.

use crate::compare::mcnemar;
use crate::run::Run;
use crate::suite::Split;
use crate::tally::{self, CaseTally, Interval, Trial, wilson};
use serde::Serialize;
use std::collections::BTreeMap;

/// The category of cases that no version should lose: general instructions and facts.
const FORGETTING: &str = "forgetting";

/// Whether a case tells of forgetting, and not of the job.
pub(super) fn is_general(case: &CaseTally<'_>) -> bool {
    case.category == FORGETTING
}

/// Dev cases of general sense.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Forgetting {
    pub passed: Trial,
    pub interval: Interval,
    /// `None` where no run of the base has asked any of these cases.
    pub beside: Option<Beside>,
}

/// The version beside its base, on the cases that both were asked.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Beside {
    pub run: String,
    pub cases: usize,
    /// Passed by the base alone, and by the version alone.
    pub lost: usize,
    pub gained: usize,
    /// McNemar's exact test.
    pub p: f64,
    /// More was lost than gained, beyond chance.
    pub forgets: bool,
}

/// `None` where none of these cases was asked.
pub(super) fn forgetting(cases: &[&CaseTally<'_>], base: Option<&Run>, confidence: f64) -> Option<Forgetting> {
    let known = outcomes(cases.iter().copied());
    let passed = Trial { passed: known.values().filter(|passed| **passed).count(), of: known.len() };
    let interval = wilson(passed.passed, passed.of, confidence);
    let beside = base.and_then(|base| beside(&known, base, confidence));
    (!known.is_empty()).then_some(Forgetting { passed, interval, beside })
}

fn outcomes<'a>(cases: impl Iterator<Item = &'a CaseTally<'a>>) -> BTreeMap<&'a str, bool> {
    cases.filter_map(|case| Some((case.case, case.passes()?))).collect()
}

fn beside(version: &BTreeMap<&str, bool>, base: &Run, confidence: f64) -> Option<Beside> {
    let tallies = tally::cases(base);
    let dev = tallies.iter().filter(|case| case.split == Split::Dev && case.counts && is_general(case));
    let base_knows = outcomes(dev);
    let pairs: Vec<(bool, bool)> =
        version.iter().filter_map(|(case, passed)| Some((*base_knows.get(case)?, *passed))).collect();
    let count = |wanted: (bool, bool)| pairs.iter().filter(|pair| **pair == wanted).count();
    let (lost, gained) = (count((true, false)), count((false, true)));
    let p = mcnemar(lost, gained);
    let forgets = lost > gained && p <= 1.0 - confidence;
    let run = base.manifest.id.clone();
    (!pairs.is_empty()).then_some(Beside { run, cases: pairs.len(), lost, gained, p, forgets })
}
