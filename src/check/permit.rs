use serde_json::Value;
use std::path::PathBuf;

/// A person's leave to run the program, and what it is told of the case.
#[derive(Debug, Clone, PartialEq)]
pub struct Permit {
    /// The workspace's folder, in which it runs.
    pub folder: PathBuf,
    /// `<suite>/<case>`.
    pub case: String,
    pub variables: Value,
}
