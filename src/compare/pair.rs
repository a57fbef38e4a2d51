//! Pairing: what each version answered to the same case.

use super::comparison::CasePair;
use super::sample::Observation;
use crate::run::Run;
use crate::suite::Split;
use crate::tally::{self, CaseTally, Reply};
use std::collections::BTreeMap;

/// One case of either run. The newer run (`b`) says what it belongs to, where they differ.
#[derive(Debug, Clone)]
pub(super) struct Pair<'a> {
    pub case: &'a str,
    pub split: Split,
    pub category: &'a str,
    pub cluster: Option<&'a str>,
    pub weight: f64,
    /// A case of weight 0 is only looked at.
    pub counts: bool,
    /// Absent when the case is not in that run.
    pub a: Option<CaseTally<'a>>,
    pub b: Option<CaseTally<'a>>,
}

impl<'a> Pair<'a> {
    fn new(a: Option<CaseTally<'a>>, b: Option<CaseTally<'a>>) -> Option<Self> {
        let known = b.as_ref().or(a.as_ref())?;
        Some(Self {
            case: known.case,
            split: known.split,
            category: known.category,
            cluster: known.cluster,
            weight: known.weight,
            counts: known.counts,
            a,
            b,
        })
    }

    /// Both sides, when both have at least one answer with a score and the case counts.
    pub fn both(&self) -> Option<(&CaseTally<'a>, &CaseTally<'a>)> {
        let (a, b) = (self.a.as_ref()?, self.b.as_ref()?);
        (self.counts && !a.replies.is_empty() && !b.replies.is_empty()).then_some((a, b))
    }

    /// One measure of both sides, where both have it.
    pub fn observe(&self, measure: impl Fn(&Reply<'a>) -> Option<f64>) -> Option<Observation<'a>> {
        let (a, b) = self.both()?;
        Some(Observation { weight: self.weight, ..self.observation(a.mean(&measure)?, b.mean(&measure)?) })
    }

    /// Whether each side passes something: 0 or 1, and every case counts alike.
    pub fn observe_pass(&self, a: bool, b: bool) -> Observation<'a> {
        self.observation(f64::from(u8::from(a)), f64::from(u8::from(b)))
    }

    fn observation(&self, a: f64, b: f64) -> Observation<'a> {
        Observation { case: self.case, cluster: self.cluster, weight: 1.0, a, b }
    }

    pub fn summary(&self) -> CasePair {
        let (a, b) = (self.a.as_ref(), self.b.as_ref());
        CasePair {
            case: self.case.to_string(),
            split: self.split,
            category: self.category.to_string(),
            cluster: self.cluster.map(str::to_string),
            a: a.and_then(|side| side.score),
            b: b.and_then(|side| side.score),
            a_passed: a.and_then(|side| side.passed),
            b_passed: b.and_then(|side| side.passed),
            require: b.or(a).and_then(|side| side.require),
        }
    }
}

/// Every case of either run: those of `a` in their order, then what only `b` has.
pub(super) fn pair<'a>(a: &'a Run, b: &'a Run) -> Vec<Pair<'a>> {
    let of_b = tally::cases(b);
    let mut places: BTreeMap<&str, usize> = of_b.iter().enumerate().map(|(place, side)| (side.case, place)).collect();
    let mut of_b: Vec<Option<CaseTally<'a>>> = of_b.into_iter().map(Some).collect();
    let mut pairs = Vec::new();
    for side in tally::cases(a) {
        let other = places.remove(side.case).and_then(|place| of_b[place].take());
        pairs.extend(Pair::new(Some(side), other));
    }
    pairs.extend(of_b.into_iter().flatten().filter_map(|side| Pair::new(None, Some(side))));
    pairs
}
