use crate::deploy::Target;
use crate::workspace::Section;
use crate::yaml::{self, Node};
use engine::error::Result;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

/// How the monthly loop runs: `improve:` in `pmtune.yaml`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case")]
#[schemars(deny_unknown_fields)]
pub struct ImproveSettings {
    /// Examples that a month asks for.
    #[schemars(range(min = 1, max = 100), extend("x-remedy" = "10 to 15 are usual"))]
    pub examples: usize,
    /// Decisions that the same held-out cases may bear. Each claims with so small a part of the error that
    /// `compare.confidence` leaves; after them fresh cases are asked for.
    #[schemars(range(min = 1, max = 100), extend("x-remedy" = "6 is usual"))]
    pub looks: usize,
    /// Wait for people's scores of both versions before deciding.
    pub review: bool,
    /// Where a version that won goes: `lm-studio`, `ollama` or a folder such as `./shared`. It is only made primary
    /// without this.
    pub deploy_to: Option<String>,
}

impl Default for ImproveSettings {
    fn default() -> Self {
        Self { examples: 12, looks: 6, review: false, deploy_to: None }
    }
}

impl Section for ImproveSettings {
    const KEY: &'static str = "improve";

    fn read(node: &Node) -> Result<Self> {
        let read: Result<Self> = yaml::read_bounded(node, Self::KEY, &[]);
        // Not at the end of a month, but before it begins.
        let place = node.get("deploy-to").or_else(|| node.get("deploy_to"));
        let unknown = place.and_then(|at| Some(Target::parse(at.as_str()?).err()?.at(at.place())));
        yaml::with_faults(read, unknown)
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        Self::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn a_place_that_nothing_can_be_put_to_is_told_before_the_month_begins() {
        let read = |text: &str| ImproveSettings::read(&yaml::parse(text, Path::new("pmtune.yaml"))?);
        let said = read("{looks: 0, deploy-to: lmstudioo, exampels: 3}").unwrap_err().to_string();
        for part in ["`lmstudioo` is no place to deploy to", "pmtune.yaml:1:", "6 is usual", "did you mean `examples`"]
        {
            assert!(said.contains(part), "{part} is missing in\n{said}");
        }
        let good = read("{deploy-to: ./shared, review: true}").unwrap();
        assert_eq!((good.deploy_to.as_deref(), good.review, good.looks), (Some("./shared"), true, 6));
    }
}
