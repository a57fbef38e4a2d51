use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::{grammar, schema};
use crate::error::Result;
use crate::store;

/// Schemas that are known to be fine; then all are forgotten.
const MOST_CHECKED: usize = 256;

/// Whether an answer must be JSON: `false`, `true` for any object, or a JSON Schema.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Json {
    /// It may be anything.
    #[default]
    Off,
    /// A JSON object.
    Object,
    /// What fits this schema.
    Schema(Arc<Value>),
}

impl Json {
    /// Whether the answer may be anything.
    pub fn is_off(&self) -> bool {
        *self == Self::Off
    }

    /// The schema that answers must fit; `None` where they may be anything.
    pub fn schema(&self) -> Option<Arc<Value>> {
        match self {
            Self::Off => None,
            Self::Object => Some(Arc::new(schema::object())),
            Self::Schema(schema) => Some(Arc::clone(schema)),
        }
    }

    /// Refuses a schema to which answers cannot be held, before any is asked for.
    ///
    /// # Errors
    /// It is none, is too large, or says what cannot be kept; with the place in the schema and a remedy.
    pub fn check(&self) -> Result<()> {
        // A suite reads the same schema once for each of its cases.
        static FINE: LazyLock<Mutex<HashSet<String>>> = LazyLock::new(Mutex::default);
        let Self::Schema(schema) = self else { return Ok(()) };
        let hash = store::hash(schema.to_string().as_bytes());
        let fine = || FINE.lock().unwrap_or_else(PoisonError::into_inner);
        if fine().contains(&hash) {
            return Ok(());
        }
        grammar::check(schema)?;
        let mut fine = fine();
        if fine.len() >= MOST_CHECKED {
            fine.clear();
        }
        fine.insert(hash);
        Ok(())
    }
}

/// As people tell one from another: `off`, `any object`, `schema 1a2b3c4d`.
impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::Object => f.write_str("any object"),
            Self::Schema(schema) => write!(f, "schema {:.8}", store::hash(schema.to_string().as_bytes())),
        }
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Off => serializer.serialize_bool(false),
            Self::Object => serializer.serialize_bool(true),
            Self::Schema(schema) => schema.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Bool(false) => Ok(Self::Off),
            Value::Bool(true) => Ok(Self::Object),
            schema @ Value::Object(_) => Ok(Self::Schema(Arc::new(schema))),
            _ => {
                Err(serde::de::Error::custom("`json` is neither true nor false nor a JSON Schema, which is a mapping"))
            }
        }
    }
}

/// Reads what a person wrote, and refuses a schema that cannot be kept.
pub(super) fn written<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Json>, D::Error> {
    let json = Option::<Json>::deserialize(deserializer)?;
    let checked = json.as_ref().map_or(Ok(()), Json::check);
    checked.map(|()| json).map_err(|error| {
        let remedy = error.hint.map(|hint| format!("; {hint}")).unwrap_or_default();
        serde::de::Error::custom(format!("{}{remedy}", error.message))
    })
}

impl JsonSchema for Json {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Json".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["boolean", "object"]})
    }
}
