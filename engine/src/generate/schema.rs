//! A JSON Schema made ready for a grammar: what a grammar cannot keep is refused with its place, and what it leaves open
//! is narrowed to what a program can read.

use serde_json::{Map, Value, json};

use crate::error::{Error, Result};

/// Bytes of a schema.
const MOST_BYTES: usize = 64 << 10;
/// Levels of a schema.
const DEEPEST: usize = 32;
/// The largest count (of items, keys, characters) that a schema may name.
const MOST: u64 = 100_000;
/// Numbers without bounds stay within these: every whole one is exact in a double, and none overflows it.
const LARGEST: f64 = 1e15;

const TYPES: [&str; 7] = ["null", "boolean", "integer", "number", "string", "array", "object"];
const FORMATS: [&str; 10] =
    ["date-time", "date", "time", "duration", "email", "hostname", "ipv4", "ipv6", "uuid", "uri"];
const DRAFTS: [&str; 3] = [
    "https://json-schema.org/draft/2020-12/schema",
    "https://json-schema.org/draft/2019-09/schema",
    "http://json-schema.org/draft-07/schema",
];

/// Any JSON object, in the numbers that a program can read.
pub(super) fn object() -> Value {
    let number = json!({"type": "number", "minimum": -LARGEST, "maximum": LARGEST});
    let value = json!({"$ref": "#/$defs/value"});
    let value_forms = json!([
        {"type": "null"}, {"type": "boolean"}, number, {"type": "string"},
        {"type": "array", "items": value}, {"$ref": "#/$defs/object"},
    ]);
    json!({
        "$ref": "#/$defs/object",
        "$defs": {
            "object": {"type": "object", "additionalProperties": value},
            "value": {"anyOf": value_forms},
        },
    })
}

/// The schema that the grammar is made from: everything it allows, `schema` allows.
///
/// Where `schema` combines no schemas, objects hold only the keys that it names, unless it says otherwise itself with
/// `additionalProperties`.
///
/// # Errors
/// `schema` is none, is too large, or says what a grammar cannot keep; with the place in the schema.
pub(super) fn prepare(schema: &Value) -> Result<Value> {
    let bytes = schema.to_string().len();
    if bytes > MOST_BYTES {
        let message = format!("the JSON Schema takes {bytes} bytes, more than the {MOST_BYTES} allowed");
        return Err(Error::input(message).hint("leave out what a single answer does not need"));
    }
    let mut walk = Walk { root: schema, combines: false };
    walk.schema(schema, &Path { at: "#".to_string(), depth: 0 })?;
    let mut ready = schema.clone();
    if let Some(root) = ready.as_object_mut() {
        // Every draft that is let in says the same about the keywords that are.
        root.retain(|key, _| !["$schema", "$id"].contains(&key.as_str()));
    }
    if !walk.combines {
        narrow(&mut ready);
    }
    Ok(ready)
}

/// That a schema cannot be kept, at a place in it.
fn fault(path: &str, what: &str, remedy: &str) -> Error {
    Error::input(format!("the JSON Schema cannot be kept at `{path}`: {what}")).hint(remedy)
}

struct Path {
    /// As `$ref` writes it.
    at: String,
    depth: usize,
}

impl Path {
    fn below(&self, key: &str) -> Self {
        Self { at: format!("{}/{}", self.at, key.replace('~', "~0").replace('/', "~1")), depth: self.depth }
    }

    fn fault(&self, what: impl AsRef<str>, remedy: &str) -> Error {
        fault(&self.at, what.as_ref(), remedy)
    }
}

struct Walk<'a> {
    root: &'a Value,
    /// Somewhere a schema and another one hold for the same value.
    combines: bool,
}

