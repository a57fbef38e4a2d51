//! Conversations as token ids: what is read, and what of it is taught.

use crate::chat::{Chat, Message, Role};
use crate::error::{Error, Result};
use crate::training_data::{Conversation, Place};
use rayon::prelude::*;

/// One conversation as the model reads it, and what of it is taught.
#[derive(Debug, Clone, PartialEq)]
pub struct Sequence {
    pub tokens: Vec<u32>,
    /// As long as `tokens`: whether the model is taught to write this token after those before it. Never the first.
    pub supervised: Vec<bool>,
    pub place: Place,
}

impl Sequence {
    /// How many tokens are taught.
    pub fn taught(&self) -> usize {
        self.supervised.iter().filter(|s| **s).count()
    }

    fn empty(place: Place) -> Self {
        Self { tokens: Vec::new(), supervised: Vec::new(), place }
    }

    /// Reads up to `prompt`, which begins with what was read before, and teaches `answer` with its end.
    fn extend(&mut self, prompt: Vec<u32>, answer: &[u32], end_of_turn: u32) {
        self.tokens = prompt;
        self.supervised.resize(self.tokens.len(), false);
        self.tokens.extend(answer);
        self.tokens.push(end_of_turn);
        self.supervised.resize(self.tokens.len(), true);
    }
}

/// What the model reads and is taught of `conversations`, in their order. `system` is the version's system prompt; a
/// conversation's own comes before it.
///
/// Every prompt is the very ids that generation reads ([`Chat::prompt_ids`]); taught are the answers
/// ([`Chat::answer_ids`]) and the token that ends each. A conversation of several turns is one sequence as long as the
/// ids of each prompt begin with all before it. Some templates change earlier turns (they trim an answer, or drop its
/// reasoning): what follows then begins a sequence of its own, in which only the later answers are taught.
///
/// # Errors
/// Gathers every conversation that the template or the tokenizer refuses, with its place.
pub fn sequences(chat: &Chat, system: Option<&str>, conversations: &[Conversation]) -> Result<Vec<Sequence>> {
    let made: Vec<Result<Vec<Sequence>>> =
        conversations.par_iter().map(|conversation| of_one(chat, system, conversation)).collect();
    let (mut all, mut faults) = (Vec::with_capacity(made.len()), Vec::new());
    for (made, conversation) in made.into_iter().zip(conversations) {
        match made {
            Ok(made) => all.extend(made),
            Err(error) => {
                faults.push(Error { message: format!("{}: {}", conversation.place(), error.message), ..error });
            }
        }
    }
    Error::gather(faults).map_or(Ok(all), Err)
}

fn of_one(chat: &Chat, system: Option<&str>, conversation: &Conversation) -> Result<Vec<Sequence>> {
    let system = conversation.system.as_deref().or(system);
    let mut messages: Vec<Message> = system.into_iter().map(|text| Message::new(Role::System, text)).collect();
    let (mut done, mut current) = (Vec::new(), Sequence::empty(conversation.place().clone()));
    for exchange in conversation.exchanges() {
        messages.push(Message::new(Role::User, exchange.prompt()));
        let prompt = chat.prompt_ids(&messages)?;
        if !prompt.starts_with(&current.tokens) {
            done.push(std::mem::replace(&mut current, Sequence::empty(conversation.place().clone())));
        }
        current.extend(prompt, &chat.answer_ids(&exchange.output)?, chat.end_of_turn());
        messages.push(Message::new(Role::Assistant, &exchange.output));
    }
    done.push(current);
    // A template may write nothing before an answer; nothing can be foretold from nothing.
    for first in done.iter_mut().filter_map(|sequence| sequence.supervised.first_mut()) {
        *first = false;
    }
    Ok(done)
}
