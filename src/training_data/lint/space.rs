//! Blanks at line ends, and blank lines at a text's end.

use super::finding::texts;
use super::{Code, Finding};
use crate::training_data::Example;
use crate::training_data::Severity::Warning;

pub(super) const CODES: &[Code] = &[CODE];
pub(super) const CODE: Code =
    Code::new("trailing-space", Warning, "Blanks at a line's or text's end, which the model would learn to write.");

pub(super) fn mend(text: &str) -> String {
    let lines: Vec<&str> = text.split('\n').map(str::trim_end).collect();
    lines.join("\n").trim_end().to_string()
}

pub(super) fn find(example: &Example) -> Vec<Finding> {
    let mut found = Vec::new();
    for (key, text) in texts(example) {
        let lines = text.split('\n').filter(|line| line.ends_with([' ', '\t'])).count();
        let message = match lines {
            _ if text.trim().is_empty() => continue,
            0 if text.ends_with('\n') => format!("`{key}` ends in an empty line"),
            0 => continue,
            1 => format!("`{key}` has a line that ends in blanks"),
            n => format!("`{key}` has {n} lines that end in blanks"),
        };
        found.push(Finding::new(&CODE, &example.place, message, "remove the blanks").fixable(true));
    }
    found
}
