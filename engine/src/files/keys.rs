//! The rule for keys of configuration files: one is read, or known to change nothing, or refused by its name.
//!
//! A key that is passed over runs another model than the one that was trained, and nothing shows it. So only keys known to
//! be neutral pass; every other one must say what leaves the computation as it is.

use std::path::Path;

use serde_json::{Map, Value};

use crate::error::Error;

/// What is known of a file's keys.
pub(super) struct Keys {
    /// Keys whose values are used.
    pub read: &'static [&'static str],
    /// Keys that change nothing here, whatever they say.
    pub neutral: &'static [&'static str],
    /// Keys that change nothing as long as they have this value (in JSON).
    pub defaults: &'static [(&'static str, &'static str)],
}

impl Keys {
    /// The keys of `object` that say something pmtune would pass over, in order.
    pub fn strangers<'a>(&self, object: &'a Map<String, Value>) -> Vec<(&'a str, &'a Value)> {
        let known = |key: &&str| self.read.contains(key) || self.neutral.contains(key);
        let mut strangers: Vec<(&str, &Value)> = object
            .iter()
            .map(|(key, value)| (key.as_str(), value))
            .filter(|(key, value)| !known(key) && !says_nothing(value) && !self.is_default(key, value))
            .collect();
        strangers.sort_by_key(|(key, _)| *key);
        strangers
    }

    fn is_default(&self, key: &str, value: &Value) -> bool {
        let same = |text: &str| match serde_json::from_str::<Value>(text) {
            // 1 and 1.0 are the same number.
            Ok(Value::Number(number)) => number.as_f64() == value.as_f64(),
            Ok(default) => default == *value,
            Err(_) => false,
        };
        self.defaults.iter().any(|(name, default)| *name == key && same(default))
    }
}

/// Null and what is empty.
pub(super) fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(object) => object.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// A key or value from the file, safe and short enough for a message.
pub(super) fn shown(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 60 { text } else { text.chars().take(57).collect::<String>() + "..." }
}

/// That `key` of a model's file says something that pmtune does not run.
pub(super) fn unsupported(path: &Path, key: &str, value: &str) -> Error {
    let key: String = key.chars().take(80).collect();
    let message = format!("{}: `{key}` is {value}, which pmtune does not run", path.display());
    Error::model(message).hint(
        "without it the answers would be another model's. Use another model, or serve this one elsewhere and name it as \
         `openai:URL#model`; a key that only tells of training can be taken out of the file",
    )
}
