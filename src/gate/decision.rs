//! What was decided: plain data, written to `gate.json` and handed to the outputs.

use super::settings::GateHalf;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The format of `gate.json` that this program writes.
pub(super) const FORMAT: u32 = 1;

/// Whether a version may pass, rule by rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Decision {
    /// Version of this file format.
    pub format: u32,
    /// When the candidate's run ended: the same runs give the same bytes.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub created: Timestamp,
    /// Every rule is passed.
    pub passed: bool,
    pub candidate: Contender,
    /// The version that must not be lost against, where there is one.
    pub baseline: Option<Contender>,
    /// Which cases were judged.
    pub half: GateHalf,
    /// In the order in which they are shown.
    pub rules: Vec<Judged>,
    /// What a reader must know besides, whatever the rules say: repeated cases that never pass stand here.
    pub notes: Vec<String>,
    /// The comparison with the baseline in a sentence or two.
    pub comparison: Option<String>,
}

/// One of the two versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Contender {
    /// As the user named it, such as `v2`.
    pub label: String,
    /// The version's full name.
    pub version: String,
    /// The id of its run.
    pub run: String,
}

/// One rule and how it turned out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Judged {
    /// The rule's key under `gate:`, such as `pass-rate` or `criteria.accuracy`.
    pub rule: String,
    /// The suite whose cases alone it judges; all suites where there is none.
    pub suite: Option<String>,
    pub status: Status,
    /// What was measured: a share, a score, points, seconds, or a number of cases.
    pub measured: Option<f64>,
    /// What it was held against.
    pub threshold: Option<f64>,
    /// For `no-regression`: how often chance alone would give as great a loss.
    pub p: Option<f64>,
    /// The same as a sentence.
    pub words: String,
    /// The cases that the rule failed for, most telling first.
    pub cases: Vec<CaseNote>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Pass,
    Fail,
    /// It could not be judged, so the gate is not passed; the words say what to do.
    Unjudged,
}

/// A case with what is to be said of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CaseNote {
    /// `<suite>/<id>`.
    pub case: String,
    /// Such as `3 of 10 answers pass`.
    pub words: String,
}

impl Decision {
    /// No rule failed, and some rule could not be judged.
    pub fn is_unjudged(&self) -> bool {
        !self.passed && !self.rules.iter().any(|rule| rule.status == Status::Fail)
    }

    /// The rules that keep the gate from passing.
    pub fn failing(&self) -> Vec<&Judged> {
        self.rules.iter().filter(|rule| rule.status != Status::Pass).collect()
    }
}

impl Judged {
    /// `pass-rate`, or `pass-rate (format-consistency)` for a rule on one suite.
    pub fn name(&self) -> String {
        match &self.suite {
            Some(suite) => format!("{} ({suite})", self.rule),
            None => self.rule.clone(),
        }
    }
}

/// JSON Schema (2020-12) of `gate.json`.
pub fn schema() -> serde_json::Value {
    let mut schema = schemars::generate::SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<Decision>();
    schema.insert("title".to_string(), "pmtune gate".into());
    schema.to_value()
}
