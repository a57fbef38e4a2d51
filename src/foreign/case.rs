use super::remark::Place;
use serde_json::{Map, Value};

/// A case as it will be written.
#[derive(Debug, Clone)]
pub(super) struct Case {
    /// Where it comes from.
    pub place: Place,
    /// Its keys, `checks` among them; the name is given when it is taken.
    pub keys: Map<String, Value>,
    /// What is said above it in the file.
    pub notes: Vec<String>,
}

impl Case {
    pub fn new(place: Place) -> Self {
        Self { place, keys: Map::new(), notes: Vec::new() }
    }

    pub fn set(&mut self, key: &str, value: impl Into<Value>) {
        self.keys.insert(key.to_string(), value.into());
    }

    pub fn checks(&self) -> &[Value] {
        self.keys.get("checks").and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }
}
