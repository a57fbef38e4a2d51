//! Examples for the tests of this module.

use super::{Example, Place};
use std::path::Path;
use std::sync::Arc;

/// An example that stands on line 1 of `<path>.jsonl`.
pub fn example(path: &str, instruction: &str, output: &str) -> Example {
    Example {
        id: None,
        instruction: instruction.to_string(),
        input: String::new(),
        output: output.to_string(),
        tags: Vec::new(),
        source: None,
        place: Place { file: Arc::from(Path::new(&format!("{path}.jsonl"))), line: 1 },
    }
}
