use engine::store;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The format of sheets and keys that this program writes.
pub(super) const FORMAT: u32 = 1;

/// What one reviewer is to read, in their own order, with nothing that tells which version wrote what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sheet {
    pub format: u32,
    /// Hash of the content; a sheet that was altered no longer has it.
    pub id: String,
    pub reviewer: String,
    pub items: Vec<Item>,
}

impl Sheet {
    pub(super) fn new(reviewer: &str, items: Vec<Item>) -> Self {
        let id = content_hash(reviewer, &items);
        Self { format: FORMAT, id, reviewer: reviewer.to_string(), items }
    }

    /// Whether it is as it was made.
    pub(super) fn is_whole(&self) -> bool {
        self.id == content_hash(&self.reviewer, &self.items)
    }

    /// Every answer with the item it belongs to, in order.
    pub fn answers(&self) -> impl Iterator<Item = (&Item, &Text)> {
        self.items.iter().flat_map(|item| item.answers.iter().map(move |answer| (item, answer)))
    }
}

/// Sixteen digits tell sheets apart, and a person can still compare them.
fn content_hash(reviewer: &str, items: &[Item]) -> String {
    let mut hash = store::hash_of(&(FORMAT, reviewer, items));
    hash.truncate(16);
    hash
}

/// One question with its answer, or with its two answers in random position.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// The place in the sheet, from 1.
    pub number: usize,
    pub category: String,
    pub prompt: String,
    /// The answer a person would give, where the suite has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// One, or two shown side by side.
    pub answers: Vec<Text>,
}

/// One answer of an item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Text {
    /// `7a`: the item's number and the position.
    pub id: String,
    pub text: String,
}

/// Where the answers of a sheet come from; it never leaves the workspace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Key {
    pub format: u32,
    /// The sheet's.
    pub id: String,
    pub reviewer: String,
    /// Run ids.
    pub runs: Vec<String>,
    /// By the answer's id.
    pub origins: BTreeMap<String, Origin>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    /// Index into [`Key::runs`].
    pub run: usize,
    pub case: String,
    pub repeat: u32,
    /// [`answer_hash`](super::answer_hash).
    pub answer: String,
}
