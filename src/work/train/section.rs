//! `train:` in `pmtune.yaml`: the engine's numbers, and what only a workspace can say.

use crate::workspace::{Section, Workspace};
use crate::yaml::{self, Node};
use engine::chat::LentTemplate;
use engine::error::Result;
use engine::train::TrainSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::mem::take;
use std::path::PathBuf;

/// What new versions are trained with, and on.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TrainSection {
    pub material: Material,
    pub numbers: TrainSettings,
}

/// The keys that name texts and files.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Material {
    /// The system prompt that the new version is trained and used with.
    pub system: Option<String>,
    /// The chat template that is lent to a base which brings none.
    pub template: Option<LentTemplate>,
    /// Files and folders to train on, relative to the workspace.
    pub data: Option<Vec<PathBuf>>,
    /// Files and folders of examples to validate on, relative to the workspace, rather than on a tenth of the data.
    #[serde(alias = "held-out", alias = "held_out")]
    pub validation: Option<Vec<PathBuf>>,
}

/// The last is the old name of the one before it, which was mistaken for the held-out cases of a suite.
const MATERIAL: [&str; 5] = ["system", "template", "data", "validation", "held-out"];

impl TrainSection {
    /// What the workspace says, or nothing.
    pub fn of(workspace: &Workspace) -> Result<Self> {
        Ok(workspace.section()?.unwrap_or_default())
    }

    /// What versions are trained on: the files and folders that `data` names, or all of `training-data/`.
    pub fn data(&self, workspace: &Workspace) -> Vec<PathBuf> {
        self.material.data.as_ref().map_or_else(|| vec![workspace.training_data()], |paths| within(workspace, paths))
    }

    /// The examples to validate on that `validation` names, if it does.
    pub fn validation(&self, workspace: &Workspace) -> Option<Vec<PathBuf>> {
        self.material.validation.as_ref().map(|paths| within(workspace, paths))
    }
}

fn within(workspace: &Workspace, paths: &[PathBuf]) -> Vec<PathBuf> {
    paths.iter().map(|path| workspace.root.join(path)).collect()
}

impl Section for TrainSection {
    const KEY: &'static str = "train";

    fn read(node: &Node) -> Result<Self> {
        // Every other key is the engine's, which also tells of unknown ones.
        let keys = node.entries().iter().map(|(key, _)| key.text.as_str());
        let others: Vec<&str> = keys.filter(|key| !MATERIAL.contains(&key.replace('_', "-").as_str())).collect();
        let material = yaml::read_bounded::<Material>(node, Self::KEY, &others);
        match yaml::read_bounded::<TrainSettings>(node, Self::KEY, &MATERIAL) {
            Ok(numbers) => Ok(Self { material: material?, numbers }),
            Err(error) => yaml::with_faults(Err(error), material.err()),
        }
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        let (mut schema, mut numbers) = (Material::json_schema(generator), TrainSettings::json_schema(generator));
        let properties = |schema: &mut Schema| schema.get_mut("properties").and_then(Value::as_object_mut).map(take);
        let all: Map<String, Value> =
            [&mut schema, &mut numbers].into_iter().filter_map(properties).flatten().collect();
        schema.insert("properties".into(), all.into());
        schema
    }
}
