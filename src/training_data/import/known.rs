//! What is among the examples or waits already.

use crate::training_data::add::words;
use crate::training_data::{Conversation, Entry};
use std::collections::HashMap;

/// Questions and answers that there are, each with where it is.
#[derive(Debug, Default)]
pub struct Known {
    asked: HashMap<String, String>,
    answers: HashMap<String, String>,
}

impl Known {
    pub fn new(waiting: &[Entry], examples: &[Conversation]) -> Self {
        let mut known = Self::default();
        for example in examples.iter().flat_map(Conversation::exchanges) {
            let place = example.place.to_string();
            known.asked.insert(words(&example.prompt()), place.clone());
            known.answers.insert(words(&example.output), place);
        }
        for entry in waiting {
            let place = format!("entry {} of the inbox", entry.number);
            let captured = &entry.captured;
            known.asked.insert(words(captured.question()), place.clone());
            for answer in captured.corrected.iter().chain([&captured.answer]) {
                known.answers.insert(words(answer), place.clone());
            }
        }
        known
    }

    /// Why there is no need of another draft; else it is known from now on as the one of the document `at`.
    pub(super) fn twin(&mut self, at: &str, prompt: &str, output: &str) -> Option<(String, &'static str)> {
        let (asked, answer) = (words(prompt), words(output));
        if let Some(place) = self.answers.get(&answer) {
            return Some((format!("{place} has the same text"), "nothing is to be done"));
        }
        if let Some(place) = self.asked.get(&asked) {
            let reason = format!("{place} has another text under the same title");
            return Some((reason, "reject or remove that one first if this one is better"));
        }
        self.asked.insert(asked, at.to_string());
        self.answers.insert(answer, at.to_string());
        None
    }
}
