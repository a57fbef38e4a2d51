use super::table::SECTIONS;
use crate::workspace::Config;
use crate::yaml::schema::{DIALECT, described, object, scalars_as_texts, set, with_properties};
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

/// JSON Schema (2020-12) of `pmtune.yaml`, for editors: every key with its description and its bounds.
///
/// It is a little stricter than the reader in one thing (keys are in kebab-case) and laxer in what a schema cannot say
/// (whether a base is known).
pub fn schema() -> Value {
    let mut generator = SchemaSettings::draft2020_12().for_deserialize().into_generator();
    let mut file = object::<Config>(&mut generator);
    for section in &SECTIONS {
        let own = (section.schema)(&mut generator).to_value();
        file = with_properties(file, [(section.key, described(own, section.about))]);
    }
    let mut definitions = Value::Object(generator.take_definitions(true));
    for within in [&mut file["properties"], &mut definitions] {
        within.as_object_mut().into_iter().flatten().for_each(|(_, schema)| nothing_as_mapping(schema));
    }
    set(&mut file, "$schema", json!(DIALECT));
    set(&mut file, "title", json!("pmtune.yaml"));
    set(&mut file, "$defs", definitions);
    scalars_as_texts(&mut file);
    file
}

/// Nothing at all reads as an empty mapping where a struct is wanted.
fn nothing_as_mapping(schema: &mut Value) {
    if schema["type"] == "object" && schema["properties"].is_object() {
        set(schema, "type", json!(["object", "null"]));
    }
}
