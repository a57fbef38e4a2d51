use crate::training_data::Severity;
use crate::training_data::{Example, Place};
use serde::Serialize;
use std::path::PathBuf;

/// A sort of finding.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// As `pmtune.yaml` names it: `near-duplicate`.
    pub name: &'static str,
    /// Unless the workspace says otherwise.
    pub severity: Severity,
    /// What it is and why it matters.
    pub about: &'static str,
}

impl Code {
    pub(super) const fn new(name: &'static str, severity: Severity, about: &'static str) -> Self {
        Self { name, severity, about }
    }
}

/// A fault of training data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub file: PathBuf,
    /// From 1.
    pub line: usize,
    pub code: &'static str,
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub remedy: String,
    /// Whether `--fix` mends it.
    pub fixable: bool,
}

impl Finding {
    pub(super) fn new(code: &Code, place: &Place, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            file: place.file.to_path_buf(),
            line: place.line,
            code: code.name,
            severity: code.severity,
            message: message.into(),
            remedy: remedy.into(),
            fixable: false,
        }
    }

    pub(super) fn fixable(self, fixable: bool) -> Self {
        Self { fixable, ..self }
    }
}

/// The texts of an example with the names of their keys.
pub(super) fn texts(example: &Example) -> [(&'static str, &str); 3] {
    [("instruction", &example.instruction), ("input", &example.input), ("output", &example.output)]
}
