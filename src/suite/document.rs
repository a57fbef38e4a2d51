//! A suite as it is written: the keys of the file, of `defaults` and of a case.

use super::{Distractor, Split};
use engine::generate::SamplingOptions;
use schemars::JsonSchema;
use serde::Deserialize;

/// The keys of the file that are read as they stand.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    /// What the suite finds out, in a sentence or two.
    #[serde(default)]
    pub description: String,
    /// What reports group the cases under; the file's name unless given.
    pub category: Option<String>,
}

/// Keys of the file that are read one by one.
pub(super) const FILE_KEYS: [&str; 3] = ["defaults", "cases", "tests"];

/// The keys of a case that are read as they stand. `defaults` has the same, less `id`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    /// The case's name in the suite: lower-case letters, digits, `-`, `_` and `.`.
    pub id: Option<String>,
    /// What the model is asked. A template over `vars`; `file://path` takes the template from a file of the workspace.
    pub prompt: Option<String>,
    /// What the model is to work on; follows the prompt after a blank line. A template too; a file is
    /// taken as it stands.
    pub input: Option<String>,
    /// System prompt of this case, instead of the version's. Template and `file://` as in `prompt`.
    pub system: Option<String>,
    /// The answer a person would give; for a multiple-choice case, the right choice. A template too; a file
    /// is taken as it stands.
    pub reference: Option<String>,
    /// One to four plausible bad answers, each with why it is bad. A version that knows better finds the reference
    /// likelier than any of them.
    #[serde(default)]
    #[schemars(length(max = 4))]
    pub distractors: Option<Vec<Distractor>>,
    /// The answers of a multiple-choice case, at least two; templates over `vars`.
    #[serde(default)]
    pub choices: Option<Vec<String>>,
    /// Pass when the case's score is this or more (0 to 1); without it every check that counts must pass.
    #[schemars(range(min = 0, max = 1), extend("x-remedy" = "write 80 % as 0.8"))]
    pub threshold: Option<f64>,
    /// How much the case counts among the others; 1 unless given.
    #[schemars(range(min = 0), extend("x-remedy" = "1 is usual, 2 counts twice"))]
    pub weight: Option<f64>,
    /// Words to filter cases by.
    #[serde(default)]
    pub tags: Option<Vec<String>>,
    /// How many answers to ask for, 1 to 1000.
    #[schemars(range(min = 1, max = 1000), extend("x-remedy" = "1 is usual, 5 shows how steady answers are"))]
    pub repeat: Option<u32>,
    /// The share of its answers that must pass for the case to count as passed: 1 for all of them. Above 0 and at most
    /// 1; without it, more often than not.
    #[schemars(range(max = 1), extend("exclusiveMinimum" = 0, "x-remedy" = "write 8 of 10 answers as 0.8"))]
    pub require: Option<f64>,
    /// Cases of one cluster share a source; statistics treat them as one draw.
    pub cluster: Option<String>,
    /// `dev`, where gaps may be looked for, or `held-out`, on which alone improvement is claimed.
    pub split: Option<Split>,
    /// How answers are drawn.
    pub sampling: Option<SamplingOptions>,
}

/// Keys of a case that are read one by one.
pub(super) const CASE_KEYS: [&str; 3] = ["vars", "checks", "assert"];
/// Keys whose texts are templates, their files included.
pub(super) const PROMPT_KEYS: [&str; 2] = ["prompt", "system"];
/// Keys whose texts are templates and whose files are documents, taken as they stand.
pub(super) const TEXT_KEYS: [&str; 2] = ["input", "reference"];

/// Letters of the names of suites and cases.
pub(super) fn named_by(c: char) -> bool {
    matches!(c, 'a'..='z' | '0'..='9' | '-' | '_' | '.')
}
