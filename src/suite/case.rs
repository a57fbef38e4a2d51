use crate::check::Check;
use engine::generate::SamplingOptions;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Which half a case belongs to: gaps are looked for on `dev`, improvement is claimed on `held-out` alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Split {
    #[default]
    Dev,
    HeldOut,
}

/// A YAML file of test cases.
#[derive(Debug, Clone)]
pub struct Suite {
    /// The file's stem: `format-consistency`.
    pub name: String,
    /// Relative to the workspace root, with forward slashes.
    pub path: PathBuf,
    pub description: String,
    pub category: String,
    pub cases: Vec<Case>,
    /// SHA-256 of the file.
    pub hash: String,
    /// What its reader found to be allowed but probably not meant, in sentences.
    pub remarks: Vec<String>,
}

/// A plausible bad answer to a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Distractor {
    /// The whole answer; a template, or a file as it stands.
    pub text: String,
    /// What is wrong with it, in a sentence; for whoever mends the case.
    #[schemars(extend("x-remedy" = "say what is wrong with the answer"))]
    pub why: String,
}

/// One prompt with its checks, templates filled in and `file://` read.
#[derive(Debug, Clone)]
pub struct Case {
    /// Unique in the workspace: `<suite>/<id as written>`.
    pub id: String,
    pub category: String,
    pub split: Split,
    pub system: Option<String>,
    /// What its templates were filled from; told to programs that judge it.
    pub vars: serde_json::Value,
    /// The whole user message: prompt, then the input after a blank line.
    pub prompt: String,
    pub reference: Option<String>,
    /// Plausible bad answers, by hand.
    pub distractors: Vec<Distractor>,
    /// A multiple-choice case when not empty; `reference` is then the right one.
    pub choices: Vec<String>,
    pub checks: Vec<Check>,
    /// With a threshold the case's score decides; else every weighted check must pass.
    pub threshold: Option<f64>,
    pub weight: f64,
    pub tags: Vec<String>,
    /// How many answers are asked for.
    pub repeat: u32,
    /// The share of its answers that must pass for the case to pass; more often than not, where it says nothing.
    pub require: Option<f64>,
    /// Cases of one cluster share a source and are resampled together.
    pub cluster: Option<String>,
    pub sampling: SamplingOptions,
    /// Hash of everything that decides which verdict an answer gets (checks with their versions and word lists, threshold,
    /// reference, choices); with the prompt's own hash it tells whether two runs are comparable.
    pub judge_hash: String,
}

impl Case {
    /// The reference, then the distractors, where there are any: what a version that knows better finds likelier.
    pub fn weighed(&self) -> Vec<&str> {
        let reference = self.reference.as_deref().filter(|_| self.choices.is_empty());
        let distractors = self.distractors.iter().map(|distractor| distractor.text.as_str());
        reference.into_iter().chain(distractors).collect()
    }

    /// Nothing is written: the reference is weighed against the distractors, and that is all there is to judge.
    pub fn only_weighed(&self) -> bool {
        self.choices.is_empty()
            && !self.distractors.is_empty()
            && self.checks.iter().all(|check| check.weight == 0.0 || check.name == PREFERS)
    }
}

/// The check that asks whether the reference is preferred to every distractor.
pub const PREFERS: &str = "prefers-reference";
