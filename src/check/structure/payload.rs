use super::Document;
use std::borrow::Cow;

/// The data in an answer: what stands in its only fenced code block, or else the whole answer.
pub(super) fn payload(answer: &str) -> Cow<'_, str> {
    match Document::parse(answer).code_blocks() {
        [block] => block.text.clone().into(),
        _ => answer.into(),
    }
}
