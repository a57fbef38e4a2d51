use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the linter of training data looks for, and how grave it is: `data:` in `pmtune.yaml`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct DataSettings {
    /// Another severity for a finding's code.
    pub severity: BTreeMap<String, Severity>,
    /// A finding this grave or graver fails the check; `off` never does.
    pub fail_on: Severity,
    /// An example longer than this, prompt and answer together, is too long to train on whole.
    #[schemars(range(min = 1), extend("x-remedy" = "2048 is usual"))]
    pub max_tokens: usize,
    /// Terms that are no longer used, each with what takes its place.
    pub outdated_terms: BTreeMap<String, String>,
}

impl Default for DataSettings {
    fn default() -> Self {
        Self { severity: BTreeMap::new(), fail_on: Severity::Error, max_tokens: 2048, outdated_terms: BTreeMap::new() }
    }
}

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Not looked at.
    Off,
    Note,
    Warning,
    Error,
}

impl Severity {
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}
