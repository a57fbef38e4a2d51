//! Phrases that say nothing.

use super::{Code, Finding};
use crate::check::quality::prose::{enumerate, pattern};
use crate::training_data::Example;
use crate::training_data::Severity::Warning;
use regex::Regex;
use std::sync::LazyLock;

pub(super) const CODES: &[Code] = &[CODE];
const CODE: Code = Code::new("filler", Warning, "A phrase that would fit any product; the model learns to write it.");

/// Phrases that carry nothing, or that only a chatbot writes; a blank stands for a hyphen, too.
const PHRASES: &[&str] = &[
    "in today's fast paced",
    "in today's digital",
    "in today's competitive",
    "in today's world",
    "in this day and age",
    "in an ever changing",
    "ever evolving landscape",
    "ever changing landscape",
    "it is important to note that",
    "it's important to note that",
    "it is worth noting that",
    "it's worth noting that",
    "it goes without saying",
    "needless to say",
    "when all is said and done",
    "game changer",
    "game changing",
    "cutting edge",
    "state of the art solution",
    "best in class",
    "world class",
    "take it to the next level",
    "take your business to the next level",
    "unlock the full potential",
    "unlock the power",
    "unleash the power",
    "harness the power",
    "leverage synergies",
    "synergistic",
    "paradigm shift",
    "delve into",
    "embark on a journey",
    "a testament to",
    "rich tapestry",
    "seamless and intuitive",
    "robust and scalable",
    "user friendly and intuitive",
    "intuitive and user friendly",
    "and much more",
    "the possibilities are endless",
    "as an ai language model",
    "as a large language model",
    "as an ai assistant",
    "i hope this helps",
    "i hope this email finds you well",
    "feel free to reach out if",
    "please let me know if you need anything else",
    "certainly! here",
    "sure! here",
    "of course! here",
    "absolutely! here",
];

/// All phrases in one pattern: one pass over the text, however many there are.
static ANY: LazyLock<Regex> = LazyLock::new(|| {
    let phrases: Vec<String> =
        PHRASES.iter().map(|phrase| regex::escape(phrase).replace(' ', "[- ]").replace('\'', "['’]")).collect();
    pattern(&format!(r"(?i)\b(?:{})\b", phrases.join("|")))
});

pub(super) fn find(example: &Example) -> Vec<Finding> {
    let shown: Vec<String> = ANY
        .find_iter(&example.output)
        .take(3)
        .map(|phrase| format!("\"{}\"", phrase.as_str().to_lowercase()))
        .collect();
    if shown.is_empty() {
        return Vec::new();
    }
    let message = format!("`output` says nothing with {}", enumerate(&shown));
    vec![Finding::new(&CODE, &example.place, message, "say what is true of this product alone, or leave it out")]
}
