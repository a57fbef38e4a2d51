use crate::base::BaseName;
use crate::yaml::{self, Node};
use engine::error::{Error, Kind, Result};
use engine::generate::SamplingOptions;
use schemars::JsonSchema;
use serde::Deserialize;
use std::path::Path;

/// The newest `pmtune.yaml` this program understands.
const FORMAT: u32 = 1;

/// The keys of `pmtune.yaml` that belong to no room alone.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// Version of this file format.
    #[serde(default = "newest")]
    #[schemars(range(max = FORMAT))]
    pub format: u32,
    /// The model line: `v2` then means `<line>-v2`.
    #[schemars(regex(pattern = r"^[\p{L}\p{N}_.-]+$"), extend("x-remedy" = LINE))]
    pub line: String,
    /// The base that new versions start from, and that `base` names: a known name, `hub:org/repo[:file]`, or a path
    /// relative to this file.
    #[serde(default = "default_base")]
    pub base: String,
    /// Sampling for every version, below what a version, suite or case says.
    #[serde(default)]
    pub sampling: SamplingOptions,
}

const LINE: &str = "it is part of folder names: use letters, digits, `-`, `_` and `.`, such as PM-General";

fn newest() -> u32 {
    FORMAT
}

fn default_base() -> String {
    crate::base::DEFAULT.to_string()
}

impl Config {
    /// Reads the keys of `pmtune.yaml` that are no sections; `file` is its tree, `sections` what else may stand in it.
    ///
    /// # Errors
    /// Gathers every fault, each with its place.
    pub fn read(file: &Node, sections: &[&str]) -> Result<Self> {
        yaml::refuse_newer(file, FORMAT)?;
        yaml::with_faults(yaml::read_bounded(file, "", sections), base_fault(file))
    }
}

/// Whether `base:` has the form of a base's name. Whether there is such a base shows when it is needed.
fn base_fault(file: &Node) -> Option<Error> {
    let node = file.get("base")?;
    let place = node.place();
    let root = place.file.parent().unwrap_or(Path::new(""));
    let fault = BaseName::written(node.as_str()?, root).err()?;
    Some(Error { kind: Kind::Input, ..fault.at(place) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config> {
        Config::read(&yaml::parse(text, Path::new("pmtune.yaml"))?, &["gate"])
    }

    #[test]
    fn only_the_line_is_required() {
        let config = read("line: PM-General\n").unwrap();
        assert_eq!((config.format, config.base.as_str()), (1, crate::base::DEFAULT));
        assert_eq!(config.sampling, SamplingOptions::default());
    }

    #[test]
    fn both_spellings_of_a_key_are_read() {
        for key in ["max-tokens", "max_tokens"] {
            let config = read(&format!("line: x\nsampling: {{{key}: 9, repetition_penalty: 1.1}}\n")).unwrap();
            assert_eq!((config.sampling.max_tokens, config.sampling.repetition_penalty), (Some(9), Some(1.1)));
        }
    }

    #[test]
    fn every_fault_is_told_with_its_place() {
        let text = "line: ../x\nbase: smolm2-135m\nsampling: {temperature: -1, max_tokens: 0, top-q: 1}\ngat: {}\n";
        let said = read(text).unwrap_err().to_string();
        for part in [
            "pmtune.yaml:1:7: `line` is `../x`",
            "PM-General",
            "pmtune.yaml:2:7: no base is called `smolm2-135m`",
            "pmtune.yaml:3:25: `sampling.temperature` is `-1`",
            "give a number from 0 to 100",
            "pmtune.yaml:3:41: `sampling.max_tokens` is `0`",
            "pmtune.yaml:3:44: the key `top-q`",
            "did you mean `gate`",
        ] {
            assert!(said.contains(part), "{part} is missing in\n{said}");
        }
        assert!(read("format: 99\nlain: x\n").unwrap_err().to_string().contains("newer than this pmtune"));
    }
}
