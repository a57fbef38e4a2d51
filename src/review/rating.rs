use crate::check::Criterion;
use crate::run::Record;
use engine::store;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What a reviewer may say of an answer besides its points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flag {
    /// It says something untrue.
    FactualError,
    /// Nobody could use it, whatever its points.
    Unusable,
    /// The better of the two answers shown together.
    Best,
}

impl Flag {
    pub const ALL: [Flag; 3] = [Flag::FactualError, Flag::Unusable, Flag::Best];

    /// The name as written in books and sheets.
    pub fn name(self) -> &'static str {
        match self {
            Flag::FactualError => "factual-error",
            Flag::Unusable => "unusable",
            Flag::Best => "best",
        }
    }
}

/// One reviewer's judgement on one answer as it stood at a moment. The latest one counts; the earlier ones are its
/// history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rating {
    /// `<suite>/<case>`.
    pub case: String,
    pub repeat: u32,
    /// [`answer_hash`] of what was judged: the rating holds for this text to this question, in whichever run it stands.
    pub answer: String,
    /// 1 to 5; a criterion that was not judged yet is absent.
    pub points: BTreeMap<Criterion, u8>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub comment: String,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub flags: BTreeSet<Flag>,
    /// The [`answer_hash`] of the other answer of a pair: either could have been flagged as best of the two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beside: Option<String>,
    /// Every criterion has its points and the reviewer went on. Only done ratings count.
    pub done: bool,
    /// Why a rating that was done was changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    pub at: Timestamp,
}

impl Rating {
    /// Whether the two say the same, apart from when and why.
    pub fn says_the_same(&self, other: &Rating) -> bool {
        let flags = (&self.flags, &self.beside) == (&other.flags, &other.beside);
        flags && (&self.points, &self.comment, self.done) == (&other.points, &other.comment, other.done)
    }
}

/// Hash of a case's question and of the answer's text; `None` for a record without a written answer.
pub fn answer_hash(record: &Record) -> Option<String> {
    let answer = record.outcome.answer()?;
    Some(store::hash_of(&(&record.case, &record.prompt, &answer.text)))
}
