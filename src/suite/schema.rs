use super::document::{Header, Written};
use crate::check::{self, Common, Kind};
use crate::yaml::schema::{DIALECT, described, object, scalars_as_texts, set, with_properties};
use schemars::generate::{SchemaGenerator, SchemaSettings};
use serde_json::{Map, Value, json};

/// JSON Schema (2020-12) of a suite file, for editors: every key with its description, every check by its `type`.
///
/// It is a little stricter than the loader in two things (a template cannot stand where a number is wanted; keys are in
/// kebab-case) and laxer in what a schema cannot say (unique ids, a reference among the choices, files that exist).
pub fn schema() -> Value {
    schema_among(&check::kinds().collect::<Vec<_>>())
}

pub(super) fn schema_among(kinds: &[&'static Kind]) -> Value {
    let mut generator = SchemaSettings::draft2020_12().for_deserialize().into_generator();
    let header = object::<Header>(&mut generator);
    let written = object::<Written>(&mut generator);
    let common = object::<Common>(&mut generator);
    let checks: Vec<Value> = kinds.iter().map(|kind| check(&mut generator, kind, &common)).collect();
    let mut definitions = generator.take_definitions(true);
    definitions.insert("check".into(), json!({"type": "object", "required": ["type"], "anyOf": checks}));
    let case = case(&written);
    definitions.insert("defaults".into(), without(&case, "id"));
    definitions.insert("case".into(), requiring(case, "id"));
    let list = json!({"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/case"}});
    let mut suite = with_properties(
        header,
        [
            (
                "defaults",
                described(json!({"$ref": "#/$defs/defaults"}), "What every case has unless it says otherwise."),
            ),
            ("cases", described(list.clone(), "The cases.")),
            ("tests", described(list, "Another name for `cases`.")),
        ],
    );
    set(&mut suite, "oneOf", json!([{"required": ["cases"]}, {"required": ["tests"]}]));
    set(&mut suite, "$schema", json!(DIALECT));
    set(&mut suite, "title", json!("pmtune suite"));
    set(&mut suite, "$defs", Value::Object(definitions));
    scalars_as_texts(&mut suite);
    suite
}

fn case(written: &Value) -> Value {
    let checks = json!({"type": ["array", "null"], "items": {"$ref": "#/$defs/check"}});
    let case = with_properties(
        written.clone(),
        [
            (
                "vars",
                json!({"type": ["object", "null"], "description": "What templates may use: `{{ name }}`. A value `file://path` is the file's text.", "propertyNames": {"pattern": "^[\\p{L}_][\\p{L}\\p{N}_]*$"}}),
            ),
            ("checks", described(checks.clone(), "How the answer is judged; after those of `defaults`.")),
            ("assert", described(checks, "Another name for `checks`.")),
        ],
    );
    let mut case = case;
    if let Some(id) = case.pointer_mut("/properties/id") {
        set(id, "pattern", json!("^[a-z0-9._-]+$"));
    }
    set(&mut case, "not", json!({"required": ["checks", "assert"]}));
    case
}

/// One kind of check: its own keys and the common ones, under its name or its name with `not-`.
fn check(generator: &mut SchemaGenerator, kind: &Kind, common: &Value) -> Value {
    let schema = (kind.schema)(generator).to_value();
    let mut own = resolved(generator, schema);
    let mut properties = Map::new();
    let negated = format!("not-{}", kind.name);
    properties.insert("type".into(), described(json!({"enum": [kind.name, negated]}), kind.about));
    for source in [&own, common] {
        for (key, value) in source.get("properties").and_then(Value::as_object).into_iter().flatten() {
            properties.entry(key).or_insert_with(|| value.clone());
        }
    }
    let required = own.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    set(&mut own, "type", json!("object"));
    set(&mut own, "title", json!(kind.name));
    set(&mut own, "description", json!(kind.about));
    set(&mut own, "properties", Value::Object(properties));
    set(&mut own, "required", std::iter::once(json!("type")).chain(required).collect());
    set(&mut own, "additionalProperties", json!(false));
    own
}

/// A schema that is only a reference to a definition, replaced by that definition.
fn resolved(generator: &SchemaGenerator, schema: Value) -> Value {
    let name = schema.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix("#/$defs/"));
    name.and_then(|name| generator.definitions().get(name)).cloned().unwrap_or(schema)
}

fn without(schema: &Value, key: &str) -> Value {
    let mut schema = schema.clone();
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.remove(key);
    }
    schema
}

fn requiring(mut schema: Value, key: &str) -> Value {
    set(&mut schema, "required", json!([key]));
    schema
}
