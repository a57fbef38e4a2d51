use crate::workspace::Section;
use crate::yaml::{self, Node};
use engine::error::Result;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

/// Who reviews the answers of this workspace: `review:` in `pmtune.yaml`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ReviewSettings {
    /// Everybody's name; empty when whoever reviews reads everything.
    pub reviewers: Vec<String>,
    /// The share of the cases that all of them read, so that their agreement can be measured; the others go to one each.
    #[schemars(range(min = 0, max = 1), extend("x-remedy" = "0.3 is usual"))]
    pub overlap: f64,
}

impl Default for ReviewSettings {
    fn default() -> Self {
        Self { reviewers: Vec::new(), overlap: 0.3 }
    }
}

impl Section for ReviewSettings {
    const KEY: &'static str = "review";

    fn read(node: &Node) -> Result<Self> {
        yaml::read_bounded(node, Self::KEY, &[])
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<Self>()
    }
}
