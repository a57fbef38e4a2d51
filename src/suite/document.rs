//! A suite as it is written: the keys of the file, of `defaults` and of a case.

use super::Split;
use crate::check;
use crate::yaml::{self, Node};
use engine::error::Error;
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
    /// What the model is asked. A template over `vars`; `file://path` takes the text from a file of the workspace.
    pub prompt: Option<String>,
    /// What the model is to work on; follows the prompt after a blank line. Template and `file://` as in `prompt`.
    pub input: Option<String>,
    /// System prompt of this case, instead of the version's. Template and `file://` as in `prompt`.
    pub system: Option<String>,
    /// The answer a person would give; for a multiple-choice case, the right choice. Template and `file://` too.
    pub reference: Option<String>,
    /// The answers of a multiple-choice case, at least two; templates over `vars`.
    #[serde(default)]
    pub choices: Option<Vec<String>>,
    /// Pass when the case's score is this or more (0 to 1); without it every check that counts must pass.
    #[schemars(range(min = 0, max = 1))]
    pub threshold: Option<f64>,
    /// How much the case counts among the others; 1 unless given.
    #[schemars(range(min = 0))]
    pub weight: Option<f64>,
    /// Words to filter cases by.
    #[serde(default)]
    pub tags: Option<Vec<String>>,
    /// How many answers to ask for, 1 to 1000.
    #[schemars(range(min = 1, max = 1000))]
    pub repeat: Option<u32>,
    /// The share of its answers that must pass for the case to count as passed: 1 for all of them. Above 0 and at most
    /// 1; without it, more often than not.
    #[schemars(range(max = 1), extend("exclusiveMinimum" = 0))]
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
/// Keys whose texts are templates, `file://` included.
pub(super) const TEXT_KEYS: [&str; 4] = ["prompt", "input", "system", "reference"];

/// Letters of the names of suites and cases.
pub(super) fn named_by(c: char) -> bool {
    matches!(c, 'a'..='z' | '0'..='9' | '-' | '_' | '.')
}

/// What the types of a case's keys cannot express.
pub(super) fn faults(node: &Node) -> Vec<Error> {
    let mut faults = check::bounds(node);
    if let Some((node, repeat)) = number(node, "repeat").filter(|(_, r)| !(1.0..=1000.0).contains(r)) {
        faults.push(
            node.fault(format!("`repeat` is {repeat}, not 1 to 1000"))
                .hint("1 is usual; 5 shows how steady answers are"),
        );
    }
    if let Some((node, share)) = number(node, "require").filter(|(_, share)| !(*share > 0.0 && *share <= 1.0)) {
        faults.push(
            node.fault(format!("`require` is {share}, not above 0 and at most 1"))
                .hint("write 1 where every answer must pass, 0.8 where 8 of 10 are enough"),
        );
    }
    if let Some(sampling) = node.get("sampling") {
        faults.extend(sampling_faults(sampling));
    }
    faults
}

/// A key, whether a value fits it, and what would fit in words.
type Bound = (&'static str, fn(f64) -> bool, &'static str);

fn sampling_faults(node: &Node) -> Vec<Error> {
    let bounds: [Bound; 6] = [
        ("temperature", |x| (0.0..=100.0).contains(&x), "0 (always the likeliest token) or more"),
        ("top_k", |x| x >= 1.0, "1 or more"),
        ("top_p", |x| x > 0.0 && x <= 1.0, "above 0 and at most 1"),
        ("min_p", |x| (0.0..=1.0).contains(&x), "from 0 to 1"),
        ("repetition_penalty", |x| x > 0.0 && x.is_finite(), "above 0; 1 changes nothing"),
        ("max_tokens", |x| x >= 1.0, "1 or more"),
    ];
    let fault = |(key, fits, range): Bound| {
        let (node, x) = number(node, key).filter(|(_, x)| !fits(*x))?;
        Some(node.fault(format!("`{key}` is {x}")).hint(format!("it must be {range}")))
    };
    bounds.into_iter().filter_map(fault).collect()
}

/// The value of a key where it is a number; what is none is left to the key's type.
fn number<'a>(node: &'a Node, key: &str) -> Option<(&'a Node, f64)> {
    let node = node.get(key)?;
    yaml::read::<Option<f64>>(node, &[]).ok().flatten().map(|x| (node, x))
}
