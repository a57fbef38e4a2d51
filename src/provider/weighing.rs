//! What it means to weigh texts, whoever computes it.

use super::{Likelihood, Task};
use engine::chat::{Message, Role};

/// What stands in the place of a question that is not told.
const UNASKED: &str = "Answer the question.";

/// The texts that a task weighs, and whether something is written too.
pub(super) fn weighed(task: &Task) -> (&[String], bool) {
    match task {
        Task::Write { weighed } => (weighed, true),
        Task::Weigh { texts } | Task::Choose { choices: texts } => (texts, false),
    }
}

/// The conversation with its last question left untold. What stands before it (a system prompt, worked examples) belongs
/// to the version and stays.
pub(super) fn unasked(messages: &[Message]) -> Vec<Message> {
    let before = &messages[..messages.len().saturating_sub(1)];
    before.iter().cloned().chain([Message::new(Role::User, UNASKED)]).collect()
}

/// The text to which the question adds most; the first of equals.
pub(super) fn likeliest(texts: &[Likelihood]) -> String {
    let mut best: Option<&Likelihood> = None;
    for text in texts {
        if best.is_none_or(|best| text.rank() > best.rank()) {
            best = Some(text);
        }
    }
    best.map(|text| text.text.clone()).unwrap_or_default()
}

/// Mean negative log-likelihood per token of the reference, which stands first beside an answer that is written.
pub(super) fn reference_nll(texts: &[Likelihood], writes: bool) -> Option<f64> {
    let reference = texts.first().filter(|_| writes)?;
    Some(-reference.log_prob / reference.tokens.max(1) as f64)
}
