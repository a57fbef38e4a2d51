//! Every case of every suite, and what it adds up to.

use super::audited::{Audit, FORMAT, SuiteAudit};
use super::case;
use super::figures::figures;
use super::mutant::Others;
use super::past::Runs;
use super::wanted::Wanted;
use crate::run::Run;
use crate::suite::{Case, Suite};
use jiff::Timestamp;
use rayon::prelude::*;

/// Audits suites; `runs` are the finished ones, of which floor and ceiling are told.
pub fn audit(suites: &[Suite], runs: &[Run], wanted: Wanted, confidence: f64) -> Audit {
    let runs = Runs::new(runs);
    let at = Timestamp::now();
    let audited = |suite: &Suite| {
        let others = Others { cases: suite.cases.iter().filter(|case| writes(case)).collect() };
        let cases: Vec<_> = suite.cases.par_iter().map(|case| case::audit(case, &others, runs.of(case))).collect();
        SuiteAudit {
            name: suite.name.clone(),
            path: suite.path.clone(),
            hash: suite.hash.clone(),
            at,
            figures: figures(&cases, confidence),
            cases,
        }
    };
    let suites: Vec<SuiteAudit> = suites.iter().map(audited).collect();
    let cases: Vec<_> = suites.iter().flat_map(|suite| &suite.cases).collect();
    Audit {
        format: FORMAT,
        pmtune: env!("CARGO_PKG_VERSION").to_string(),
        at,
        wanted,
        confidence,
        all: figures(cases, confidence),
        suites,
        unasked: Vec::new(),
    }
}

/// Its reference is a whole answer.
fn writes(case: &Case) -> bool {
    case.choices.is_empty() && case.reference.is_some()
}

#[cfg(test)]
mod tests {
    use super::super::testing::suite;
    use super::super::{Kind, Standing};
    use super::*;

    #[test]
    fn the_same_suite_gives_the_same_audit() {
        let cases: Vec<String> = (0..6)
            .map(|i| {
                format!(
                    "{{id: c{i}, tags: [t{}], prompt: 'Sum up {i}7 of 90 trams by 5 May for Ines', reference: 'In all {i}7 of \
                     90 trams are ready by 5 May.', checks: [{{type: contains, value: '{i}7 of 90'}}]}}",
                    i % 2
                )
            })
            .collect();
        let suite = suite(&cases.iter().map(String::as_str).collect::<Vec<_>>());
        let audits = [0, 1].map(|_| audit(std::slice::from_ref(&suite), &[], Wanted::default(), 0.95));
        assert_eq!(audits[0].all, audits[1].all);
        assert_eq!(audits[0].suites[0].cases, audits[1].suites[0].cases);
        let first = &audits[0].suites[0].cases[0];
        assert_eq!(first.standing, Standing::Leaky, "dates and the echo pass");
        let by = |kind| first.trials.iter().filter(move |trial| trial.kind == kind);
        assert!(by(Kind::SameTask).all(|trial| !trial.passed && trial.note == "s/c2"));
        assert!(by(Kind::OtherTask).all(|trial| !trial.passed && trial.note == "s/c1"));
        assert!(by(Kind::Echo).all(|trial| trial.passed));
        let kinds: usize = audits[0].all.kinds.iter().map(|(_, rate)| rate.of).sum();
        assert_eq!(kinds, audits[0].all.sensitivity.of + audits[0].all.specificity.of);
    }
}
