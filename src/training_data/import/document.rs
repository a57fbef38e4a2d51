//! What readers make of a file.

use crate::words::{count, list};
use serde::Serialize;
use std::collections::BTreeMap;

/// A document, or a row of a table, as it stands in its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The file's name, and the line of a row: `backlog.csv:12`.
    pub at: String,
    /// It is one row of several.
    pub is_row: bool,
    pub title: String,
    /// What else is told of it, each under its name: type, priority, labels.
    pub context: Vec<(String, String)>,
    /// In Markdown.
    pub text: String,
    pub lost: Lost,
}

/// What a file holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Opened {
    pub documents: Vec<Document>,
    pub passed: Vec<Passed>,
    /// What was guessed, or passed over of the whole file; in sentences.
    pub notes: Vec<String>,
}

/// A document or row of which no draft is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Passed {
    #[serde(rename = "document")]
    pub at: String,
    pub why: Why,
    /// In a sentence.
    pub reason: String,
    pub remedy: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// It waits already, or is an example already.
    Known,
    /// It has nothing to learn, or cannot be read.
    Unfit,
    /// It must not be learnt: a secret, a test case.
    Refused,
}

impl Passed {
    pub(super) fn new(at: &str, why: Why, reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { at: at.into(), why, reason: reason.into(), remedy: remedy.into() }
    }
}

/// What a document holds and its draft does not, counted by what it is called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lost(BTreeMap<&'static str, usize>);

impl Lost {
    pub(super) fn add(&mut self, noun: &'static str, how_many: usize) {
        if how_many > 0 {
            *self.0.entry(noun).or_default() += how_many;
        }
    }

    /// `left out: 1 comment and 2 images`; `None` where nothing was.
    pub fn sentence(&self) -> Option<String> {
        let all: Vec<String> = self.0.iter().map(|(noun, how_many)| count(*how_many, noun)).collect();
        (!all.is_empty()).then(|| format!("left out: {}", list(&all)))
    }
}