impl Walk<'_> {
    fn schema(&mut self, schema: &Value, path: &Path) -> Result<()> {
        let path = &Path { at: path.at.clone(), depth: path.depth + 1 };
        if path.depth > DEEPEST {
            return Err(path.fault(format!("it lies more than {DEEPEST} levels deep"), "make the schema flatter"));
        }
        let keywords = match schema {
            Value::Bool(_) => return Ok(()),
            Value::Object(keywords) => keywords,
            _ => return Err(path.fault("this is no schema", "write a mapping, such as {type: string}")),
        };
        for (key, value) in keywords {
            self.keyword(key, value, &path.below(key))?;
        }
        self.combines |= combines(keywords);
        counts_keys(keywords, path)
    }

    fn keyword(&mut self, key: &str, value: &Value, path: &Path) -> Result<()> {
        match key {
            "title" | "description" | "default" | "examples" | "deprecated" | "readOnly" | "writeOnly" | "$comment" => {
                Ok(())
            }
            "$schema" => draft(value, path),
            // Below the root it would change what `$ref` means.
            "$id" if path.at == "#/$id" => Ok(()),
            "$ref" => self.reference(value, path),
            "properties" | "patternProperties" | "$defs" | "definitions" => self.named(value, path),
            "items" if value.is_array() => self.list(value, path),
            "items" | "additionalItems" | "additionalProperties" => self.schema(value, path),
            "prefixItems" | "allOf" | "anyOf" | "oneOf" => self.list(value, path),
            "type" => types(value, path),
            "const" => Ok(()),
            "enum" => match value.as_array().is_some_and(|values| !values.is_empty()) {
                true => Ok(()),
                false => Err(path.fault("this is no list of values", "list the values that are allowed")),
            },
            "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf" => number(value, path),
            "minItems" | "maxItems" | "minLength" | "maxLength" | "minProperties" | "maxProperties" => {
                count(value, path)
            }
            "required" => match value.as_array().is_some_and(|names| names.iter().all(Value::is_string)) {
                true => Ok(()),
                false => Err(path.fault("this is no list of keys", "list the keys that must be there")),
            },
            "pattern" if value.is_string() => Ok(()),
            "pattern" => Err(path.fault("this is no text", "write a regular expression")),
            "format" if value.as_str().is_some_and(|format| FORMATS.contains(&format)) => Ok(()),
            "format" => {
                Err(path
                    .fault(format!("{value} is no format that can be kept"), &format!("one of {}", FORMATS.join(", "))))
            }
            _ => Err(path.fault(
                format!("the keyword `{key}` cannot be kept while an answer is written"),
                "take it out (or correct its spelling), and check the finished answer for it",
            )),
        }
    }

    fn named(&mut self, value: &Value, path: &Path) -> Result<()> {
        let Some(schemas) = value.as_object() else {
            return Err(path.fault("this is no mapping of names to schemas", "write each name with its schema"));
        };
        schemas.iter().try_for_each(|(name, schema)| self.schema(schema, &path.below(name)))
    }

    fn list(&mut self, value: &Value, path: &Path) -> Result<()> {
        let Some(schemas) = value.as_array().filter(|schemas| !schemas.is_empty()) else {
            return Err(path.fault("this is no list of schemas", "list at least one"));
        };
        schemas.iter().enumerate().try_for_each(|(i, schema)| self.schema(schema, &path.below(&i.to_string())))
    }

    fn reference(&self, value: &Value, path: &Path) -> Result<()> {
        let known = |target: &str| {
            let name = target.strip_prefix("#/$defs/").or_else(|| target.strip_prefix("#/definitions/"));
            let plain = name.is_some_and(|name| !name.contains(['/', '~', '%']));
            target == "#" || plain && self.root.pointer(&target[1..]).is_some()
        };
        match value.as_str().is_some_and(known) {
            true => Ok(()),
            false => Err(path.fault(
                format!("{value} is not defined in this schema"),
                "define it under `$defs` at the root, and refer to it as #/$defs/NAME",
            )),
        }
    }
}

fn draft(value: &Value, path: &Path) -> Result<()> {
    let known = value.as_str().is_some_and(|draft| DRAFTS.contains(&draft.trim_end_matches('#')));
    match known && path.at == "#/$schema" {
        true => Ok(()),
        false => Err(path.fault("this is no draft that can be kept", &format!("leave it out, or name {}", DRAFTS[0]))),
    }
}

fn types(value: &Value, path: &Path) -> Result<()> {
    let known = |value: &Value| value.as_str().is_some_and(|name| TYPES.contains(&name));
    match known(value) || value.as_array().is_some_and(|all| !all.is_empty() && all.iter().all(known)) {
        true => Ok(()),
        false => Err(path.fault(format!("{value} is no type"), &format!("one of {}", TYPES.join(", ")))),
    }
}

