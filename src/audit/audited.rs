use super::kind::Kind;
use super::past::Past;
use super::rate::Rate;
use super::unasked::Unasked;
use super::wanted::Wanted;
use crate::suite::Split;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The version of the file format that this program writes.
pub const FORMAT: u32 = 1;

/// What came of auditing some suites; `reports/audit.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Audit {
    /// Version of this file format; a newer one is never rewritten.
    pub format: u32,
    pub pmtune: String,
    pub at: Timestamp,
    pub wanted: Wanted,
    /// How sure the intervals are.
    pub confidence: f64,
    /// Over all suites.
    pub all: Figures,
    pub suites: Vec<SuiteAudit>,
    /// By version, whether cases can be solved without their question; empty where no version was asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unasked: Vec<Unasked>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SuiteAudit {
    pub name: String,
    /// From the workspace's root.
    pub path: PathBuf,
    /// SHA-256 of the file that was audited.
    pub hash: String,
    pub at: Timestamp,
    pub figures: Figures,
    pub cases: Vec<CaseAudit>,
}

/// How well good texts and bad ones are told apart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Bad texts that fail their case.
    pub sensitivity: Rate,
    /// References and their equivalents that pass.
    pub specificity: Rate,
    /// Of each kind of text, how many were judged as they should be.
    pub kinds: Vec<(Kind, Rate)>,
    pub checks: Vec<CheckFigures>,
}

/// What one check contributes, over all cases that have it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckFigures {
    pub check: String,
    /// Bad texts that it fails.
    pub caught: Rate,
    /// Of these, how many no other check of the case fails.
    pub alone: usize,
    /// Good texts that it passes.
    pub spared: Rate,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CaseAudit {
    /// `<suite>/<case>`.
    pub case: String,
    pub category: String,
    pub split: Split,
    /// Of the case that was audited.
    pub judge_hash: String,
    pub standing: Standing,
    /// Every text that the case judged; none where it could not be audited.
    pub trials: Vec<Trial>,
    /// How versions fared on it, by the finished runs.
    pub past: Past,
}

/// Whether a case carries information.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Every good text passes and every bad one fails.
    Sound,
    /// A bad text passes.
    Leaky,
    /// Every bad text fails, but so does the reference in another notation or layout.
    Strict,
    /// The reference itself fails.
    Broken,
    /// There is no reference to make texts of.
    NoReference,
    /// No check has a say: nothing is scored.
    NoChecks,
    /// Nothing is written: choices, or a reference and distractors, are weighed; a model must be asked.
    Weighed,
}

impl Standing {
    pub const ALL: [Standing; 7] = [
        Standing::Sound,
        Standing::Leaky,
        Standing::Strict,
        Standing::Broken,
        Standing::NoReference,
        Standing::NoChecks,
        Standing::Weighed,
    ];

    /// In a word or two, for a list of cases.
    pub fn name(self) -> &'static str {
        match self {
            Standing::Sound => "sound",
            Standing::Leaky => "leaky",
            Standing::Strict => "too strict",
            Standing::Broken => "broken",
            Standing::NoReference => "without a reference",
            Standing::NoChecks => "without checks",
            Standing::Weighed => "weighed only",
        }
    }
}

/// One text, judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    pub kind: Kind,
    /// What was done to the reference, or why the text is bad.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    pub passed: bool,
    /// What each check with a say in the score said.
    pub said: Vec<Said>,
    /// The text itself, where the case judged it wrongly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl Trial {
    /// A good text failed, or a bad one passed.
    pub fn is_wrong(&self) -> bool {
        self.passed != self.kind.is_good()
    }

    /// The checks that failed the text.
    pub fn failed_by(&self) -> impl Iterator<Item = &Said> {
        self.said.iter().filter(|said| !said.passed)
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Said {
    pub check: String,
    pub passed: bool,
    /// Where the case judged the text wrongly.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}
