use crate::compare;
use crate::gate::GateSettings;
use crate::improve::ImproveSettings;
use crate::provider::EndpointSettings;
use crate::review::ReviewSettings;
use crate::training_data::DataSettings;
use crate::work::train::TrainSection;
use crate::workspace::Section;
use crate::yaml::Node;
use engine::error::Result;
use schemars::{Schema, SchemaGenerator};

/// One section, whatever its type.
pub struct Entry {
    pub key: &'static str,
    /// What it is, for the schema.
    pub about: &'static str,
    pub check: fn(&Node) -> Result<()>,
    pub schema: fn(&mut SchemaGenerator) -> Schema,
}

impl Entry {
    const fn of<S: Section>(about: &'static str) -> Self {
        Self { key: S::KEY, about, check: |node| S::read(node).map(drop), schema: S::schema }
    }
}

/// Every section, in the order of the docs.
pub const SECTIONS: [Entry; 7] = [
    Entry::of::<compare::Settings>("How two versions are compared."),
    Entry::of::<DataSettings>("What the linter of training data looks for, and how grave it is."),
    Entry::of::<TrainSection>("What new versions are trained with, and on."),
    Entry::of::<ReviewSettings>("Who reviews the answers."),
    Entry::of::<EndpointSettings>("How models behind an address are asked."),
    Entry::of::<GateSettings>("What a version must reach; the usual rules hold without it."),
    Entry::of::<ImproveSettings>("How the monthly loop runs."),
];
