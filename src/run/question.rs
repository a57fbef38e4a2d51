//! What is asked, and how it is judged, as one hash: of a plan, and of the records that answer it.

use super::Record;
use crate::suite::Split;
use engine::store;
use serde::Serialize;

/// All of a record but what came of it.
#[derive(Debug, Serialize)]
pub(super) struct Question<'a> {
    pub case: &'a str,
    pub repeat: u32,
    pub category: &'a str,
    pub split: Split,
    pub weight: f64,
    pub cluster: &'a Option<String>,
    pub tags: &'a [String],
    pub require: Option<f64>,
    pub prompt: &'a str,
    pub reference: &'a Option<String>,
    pub answer_key: &'a str,
    pub judge_hash: &'a str,
    pub version: Option<&'a str>,
}

impl<'a> Question<'a> {
    pub fn of_record(record: &'a Record) -> Self {
        Self {
            case: &record.case,
            repeat: record.repeat,
            category: &record.category,
            split: record.split,
            weight: record.weight,
            cluster: &record.cluster,
            tags: &record.tags,
            require: record.require,
            prompt: &record.prompt,
            reference: &record.reference,
            answer_key: &record.answer_key,
            judge_hash: &record.judge_hash,
            version: record.version.as_deref(),
        }
    }
}

/// The hash of a whole plan, or of the records that answer it in its order.
pub(super) fn part_hash<'a>(questions: impl Iterator<Item = Question<'a>>) -> String {
    let each: Vec<String> = questions.map(|question| store::hash_of(&question)).collect();
    store::hash_of(&each)
}
