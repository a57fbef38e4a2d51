//! `data:` in `pmtune.yaml`.

use super::DataSettings;
use super::lint::codes;
use crate::words;
use crate::workspace::Section;
use crate::yaml::{self, Node};
use engine::error::{Error, Result};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::json;

impl Section for DataSettings {
    const KEY: &'static str = "data";

    fn read(node: &Node) -> Result<Self> {
        yaml::with_faults(yaml::read_bounded(node, Self::KEY, &[]), unknown_codes(node))
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = Self::json_schema(generator);
        if let Some(severity) = schema.pointer_mut("/properties/severity").and_then(|s| s.as_object_mut()) {
            severity.insert("propertyNames".into(), json!({"enum": names()}));
        }
        schema
    }
}

fn names() -> Vec<&'static str> {
    codes().iter().map(|code| code.name).collect()
}

fn unknown_codes(node: &Node) -> Vec<Error> {
    let names = names();
    let named = node.get("severity").map(Node::entries).unwrap_or_default().iter().map(|(code, _)| code);
    let unknown = named.filter(|code| !names.contains(&code.text.as_str())).map(|code| {
        let meant = yaml::did_you_mean(&code.text, names.iter().copied());
        Error::input(format!("`{}` is no code of a finding", code.text))
            .at(code.place())
            .hint(meant.unwrap_or_else(|| format!("there are {}", words::quoted_list(names.iter().copied()))))
    });
    unknown.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::training_data::Severity;
    use std::path::Path;

    fn read(text: &str) -> Result<DataSettings> {
        DataSettings::read(&yaml::parse(text, Path::new("pmtune.yaml"))?)
    }

    #[test]
    fn the_linter_is_set_by_code() {
        let text =
            "severity: {crlf: off, filler: error}\nfail-on: warning\noutdated-terms: {MVP: first release, a_b: c}\n";
        let data = read(text).unwrap();
        assert_eq!(data.severity["crlf"], Severity::Off);
        assert_eq!((data.fail_on, data.max_tokens), (Severity::Warning, 2048));
        assert_eq!(data.outdated_terms["MVP"], "first release");
        assert_eq!(data.outdated_terms["a_b"], "c", "what users name is not respelt");
    }

    #[test]
    fn every_fault_is_told_with_its_place() {
        let text = "severity: {near-duplicates: off, near_duplicate: off, crlf: loud}\nfail_on: fatal\nmax-tokens: 0\n";
        let said = read(text).unwrap_err().to_string();
        for part in [
            "pmtune.yaml:1:12: `near-duplicates` is no code",
            "did you mean `near-duplicate`?",
            "pmtune.yaml:1:34: `near_duplicate` is no code",
            "`loud`",
            "`fatal`",
            "`data.max-tokens` is `0`",
        ] {
            assert!(said.contains(part), "{part} is missing in\n{said}");
        }
    }
}
