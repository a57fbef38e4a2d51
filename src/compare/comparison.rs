//! The result of a comparison: plain data, written to `comparison.json` and handed to the report.

use super::evidence::Evidence;
use super::settings::Settings;
use crate::check::Criterion;
use crate::run::{Manifest, SuiteRef};
use crate::suite::Split;
use crate::tally::{Interval, Rate, Trial};
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
    /// Cases that were answered, and that no check could score.
    #[serde(default)]
    pub unscored: usize,
}

/// One split of the cases, with everything computed on it alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Half {
    pub split: Split,
    /// The kind of evidence that the headline is made of: the one that was named before looking or, where these cases
    /// hold none of it, the other.
    #[serde(default)]
    pub primary: Evidence,
    /// What checks say of the cases that were answered in writing.
    pub overall: Group,
    pub categories: Vec<Group>,
    /// What likelihoods say of the cases whose reference was weighed against other answers.
    #[serde(default)]
    pub likelihood: Option<Likelihood>,
    /// The share of each criterion's checks that pass.
    pub criteria: Vec<(Criterion, ScoreTest)>,
    /// By check name.
    pub checks: BTreeMap<String, CheckTest>,
    /// Mean reference negative log-likelihood per token, where known for both (lower is better).
    pub reference_nll: Option<ScoreTest>,
    /// What got better or worse by name, each by a test of its own that holds up after correction over everything this
    /// half looks at. Categories first, then criteria and checks.
    #[serde(default)]
    pub movers: Vec<Mover>,
    /// How often lines would be written about these very cases by luck; `None` without cases.
    #[serde(default)]
    pub luck: Option<Luck>,
}

impl Half {
    /// The group that the headline is made of.
    pub fn headline(&self) -> &Group {
        match (&self.likelihood, self.primary) {
            (Some(likelihood), Evidence::Likelihood) => &likelihood.overall,
            _ => &self.overall,
        }
    }

    /// Adds a sentence to the words of the headline.
    pub fn conclude(&mut self, words: &str) {
        let group = match (&mut self.likelihood, self.primary) {
            (Some(likelihood), Evidence::Likelihood) => &mut likelihood.overall,
            _ => &mut self.overall,
        };
        group.words = format!("{} {words}", group.words);
    }

    /// Each kind of evidence that these cases hold, over the whole half.
    pub fn evidence(&self) -> impl Iterator<Item = &Group> {
        let likelihood = self.likelihood.iter().map(|likelihood| &likelihood.overall);
        likelihood.chain(std::iter::once(&self.overall).filter(|group| group.cases > 0))
    }

    /// How many cases tell anything.
    pub fn cases(&self) -> usize {
        self.evidence().map(|group| group.cases).max().unwrap_or(0)
    }
}

/// Likelihood evidence: `score` is the margin, by how many nats a token the reference is preferred on average; a case
/// passes when it is preferred to every other answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Likelihood {
    pub overall: Group,
    pub categories: Vec<Group>,
}

/// How often a check passed, and whether one version passes it on more cases than chance allows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckTest {
    /// Over all judged answers; a check that was skipped or broke was not tried.
    pub a: Trial,
    pub b: Trial,
    /// Cases that pass it with one version alone. A case passes a check when more than half of its tries pass, over all
    /// answers and over all checks of that name which it has.
    #[serde(default)]
    pub only_a: usize,
    #[serde(default)]
    pub only_b: usize,
    /// Exact McNemar; whole clusters change sides together.
    #[serde(default = "certain")]
    pub p: f64,
    #[serde(default = "certain")]
    pub p_corrected: f64,
}

fn certain() -> f64 {
    1.0
}

/// Something by name that got better or worse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mover {
    pub kind: MoverKind,
    pub name: String,
    pub better: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MoverKind {
    /// A kind of evidence beside the primary one, on the whole.
    Evidence,
    Category,
    /// A category by its likelihoods.
    Knowledge,
    Criterion,
    Check,
}

impl MoverKind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Evidence => "evidence",
            Self::Category => "category",
            Self::Knowledge => "knowledge of",
            Self::Criterion => "criterion",
            Self::Check => "check",
        }
    }
}

/// Of so many times that the labels of both versions were swapped at random, how often at least one line of a kind
/// would have been written. Under equal versions nothing else happens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Luck {
    pub swaps: usize,
    /// Better or worse on the whole.
    pub headline: usize,
    /// "Counting only passes, the change is more than chance."
    pub passes: usize,
    pub categories: usize,
    /// The kind of evidence beside the primary one, and categories by their likelihoods.
    #[serde(default)]
    pub evidence: usize,
    pub criteria: usize,
    pub checks: usize,
    /// Any of these.
    pub anything: usize,
}

impl Luck {
    /// Both counts together.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            swaps: self.swaps + other.swaps,
            headline: self.headline + other.headline,
            passes: self.passes + other.passes,
            categories: self.categories + other.categories,
            evidence: self.evidence + other.evidence,
            criteria: self.criteria + other.criteria,
            checks: self.checks + other.checks,
            anything: self.anything + other.anything,
        }
    }
}

/// A set of cases tested together. Without cases its means are 0 and its intervals all that is possible.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// `all` or the category.
    pub name: String,
    #[serde(default)]
    pub evidence: Evidence,
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

/// Exact McNemar on the discordant pairs; whole clusters change sides together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PassTest {
    pub both: usize,
    pub only_a: usize,
    pub only_b: usize,
    pub neither: usize,
    pub p: f64,
    /// Corrected over everything its half looks at.
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
    /// Corrected over everything its half looks at; for the overall test what the headline alone may spend.
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
    /// Mean score over repeats; `None` when that side failed or could not be scored.
    pub a: Option<f64>,
    pub b: Option<f64>,
    /// Share of repeats that passed.
    pub a_passed: Option<f64>,
    pub b_passed: Option<f64>,
    /// The share that the case requires; more often than not, where it says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub require: Option<f64>,
}
