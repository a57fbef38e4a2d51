//! The result of a comparison: plain data, written to `comparison.json` and handed to the report.

use super::settings::Settings;
use crate::check::Criterion;
use crate::run::{Manifest, SuiteRef};
use crate::suite::Split;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    pub format: u32,
    /// When the later of the two runs ended: the same runs give the same bytes.
    pub created: Timestamp,
    pub settings: Settings,
    /// The version before.
    pub a: Side,
    /// The version after: "improved" means that `b` is better.
    pub b: Side,
    pub suites: Vec<SuiteRef>,
    /// Why the runs are not strictly comparable; not empty only when the user insisted.
    pub differences: Vec<String>,
    /// What the reader must know: dev improved and held-out did not, cases left out because one side failed, …
    pub warnings: Vec<String>,
    /// The half on which a claim of improvement rests.
    pub held_out: Half,
    pub dev: Half,
    /// Cases whose pass or fail changed, improvements first.
    pub flips: Vec<Flip>,
    pub cases: Vec<CasePair>,
}

/// One version of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Side {
    /// As the user named it; short enough for a column head.
    pub label: String,
    pub run: Manifest,
    /// Seconds and tokens over all its answers, reused ones included.
    pub seconds: f64,
    pub output_tokens: usize,
    /// Cases that ended in an error.
    pub errors: usize,
}

/// One split of the cases, with everything computed on it alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Half {
    pub split: Split,
    pub overall: Group,
    /// Holm-corrected among themselves.
    pub categories: Vec<Group>,
    /// Automatic rubric scores, 1 to 5.
    pub criteria: Vec<(Criterion, ScoreTest)>,
    /// By check name: how often each side passed it.
    pub checks: BTreeMap<String, Outcomes<Trial>>,
    /// Mean reference negative log-likelihood per token, where known for both (lower is better).
    pub reference_nll: Option<ScoreTest>,
}

/// A set of cases tested together. Without cases its means are 0 and its intervals all that is possible.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// `all` or the category.
    pub name: String,
    pub cases: usize,
    /// Equal to `cases` when no case declares a cluster.
    pub clusters: usize,
    pub rate: Outcomes<Rate>,
    pub pass: PassTest,
    pub score: ScoreTest,
    pub power: Power,
    pub finding: Finding,
    /// The finding as one plain sentence.
    pub words: String,
}

/// The same measure for both sides.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Outcomes<T> {
    pub a: T,
    pub b: T,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    pub passed: usize,
    pub of: usize,
}

/// A pass rate with its Wilson interval. With repeats, `passed` counts cases that pass as often as they require.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    pub passed: usize,
    pub cases: usize,
    pub rate: f64,
    pub interval: Interval,
    /// Cases that pass sometimes.
    pub flaky: usize,
    /// pass@k and pass^k at k = number of repeats, where cases repeat.
    pub pass_at_k: Option<f64>,
    pub pass_hat_k: Option<f64>,
    /// That k: the fewest answers a repeated case of this side has.
    #[serde(default)]
    pub k: Option<usize>,
}

/// Exact McNemar on the discordant pairs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PassTest {
    pub both: usize,
    pub only_a: usize,
    pub only_b: usize,
    pub neither: usize,
    pub p: f64,
    /// After Holm's correction over the categories; equal to `p` for the overall test.
    pub p_corrected: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Mean {
    pub mean: f64,
    pub interval: Interval,
}

/// Paired difference b − a.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScoreTest {
    pub cases: usize,
    pub a: Mean,
    pub b: Mean,
    pub difference: Mean,
    /// Sign-flip permutation.
    pub p: f64,
    pub p_corrected: f64,
    /// All sign patterns were tried (n ≤ 20 units), not a sample.
    pub exact: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Power {
    /// Smallest true difference in score that this many cases with this spread show four times in five. `None` where
    /// they all differ alike, and where no difference would show.
    pub minimum_detectable: Option<f64>,
    /// Cases needed to see half of that.
    pub cases_for_half: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    Improved,
    Regressed,
    NoDifference,
    TooFewCases,
}

/// A case whose outcome changed between the versions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Flip {
    pub case: String,
    pub split: Split,
    pub category: String,
    /// True when `b` passes and `a` does not.
    pub improved: bool,
    /// The checks that changed, by name.
    pub checks: Vec<String>,
}

/// One case of both runs, repeats averaged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CasePair {
    pub case: String,
    pub split: Split,
    pub category: String,
    pub cluster: Option<String>,
    /// Mean score over repeats; `None` when that side failed.
    pub a: Option<f64>,
    pub b: Option<f64>,
    /// Share of repeats that passed.
    pub a_passed: Option<f64>,
    pub b_passed: Option<f64>,
    /// The share that the case requires; more often than not, where it says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub require: Option<f64>,
}
