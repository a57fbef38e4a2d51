//! What a history is made of.

use crate::check::Criterion;
use crate::compare::Interval;
use crate::review::{Rating, Reviewer};
use crate::run::Run;
use crate::suite::Split;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;

/// A finished run, and what was said of its answers.
#[derive(Debug, Clone)]
pub struct Source {
    pub run: Run,
    /// As `review::gather` gives them; judges' are left out of every figure.
    pub ratings: BTreeMap<Reviewer, Vec<Rating>>,
}

/// Every run of a line, and what they say about each group of cases.
#[derive(Debug, Clone, Serialize)]
pub struct History {
    pub line: String,
    /// How sure its intervals are.
    pub confidence: f64,
    /// As [`ordered`](super::ordered) puts them.
    pub runs: Vec<RunInfo>,
    pub series: Vec<Series>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunInfo {
    pub id: String,
    pub version: String,
    /// `v2` for a version of the line.
    pub label: String,
    pub started: Timestamp,
    /// What a reader must know about it.
    pub remarks: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    All,
    Category(String),
    Criterion(Criterion),
}

impl Group {
    pub fn name(&self) -> &str {
        match self {
            Self::All => "all",
            Self::Category(name) => name,
            Self::Criterion(criterion) => criterion.name(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Share of cases passed, with Wilson's interval.
    PassRate,
    /// Mean score, 0 to 1.
    Score,
    /// The share of a criterion's checks that pass.
    Automatic,
    /// People's points on a criterion, 1 to 5.
    People,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::PassRate => "pass-rate",
            Self::Score => "score",
            Self::Automatic => "automatic",
            Self::People => "people",
        }
    }
}

/// One group's values of one kind over all runs that have any.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Series {
    pub half: Split,
    pub group: Group,
    pub kind: Kind,
    /// In the order of the runs.
    pub points: Vec<Point>,
    pub breaks: Vec<Break>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Point {
    /// Index into [`History::runs`].
    pub run: usize,
    pub value: f64,
    pub interval: Interval,
    pub n: usize,
    /// Points of one segment were measured with one ruler; numbered from 1.
    pub segment: usize,
    pub standing: Standing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// The newest of its version and segment.
    Current,
    /// A later run of the same version was measured with the same ruler.
    Superseded,
    /// Only some of the cases were asked, so it stands apart.
    Partial,
}

/// The ruler changed between two runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Break {
    /// The run before which it lies.
    pub run: usize,
    /// What changed, in words.
    pub change: String,
}

impl History {
    pub fn find(&self, half: Split, group: &Group, kind: Kind) -> Option<&Series> {
        self.series.iter().find(|s| (s.half, &s.group, s.kind) == (half, group, kind))
    }

    /// The halves that any run has cases of, held-out first.
    pub fn halves(&self) -> Vec<Split> {
        let has = |half: &Split| self.series.iter().any(|series| series.half == *half);
        [Split::HeldOut, Split::Dev].into_iter().filter(has).collect()
    }
}

impl Series {
    /// The newest value that stands.
    pub fn latest(&self) -> Option<&Point> {
        self.points.iter().rev().find(|point| point.standing == Standing::Current)
    }
}
