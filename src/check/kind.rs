use super::{Criterion, Subject, Verdict};
use crate::error::{Error, Result};
use crate::yaml::{self, Node};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// A pure judge: the same subject always gets the same verdict.
pub trait Judge: std::fmt::Debug + Send + Sync {
    fn judge(&self, subject: &Subject<'_>) -> Verdict;

    /// Finds faults that the types cannot express (a bad pattern, min above max). The text goes to the user.
    fn faults(&self) -> Option<String> {
        None
    }
}

/// One kind of check: what `type:` may say.
pub struct Kind {
    pub name: &'static str,
    /// The criterion it speaks for unless the suite says otherwise.
    pub criterion: Criterion,
    /// One sentence for the reference page and the schema.
    pub about: &'static str,
    /// Raised whenever the same answer could get another verdict than before: runs judged by different versions of a
    /// check are not comparable.
    pub version: u32,
    pub parse: fn(&Node, &[&str]) -> Result<Arc<dyn Judge>>,
    pub schema: fn(&mut SchemaGenerator) -> Schema,
}

impl Kind {
    pub const fn new<T>(name: &'static str, criterion: Criterion, version: u32, about: &'static str) -> Self
    where
        T: Judge + DeserializeOwned + JsonSchema + 'static,
    {
        Self { name, criterion, about, version, parse: parse_as::<T>, schema: |g| g.subschema_for::<T>() }
    }
}

fn parse_as<T: Judge + DeserializeOwned + 'static>(node: &Node, except: &[&str]) -> Result<Arc<dyn Judge>> {
    let judge: T = yaml::read(node, except)?;
    if let Some(fault) = judge.faults() {
        return Err(Error::input(fault));
    }
    Ok(Arc::new(judge))
}

/// Every kind of check, in the order of the reference page.
pub fn kinds() -> impl Iterator<Item = &'static Kind> {
    let families: &[&'static [Kind]] = &[
        super::text::KINDS,
        super::structure::KINDS,
        super::similarity::KINDS,
        super::quality::KINDS,
        super::product::KINDS,
        super::runtime::KINDS,
    ];
    families.iter().copied().flatten()
}

/// A check as it stands in a case: a judge with its place in the score.
#[derive(Debug, Clone)]
pub struct Check {
    /// As written: `contains`, `not-contains`.
    pub name: String,
    pub negated: bool,
    /// Makes the score decide instead of the judge: pass at this score or above.
    pub threshold: Option<f64>,
    /// 0 only measures.
    pub weight: f64,
    pub criterion: Criterion,
    pub version: u32,
    pub judge: Arc<dyn Judge>,
}

/// The keys every check has, whatever its kind.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Common {
    /// Which check; `not-` in front turns it round.
    #[serde(rename = "type")]
    pub kind: String,
    /// Pass at this score or above (0 to 1).
    #[serde(default)]
    pub threshold: Option<f64>,
    /// How much it counts in the case's score; 0 only measures.
    #[serde(default)]
    pub weight: Option<f64>,
    /// The rubric criterion it speaks for.
    #[serde(default)]
    pub criterion: Option<Criterion>,
}

/// Reads one check of a suite.
pub fn parse(node: &Node) -> Result<Check> {
    let _ = node;
    Err(Error::input("no checks yet"))
}

impl Check {
    pub fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let verdict = self.judge.judge(subject);
        let verdict = if self.negated { verdict.negated() } else { verdict };
        match (self.threshold, verdict) {
            (Some(t), Verdict::Pass { score, reason } | Verdict::Fail { score, reason }) => {
                Verdict::graded(score, t, reason)
            }
            (_, verdict) => verdict,
        }
    }
}
