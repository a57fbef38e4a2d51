//! Terms that the workspace no longer uses.

use super::finding::texts;
use super::options::Options;
use super::{Code, Finding};
use crate::check::lexicon::{has_term, plain_lower};
use crate::training_data::Example;
use crate::training_data::Severity::Warning;

pub(super) const CODES: &[Code] = &[CODE];
const CODE: Code = Code::new("outdated-term", Warning, "A term that `outdated-terms` in pmtune.yaml has replaced.");

pub(super) fn find(example: &Example, options: &Options<'_>) -> Vec<Finding> {
    let terms = &options.settings.outdated_terms;
    if terms.is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (key, text) in texts(example) {
        let text = plain_lower(text);
        for (old, new) in terms {
            if has_term(&text, plain_lower(old).trim()) {
                let message = format!("`{key}` says \"{old}\", which is outdated");
                let remedy = if new.trim().is_empty() { "say it otherwise".into() } else { format!("write \"{new}\"") };
                found.push(Finding::new(&CODE, &example.place, message, remedy));
            }
        }
    }
    found
}
