//! Files that lie among the training data and that nothing reads.

use super::{Code, Finding};
use crate::training_data::Place;
use crate::training_data::Severity::Warning;
use crate::training_data::listing::Unread;
use std::sync::Arc;

pub(super) const CODES: &[Code] = &[CODE];
const CODE: Code =
    Code::new("not-read", Warning, "A file among the training data that is no .jsonl; nothing reads it.");

pub(super) fn find(unread: &[Unread]) -> Vec<Finding> {
    let found = unread.iter().map(|Unread { path, remedy }| {
        let place = Place { file: Arc::from(path.as_path()), line: 1 };
        Finding::new(&CODE, &place, "nothing reads this file", *remedy)
    });
    found.collect()
}
