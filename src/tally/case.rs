//! All that one run has to say on a case.

use super::repeats;
use crate::check::Criterion;
use crate::provider::Answer;
use crate::run::{Judged, Outcome, Record, Run, passed_share};
use crate::suite::{PREFERS, Split};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    pub passed: usize,
    pub of: usize,
}

/// One answer with a score.
#[derive(Debug, Clone, Copy)]
pub struct Reply<'a> {
    pub answer: &'a Answer,
    pub verdicts: &'a [Judged],
    /// 0 to 1.
    pub score: f64,
    pub passed: bool,
    /// The case's gold answer.
    pub reference: Option<&'a str>,
}

impl Reply<'_> {
    /// The share of a criterion's checks that pass, where it was measured on something written.
    pub fn passed_share(&self, criterion: Criterion) -> Option<f64> {
        self.answer.is_written().then(|| passed_share(self.verdicts, criterion)).flatten()
    }

    /// What checks made of it, where it was written.
    pub fn written(&self) -> Option<f64> {
        self.answer.is_written().then_some(self.score)
    }

    /// By how many nats a token the reference is preferred, where it was weighed.
    pub fn margin(&self) -> Option<f64> {
        self.answer.margin(self.reference?)
    }

    /// Whether the reference is preferred to all it was weighed against.
    pub fn prefers(&self) -> Option<bool> {
        self.margin()?;
        self.answer.preferred(self.reference?).map(|(behind, others)| behind == others)
    }
}

/// All answers to one case. What its records say of the case itself is taken from the last of them.
#[derive(Debug, Clone)]
pub struct CaseTally<'a> {
    pub case: &'a str,
    pub category: &'a str,
    pub split: Split,
    /// Cases of one cluster share a source.
    pub cluster: Option<&'a str>,
    /// In order of the repeats; of two records of one repeat the later: an error that a resumed run made good.
    pub records: Vec<&'a Record>,
    /// Those answers that have a score.
    pub replies: Vec<Reply<'a>>,
    /// Answers that no check could score, and repeats that ended in an error.
    pub unscored: usize,
    pub errors: usize,
    /// How much it counts in means, as in every comparison.
    pub weight: f64,
    /// A case of weight 0 is shown and counts for nothing.
    pub counts: bool,
    /// Mean over the answers with a score; `None` without any.
    pub score: Option<f64>,
    /// Share of these answers that passed.
    pub passed: Option<f64>,
    /// The share that the case requires.
    pub require: Option<f64>,
}

/// How a case of one run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Passes,
    Fails,
    /// It has an answer, and no check could score one.
    Unscored,
    /// It has no answer.
    Unanswered,
}

impl<'a> CaseTally<'a> {
    pub fn standing(&self) -> Standing {
        match self.passes() {
            Some(true) => Standing::Passes,
            Some(false) => Standing::Fails,
            None if self.unscored > 0 => Standing::Unscored,
            None => Standing::Unanswered,
        }
    }

    /// Passes as often as the case requires: more often than not, unless it says otherwise.
    pub fn passes(&self) -> Option<bool> {
        self.passed.map(|share| repeats::enough(share, self.require))
    }

    pub fn passed_answers(&self) -> usize {
        self.replies.iter().filter(|reply| reply.passed).count()
    }

    /// Passes sometimes.
    pub fn flaky(&self) -> bool {
        repeats::flaky(self.replies.len(), self.passed_answers())
    }

    /// The mean over its answers of whatever `measure` finds in them; `None` where it finds nothing.
    pub fn mean(&self, measure: impl Fn(&Reply<'a>) -> Option<f64>) -> Option<f64> {
        let found: Vec<f64> = self.replies.iter().filter_map(measure).filter(|x| x.is_finite()).collect();
        (!found.is_empty()).then(|| found.iter().sum::<f64>() / found.len() as f64)
    }

    /// The share of a criterion's checks that pass, where it was measured.
    pub fn passed_share(&self, criterion: Criterion) -> Option<f64> {
        self.mean(|reply| reply.passed_share(criterion))
    }

    /// Whether the reference is preferred more often than not.
    pub fn prefers(&self) -> Option<bool> {
        self.mean(|reply| reply.prefers().map(|prefers| f64::from(u8::from(prefers)))).map(|share| share > 0.5)
    }

    /// Whether its answers were written, so that checks have something to judge, rather than given texts weighed.
    pub fn is_written(&self) -> bool {
        self.replies.iter().all(|reply| reply.answer.is_written())
    }

    /// By name, how often each check passed, over all written answers and over all checks of one name that the case has; a
    /// check that was skipped or broke was not tried. Which answer is likelier is no check of what was written.
    pub fn checks(&self) -> BTreeMap<&'a str, Trial> {
        let mut trials: BTreeMap<&str, Trial> = BTreeMap::new();
        let written = self.replies.iter().filter(|reply| reply.answer.is_written()).flat_map(|reply| reply.verdicts);
        for judged in written.filter(|judged| judged.check != PREFERS && judged.verdict.score().is_some()) {
            let trial = trials.entry(&judged.check).or_default();
            trial.of += 1;
            trial.passed += usize::from(judged.verdict.passed());
        }
        trials
    }

    fn new(records: Vec<&'a Record>) -> Option<Self> {
        let last = *records.last()?;
        let (mut replies, mut unscored) = (Vec::new(), 0);
        for record in &records {
            match &record.outcome {
                Outcome::Judged { answer, verdicts, score, passed, .. } if score.is_finite() => {
                    let reference = record.reference.as_deref();
                    replies.push(Reply { answer, verdicts, score: *score, passed: *passed, reference });
                }
                Outcome::Unscored { .. } => unscored += 1,
                Outcome::Judged { .. } | Outcome::Error { .. } => {}
            }
        }
        let mut tally = Self {
            case: &last.case,
            category: &last.category,
            split: last.split,
            cluster: last.cluster.as_deref(),
            errors: records.len() - replies.len() - unscored,
            records,
            replies,
            unscored,
            weight: last.weight,
            counts: last.weight.is_finite() && last.weight > 0.0,
            score: None,
            passed: None,
            require: last.require,
        };
        tally.score = tally.mean(|reply| Some(reply.score));
        tally.passed = tally.mean(|reply| Some(f64::from(u8::from(reply.passed))));
        Some(tally)
    }
}

/// The cases of a run in its own order, each with its answers.
pub fn cases(run: &Run) -> Vec<CaseTally<'_>> {
    let mut order: Vec<BTreeMap<u32, &Record>> = Vec::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for record in &run.records {
        let place = *places.entry(&record.case).or_insert_with(|| {
            order.push(BTreeMap::new());
            order.len() - 1
        });
        order[place].insert(record.repeat, record);
    }
    order.into_iter().filter_map(|repeats| CaseTally::new(repeats.into_values().collect())).collect()
}
