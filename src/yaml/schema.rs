//! JSON Schemas of what people write in YAML, made of the structs that it is read as.

use schemars::JsonSchema;
use schemars::generate::SchemaGenerator;
use serde_json::{Value, json};

/// The dialect of the schemas, for their `$schema`.
pub const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The schema of a struct, written out rather than referred to.
pub fn object<T: JsonSchema>(generator: &mut SchemaGenerator) -> Value {
    T::json_schema(generator).to_value()
}

pub fn with_properties<const N: usize>(mut schema: Value, added: [(&str, Value); N]) -> Value {
    let properties = schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    let added = added.into_iter().map(|(key, value)| (key.to_string(), value));
    set(&mut schema, "properties", Value::Object(properties.into_iter().chain(added).collect()));
    schema
}

pub fn described(mut schema: Value, about: &str) -> Value {
    set(&mut schema, "description", json!(about));
    schema
}

pub fn set(schema: &mut Value, key: &str, value: Value) {
    if let Some(object) = schema.as_object_mut() {
        object.insert(key.to_string(), value);
    }
}

/// Where a text is wanted the loader takes any scalar (`value: 42`), so the schema does too.
pub fn scalars_as_texts(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            let fixed = object.contains_key("enum") || object.contains_key("const");
            match object.get_mut("type") {
                Some(kind) if !fixed && kind == "string" => *kind = json!(["string", "number", "boolean"]),
                Some(Value::Array(kinds)) if !fixed && kinds.contains(&json!("string")) => {
                    for kind in ["number", "boolean"] {
                        if !kinds.contains(&json!(kind)) {
                            kinds.push(json!(kind));
                        }
                    }
                }
                _ => {}
            }
            object.values_mut().for_each(scalars_as_texts);
        }
        Value::Array(items) => items.iter_mut().for_each(scalars_as_texts),
        _ => {}
    }
}
