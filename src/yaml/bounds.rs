//! Bounds of values, from the JSON Schema of the type they are read as.
//!
//! A field says them once, as attributes of schemars: `range(min, max)`, `exclusiveMinimum`, `exclusiveMaximum`, a
//! pattern of texts; `x-remedy` adds what is usual. Types are serde's business.

use super::fault::with_faults;
use super::node::{Key, Node, Value, is_same};
use super::scalar::Meaning;
use engine::error::{Error, Result};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use std::any::TypeId;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// [`read`](super::read), with every value held to its bounds as well. `path` is what the node is called in messages,
/// such as `compare`; empty for a whole file.
pub fn read_bounded<T>(node: &Node, path: &str, except: &[&str]) -> Result<T>
where
    T: DeserializeOwned + JsonSchema + 'static,
{
    let read = super::read::<T>(node, except);
    let mut outside = outside::<T>(node, path);
    if let Err(error) = &read {
        // Where the type is wrong already, the bound is no second fault.
        let told = |fault: &Error| fault.place == error.place || error.also.iter().any(|e| e.place == fault.place);
        outside.retain(|fault| !told(fault));
    }
    with_faults(read, outside)
}

/// What breaks the bounds that the schema of `T` states, in a node that is read as `T`.
pub fn outside<T: JsonSchema + 'static>(node: &Node, path: &str) -> Vec<Error> {
    let root = schema_of::<T>();
    let mut walk = Walk { root: &root, faults: Vec::new() };
    walk.value(&root, node, path, None);
    walk.faults
}

/// Made once for each type: a suite reads thousands of cases.
fn schema_of<T: JsonSchema + 'static>() -> Arc<Json> {
    static SCHEMAS: LazyLock<Mutex<HashMap<TypeId, Arc<Json>>>> = LazyLock::new(Mutex::default);
    let mut schemas = SCHEMAS.lock().unwrap_or_else(PoisonError::into_inner);
    let schema = schemas.entry(TypeId::of::<T>()).or_insert_with(|| {
        let settings = schemars::generate::SchemaSettings::draft2020_12().for_deserialize();
        Arc::new(settings.into_generator().into_root_schema_for::<T>().to_value())
    });
    Arc::clone(schema)
}

struct Walk<'a> {
    root: &'a Json,
    faults: Vec<Error>,
}

impl<'a> Walk<'a> {
    /// `remedy` is what a list says of its items.
    fn value(&mut self, schema: &'a Json, node: &Node, path: &str, remedy: Option<&'a str>) {
        let remedy = schema["x-remedy"].as_str().or(remedy);
        if let Some(target) = schema["$ref"].as_str().and_then(|r| self.root.pointer(r.trim_start_matches('#'))) {
            self.value(target, node, path, remedy);
        }
        // Of several forms, those of another type than the value say nothing about it.
        for form in ["anyOf", "oneOf"].into_iter().filter_map(|key| schema[key].as_array()).flatten() {
            self.value(form, node, path, remedy);
        }
        match &node.value {
            Value::Map(entries) => entries.iter().for_each(|(key, value)| self.entry(schema, key, value, path)),
            Value::List(items) => {
                items.iter().for_each(|item| self.value(&schema["items"], item, path, remedy));
            }
            Value::Scalar(scalar) => {
                let (fits, wanted) = match scalar.wanted() {
                    Meaning::Unsigned(n) => number(schema, n as f64),
                    Meaning::Signed(n) => number(schema, n as f64),
                    Meaning::Float(x) => number(schema, x),
                    Meaning::Text => (text(schema, &scalar.text), String::new()),
                    Meaning::Null | Meaning::Bool(_) => return,
                };
                if !fits {
                    let hint: Vec<&str> =
                        [wanted.as_str()].into_iter().chain(remedy).filter(|h| !h.is_empty()).collect();
                    let fault = node.fault(format!("`{path}` is `{}`", scalar.text));
                    self.faults.push(if hint.is_empty() { fault } else { fault.hint(hint.join("; ")) });
                }
            }
        }
    }

    fn entry(&mut self, schema: &'a Json, key: &Key, value: &Node, path: &str) {
        let name = key.text.as_str();
        let below = if path.is_empty() { name.to_string() } else { format!("{path}.{name}") };
        let mut own = schema["properties"].as_object().into_iter().flatten();
        let property = own.find(|(known, _)| is_same(known, name)).map(|(_, property)| property);
        self.value(property.unwrap_or(&schema["additionalProperties"]), value, &below, None);
    }
}

fn is_of(schema: &Json, kind: &str) -> bool {
    schema["type"] == kind || schema["type"].as_array().is_some_and(|kinds| kinds.iter().any(|k| k == kind))
}

/// Whether a number fits, and what would fit in words.
fn number(schema: &Json, x: f64) -> (bool, String) {
    let whole = is_of(schema, "integer");
    if !whole && !is_of(schema, "number") {
        return (true, String::new());
    }
    let bound = |key: &str| schema[key].as_f64();
    let above = bound("exclusiveMinimum");
    // Types without a sign have a minimum of their own.
    let least = bound("minimum").filter(|least| above.is_none_or(|above| above < *least));
    let (most, below) = (bound("maximum"), bound("exclusiveMaximum"));
    let never: Vec<f64> = schema["not"]["enum"].as_array().into_iter().flatten().filter_map(Json::as_f64).collect();
    let fits = x.is_finite()
        && least.is_none_or(|least| x >= least)
        && above.is_none_or(|above| x > above)
        && most.is_none_or(|most| x <= most)
        && below.is_none_or(|below| x < below)
        && !never.contains(&x);
    let from = match (least, above) {
        (Some(least), _) if most.is_some() || below.is_some() => Some(format!("from {least}")),
        (Some(least), _) => Some(format!("of {least} or more")),
        (None, Some(above)) => Some(format!("above {above}")),
        (None, None) => None,
    };
    let to = match (most, below) {
        (Some(most), _) if least.is_some() => Some(format!("to {most}")),
        (Some(most), _) if above.is_some() => Some(format!("at most {most}")),
        (Some(most), _) => Some(format!("of at most {most}")),
        (None, Some(below)) if least.is_some() => Some(format!("to below {below}")),
        (None, Some(below)) => Some(format!("below {below}")),
        (None, None) => None,
    };
    let join = if least.is_none() && from.is_some() && to.is_some() { " and " } else { " " };
    let range = from.into_iter().chain(to).collect::<Vec<_>>().join(join);
    let but = match never.as_slice() {
        [] => String::new(),
        never => format!(", but not {}", never.iter().map(f64::to_string).collect::<Vec<_>>().join(" or ")),
    };
    let kind = if whole { "a whole number" } else { "a number" };
    (fits, format!("give {kind} {range}{but}").trim_end().to_string())
}

fn text(schema: &Json, text: &str) -> bool {
    let pattern = schema["pattern"].as_str().filter(|_| is_of(schema, "string"));
    pattern.and_then(|pattern| regex::Regex::new(pattern).ok()).is_none_or(|pattern| pattern.is_match(text))
}
