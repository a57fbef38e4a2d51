use crate::error::{Error, Result};
use crate::generate::SamplingOptions;
use serde::{Deserialize, Serialize};
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
}

/// How two versions are compared.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CompareSettings {
    /// A difference in mean score (0 to 1) smaller than this is of no consequence.
    pub negligible: f64,
    /// How sure the intervals are.
    pub confidence: f64,
    pub resamples: usize,
    pub seed: u64,
}

impl Default for CompareSettings {
    fn default() -> Self {
        Self { negligible: 0.03, confidence: 0.95, resamples: 10_000, seed: 2024 }
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
        let config: Self = crate::yaml::read(&crate::yaml::parse(text, file)?, &[])?;
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
        let compare = &config.compare;
        if !(0.0..1.0).contains(&compare.negligible) {
            return wrong(format!("compare.negligible is {}", compare.negligible), "give a number from 0 to below 1");
        }
        if !(0.5..1.0).contains(&compare.confidence) {
            return wrong(
                format!("compare.confidence is {}", compare.confidence),
                "0.95 is usual; 0.5 to below 1 works",
            );
        }
        if !(100..=1_000_000).contains(&compare.resamples) {
            return wrong(format!("compare.resamples is {}", compare.resamples), "give 100 to 1000000; 10000 is usual");
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
    fn refuses_a_newer_format_and_nonsense_settings() {
        let read = |text: &str| Config::read(text, Path::new("pmtune.yaml")).unwrap_err().to_string();
        assert!(read("line: x\nformat: 99\n").contains("newer than this pmtune"));
        assert!(read("line: ../x\n").contains("cannot be part of a folder name"));
        assert!(read("line: x\ncompare: {confidence: 1.5}\n").contains("confidence"));
        assert!(read("line: x\ncompare: {resamples: 1}\n").contains("resamples"));
    }
}
