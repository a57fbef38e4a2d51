//! Lines that are no example, and keys that no one reads.

use super::{Code, Finding};
use crate::training_data::Place;
use crate::training_data::Severity::{Error, Note};
use crate::training_data::line::Broken;
use crate::yaml::did_you_mean;

pub(super) const CODES: &[Code] = &[
    Code::new("not-json", Error, "The line is not a JSON object; no tool can train on it."),
    Code::new(
        "missing-key",
        Error,
        "An example has the keys instruction and output, and mostly input; or it has messages.",
    ),
    Code::new("wrong-type", Error, "A key holds something other than text (tags: a list of texts)."),
    Code::new(
        "duplicate-key",
        Error,
        "A key stands twice in one line, or two keys give the same; which of the two counts is anyone's guess.",
    ),
    UNKNOWN_KEY,
];

const UNKNOWN_KEY: Code = Code::new("unknown-key", Note, "A key that nothing reads; often a misspelt one.");

const KNOWN: [&str; 7] = ["instruction", "input", "output", "id", "tags", "source", "system"];

pub(super) fn broken(place: &Place, broken: &Broken) -> Finding {
    let message = match broken.column {
        1 => broken.message.clone(),
        column => format!("{} (column {column})", broken.message),
    };
    let code = super::codes().into_iter().find(|code| code.name == broken.code).unwrap_or(&UNKNOWN_KEY);
    Finding::new(code, place, message, &broken.remedy)
}

pub(super) fn unknown(place: &Place, key: &str) -> Finding {
    let remedy = did_you_mean(key, KNOWN).unwrap_or_else(|| "remove it, or put what it says into `tags`".into());
    Finding::new(&UNKNOWN_KEY, place, format!("nothing reads the key `{key}`"), remedy)
}
