use super::{CompareSettings, GateSettings, ReviewSettings, compare, gate};
use crate::yaml::Node;
use engine::error::{Error, Result};
use engine::generate::SamplingOptions;
use engine::train::TrainSettings;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// The newest `pmtune.yaml` this program understands.
const FORMAT: u32 = 1;

/// `pmtune.yaml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Config {
    #[serde(default = "newest")]
    pub format: u32,
    /// The model line: `v2` then means `<line>-v2`.
    pub line: String,
    /// The base that new versions start from, and that `base` names.
    #[serde(default = "default_base")]
    pub base: String,
    /// Sampling for every version, below what a version, suite or case says.
    #[serde(default)]
    pub sampling: SamplingOptions,
    #[serde(default)]
    pub compare: CompareSettings,
    #[serde(default)]
    pub data: DataSettings,
    #[serde(default)]
    pub train: TrainSettings,
    #[serde(default)]
    pub review: ReviewSettings,
    /// What a version must reach; the usual rules where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<GateSettings>,
}

/// What the linter of training data looks for, and how grave it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct DataSettings {
    /// Another severity for a finding's code.
    pub severity: BTreeMap<String, Severity>,
    /// A finding this grave or graver fails the check; `off` never does.
    pub fail_on: Severity,
    /// An example longer than this, prompt and answer together, is too long to train on whole.
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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

fn newest() -> u32 {
    FORMAT
}

fn default_base() -> String {
    crate::base::DEFAULT.to_string()
}

impl Config {
    /// Reads `pmtune.yaml`; `file` is for messages.
    pub fn read(text: &str, file: &Path) -> Result<Self> {
        let node = crate::yaml::parse(text, file)?;
        let config: Self = crate::yaml::read(&node, &[])?;
        let of = |section: &str, faults: fn(&Node) -> Vec<Error>| node.get(section).map(faults).unwrap_or_default();
        if let Some(error) = Error::gather(of("compare", compare::faults).into_iter().chain(of("gate", gate::faults))) {
            return Err(error);
        }
        let wrong = |what: String, hint: &str| Err(Error::input(format!("{}: {what}", file.display())).hint(hint));
        if config.format > FORMAT {
            return wrong(
                format!("format {} is newer than this pmtune understands ({FORMAT})", config.format),
                "update pmtune",
            );
        }
        if config.line.is_empty() || !config.line.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c)) {
            return wrong(
                format!("`line: {}` cannot be part of a folder name", config.line),
                "use letters, digits, `-`, `_` and `.`, such as PM-General",
            );
        }
        if !(0.0..=1.0).contains(&config.review.overlap) {
            return wrong(format!("review.overlap is {}", config.review.overlap), "give 0 to 1; 0.3 is usual");
        }
        if config.data.max_tokens == 0 {
            return wrong("data.max-tokens is 0".into(), "give the longest example in tokens; 2048 is usual");
        }
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_line_is_required() {
        let config = Config::read("line: PM-General\n", Path::new("pmtune.yaml")).unwrap();
        assert_eq!(config.base, crate::base::DEFAULT);
        assert_eq!(config.compare.resamples, 10_000);
    }

    #[test]
    fn the_linter_is_set_by_code() {
        let text = "line: x\ndata: {severity: {crlf: off, filler: error}, fail-on: warning, outdated-terms: {MVP: first release}}\n";
        let data = Config::read(text, Path::new("pmtune.yaml")).unwrap().data;
        assert_eq!(data.severity["crlf"], Severity::Off);
        assert_eq!((data.fail_on, data.max_tokens), (Severity::Warning, 2048));
        assert_eq!(data.outdated_terms["MVP"], "first release");
        assert!(Config::read("line: x\ndata: {fail-on: fatal}\n", Path::new("pmtune.yaml")).is_err());
    }

    #[test]
    fn refuses_a_newer_format_and_nonsense_settings() {
        let read = |text: &str| Config::read(text, Path::new("pmtune.yaml")).unwrap_err().to_string();
        assert!(read("line: x\nformat: 99\n").contains("newer than this pmtune"));
        assert!(read("line: ../x\n").contains("cannot be part of a folder name"));
        assert!(read("line: x\nreview: {overlap: 30}\n").contains("review.overlap"));
    }
}
