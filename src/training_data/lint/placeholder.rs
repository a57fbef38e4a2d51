//! Something left to fill in.

use super::finding::texts;
use super::prose::without_code;
use super::{Code, Finding};
use crate::check::Lexicon;
use crate::check::quality::placeholders::placeholders;
use crate::check::quality::prose::{enumerate, pattern, quote};
use crate::training_data::Example;
use crate::training_data::Severity::Error;
use regex::Regex;
use std::sync::LazyLock;

pub(super) const CODES: &[Code] = &[CODE];
const CODE: Code =
    Code::new("placeholder", Error, "Something was left to fill in: [Your name], TBD, XX%, lorem ipsum.");

/// The parameter of an address: `/orders/{order_id}`.
static PARAMETER: LazyLock<Regex> = LazyLock::new(|| pattern(r"/\{[A-Za-z_]+\}"));

pub(super) fn find(example: &Example, lexicon: &Lexicon) -> Vec<Finding> {
    let mut found = Vec::new();
    for (key, text) in texts(example) {
        let text = without_code(text);
        let text = if text.contains("/{") { PARAMETER.replace_all(&text, "/ ") } else { text.as_ref().into() };
        let left = placeholders(&text, lexicon);
        if !left.is_empty() {
            let shown: Vec<String> = left.iter().take(3).map(|p| quote(p)).collect();
            let message = format!("`{key}` has something left to fill in: {}", enumerate(&shown));
            found.push(Finding::new(&CODE, &example.place, message, "write a real name, date or number"));
        }
    }
    found
}
