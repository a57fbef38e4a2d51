use super::request::Parameter;
use crate::workspace::Section;
use crate::yaml::{self, Node};
use engine::error::Result;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use std::collections::BTreeSet;

/// How endpoints are asked: `endpoint:` in `pmtune.yaml`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct EndpointSettings {
    /// Requests under way at the same time.
    #[schemars(range(min = 1, max = 256), extend("x-remedy" = "4 is usual; a server that batches takes 32 and more"))]
    pub concurrency: usize,
    /// Settings that are never sent. One that an endpoint refuses is left out by itself.
    pub leave_out: BTreeSet<Parameter>,
}

impl Default for EndpointSettings {
    fn default() -> Self {
        Self { concurrency: 4, leave_out: BTreeSet::new() }
    }
}

impl Section for EndpointSettings {
    const KEY: &'static str = "endpoint";

    fn read(node: &Node) -> Result<Self> {
        yaml::read_bounded(node, Self::KEY, &[])
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<Self>()
    }
}
