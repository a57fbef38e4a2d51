//! Which cases a rule looks at.

use super::decision::{CaseNote, Judged, Status};
use super::settings::GateHalf;
use crate::run::Run;
use crate::suite::Split;
use crate::tally::{CaseTally, Standing};
use crate::words::noun;

/// The candidate's cases of one half, or of both, and of one suite, or of all.
pub(super) struct Scope<'a> {
    pub half: GateHalf,
    pub suite: Option<&'a str>,
    /// Cases of weight 0 among them.
    pub cases: Vec<&'a CaseTally<'a>>,
}

impl<'a> Scope<'a> {
    pub fn new(tallies: &'a [CaseTally<'a>], half: GateHalf, suite: Option<&'a str>) -> Self {
        let cases = tallies.iter().filter(|c| in_half(half, c.split) && in_suite(suite, c.case)).collect();
        Self { half, suite, cases }
    }

    /// Those that count: the others are shown only.
    pub fn counting(&self) -> Vec<&'a CaseTally<'a>> {
        self.cases.iter().copied().filter(|case| case.counts).collect()
    }

    /// `held-out case`, for a sentence.
    pub fn noun(&self) -> &'static str {
        match self.half {
            GateHalf::HeldOut => "held-out case",
            GateHalf::Dev => "dev case",
            GateHalf::All => "case",
        }
    }

    /// `held-out cases of format-consistency`.
    pub fn place(&self) -> String {
        match self.suite {
            Some(suite) => format!("{} of {suite}", noun(2, self.noun())),
            None => noun(2, self.noun()),
        }
    }

    /// A rule judged by what was measured.
    pub fn judged(&self, rule: &str, passed: bool, measured: f64, threshold: f64, words: String) -> Judged {
        Judged {
            rule: rule.to_string(),
            suite: self.suite.map(str::to_string),
            status: if passed { Status::Pass } else { Status::Fail },
            measured: Some(measured),
            threshold: Some(threshold),
            p: None,
            words,
            cases: Vec::new(),
        }
    }

    /// A rule that cannot be judged, with why and what to do.
    pub fn unjudged(&self, rule: &str, threshold: Option<f64>, words: impl Into<String>) -> Judged {
        Judged {
            rule: rule.to_string(),
            suite: self.suite.map(str::to_string),
            status: Status::Unjudged,
            measured: None,
            threshold,
            p: None,
            words: words.into(),
            cases: Vec::new(),
        }
    }

    /// The same when there is nothing in scope.
    pub fn empty(&self, rule: &str, threshold: f64) -> Judged {
        let unscored = self.cases.iter().any(|case| case.counts && case.standing() == Standing::Unscored);
        let words = match unscored {
            true => format!("none of the {} could be scored: no check had a say; give them one that can", self.place()),
            false => format!("none of the {} was answered; evaluate them first, or correct `gate:`", self.place()),
        };
        self.unjudged(rule, Some(threshold), words)
    }

    /// The records of `run` that are in scope, all of them as held-out ones: one half to compare, whatever they were.
    pub fn narrow(&self, run: &Run) -> Run {
        let kept = run.records.iter().filter(|r| in_half(self.half, r.split) && in_suite(self.suite, &r.case));
        let mut records: Vec<_> = kept.cloned().collect();
        records.iter_mut().for_each(|record| record.split = Split::HeldOut);
        Run { records, ..run.clone() }
    }
}

impl Judged {
    /// With the cases it failed for; a rule that passed names none.
    pub(super) fn because_of(mut self, cases: Vec<CaseNote>) -> Self {
        if self.status == Status::Fail {
            self.cases = cases;
        }
        self
    }
}

/// A case with how it stands.
pub(super) fn note(case: &CaseTally<'_>) -> CaseNote {
    CaseNote { case: case.case.to_string(), words: super::words::standing(case) }
}

fn in_half(half: GateHalf, split: Split) -> bool {
    match half {
        GateHalf::HeldOut => split == Split::HeldOut,
        GateHalf::Dev => split == Split::Dev,
        GateHalf::All => true,
    }
}

/// The suite stands before the slash of a case's id.
pub(super) fn in_suite(suite: Option<&str>, case: &str) -> bool {
    suite.is_none_or(|suite| case.split_once('/').is_some_and(|(of, _)| of == suite))
}