fn number(value: &Value, path: &Path) -> Result<()> {
    match value.as_f64().is_some_and(f64::is_finite) {
        true => Ok(()),
        false => Err(path.fault("this is no number", "write a number, such as 0")),
    }
}

fn count(value: &Value, path: &Path) -> Result<()> {
    match value.as_u64().is_some_and(|count| count <= MOST) {
        true => Ok(()),
        false => Err(path.fault("this is no count", &format!("write a whole number from 0 to {MOST}"))),
    }
}

/// A grammar does not notice a key that comes twice, so it can only count keys that are named.
fn counts_keys(schema: &Map<String, Value>, path: &Path) -> Result<()> {
    let least = schema.get("minProperties").and_then(Value::as_u64).unwrap_or(0);
    let required = schema.get("required").and_then(Value::as_array).map_or(0, Vec::len) as u64;
    let closed = schema.get("additionalProperties") == Some(&Value::Bool(false));
    if least <= required || closed && !schema.contains_key("patternProperties") {
        return Ok(());
    }
    Err(path.below("minProperties").fault("keys without a name cannot be counted", "list the keys under `required`"))
}

/// Whether a value must fit this schema and another one beside it.
fn combines(schema: &Map<String, Value>) -> bool {
    let says = |key: &str| schema.contains_key(key);
    let chooses = ["anyOf", "oneOf", "$ref", "enum", "const"].into_iter().filter(|key| says(key)).count();
    let own = schema.keys().any(|key| {
        let key = key.as_str();
        ["properties", "required", "additionalProperties", "patternProperties", "items", "prefixItems"].contains(&key)
            || key.starts_with("min")
            || key.starts_with("max")
            || key.starts_with("exclusive")
    });
    says("allOf") || chooses > 1 || chooses == 1 && own
}

/// Closes objects and bounds numbers that are left open, in a schema that combines none.
fn narrow(schema: &mut Value) {
    let Some(keywords) = schema.as_object_mut() else { return };
    let is = |keywords: &Map<String, Value>, name: &str| match keywords.get("type") {
        Some(Value::Array(types)) => types.iter().any(|kind| kind == name),
        kind => kind.is_some_and(|kind| kind == name),
    };
    let chosen = ["enum", "const"].iter().any(|key| keywords.contains_key(*key));
    if (is(keywords, "number") || is(keywords, "integer")) && !chosen {
        bound(keywords);
    }
    close(keywords);
    for (key, value) in keywords.iter_mut() {
        match (key.as_str(), value) {
            ("properties" | "patternProperties" | "$defs" | "definitions", Value::Object(schemas)) => {
                schemas.values_mut().for_each(narrow);
            }
            ("items" | "prefixItems" | "anyOf" | "oneOf", Value::Array(schemas)) => {
                schemas.iter_mut().for_each(narrow);
            }
            ("items" | "additionalItems" | "additionalProperties", schema) => narrow(schema),
            _ => {}
        }
    }
}

fn bound(keywords: &mut Map<String, Value>) {
    let of = |keywords: &Map<String, Value>, keys: [&str; 2]| keys.iter().find_map(|key| keywords.get(*key)?.as_f64());
    let (least, most) = (of(keywords, ["minimum", "exclusiveMinimum"]), of(keywords, ["maximum", "exclusiveMaximum"]));
    if least.is_none() && most.is_none_or(|most| most > -LARGEST) {
        keywords.insert("minimum".to_string(), json!(-LARGEST));
    }
    if most.is_none() && least.is_none_or(|least| least < LARGEST) {
        keywords.insert("maximum".to_string(), json!(LARGEST));
    }
}

fn close(keywords: &mut Map<String, Value>) {
    let Some(Value::Object(properties)) = keywords.get("properties") else { return };
    let required = keywords.get("required").and_then(Value::as_array).into_iter().flatten();
    let named = required.filter_map(Value::as_str).all(|name| properties.contains_key(name));
    let says = ["additionalProperties", "patternProperties"].iter().any(|key| keywords.contains_key(*key));
    if named && !says {
        keywords.insert("additionalProperties".to_string(), Value::Bool(false));
    }
}
