//! A model that answers, and what it can be asked.

use std::sync::{Arc, OnceLock};

use super::grammar::{Grammar, Grammars};
use super::job::{Job, Limits, Work};
use crate::chat::Chat;
use crate::error::{Error, Result};
use crate::model::{Decoder, Forward, all_finite};

/// A decoder with its tokenizer and the adapters that share it.
pub struct Engine<M: Forward = Decoder> {
    pub(super) decoder: Arc<M>,
    pub(super) chat: Arc<Chat>,
    pub(super) adapters: Vec<M::Adapter>,
    pub(super) limits: Limits,
    grammars: OnceLock<Grammars>,
}

impl<M: Forward> Engine<M> {
    /// An engine with the default limits.
    pub fn new(decoder: Arc<M>, chat: Arc<Chat>, adapters: Vec<M::Adapter>) -> Self {
        Self { decoder, chat, adapters, limits: Limits::default(), grammars: OnceLock::new() }
    }

    /// The same with other limits.
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// The model's tokenizer and template.
    pub fn chat(&self) -> &Arc<Chat> {
        &self.chat
    }

    /// Prompt tokens to feed at once.
    pub(super) fn prompt_rows(&self) -> usize {
        self.limits.prompt_rows.max(1)
    }

    /// Refuses the hidden states of some rows where one is not finite.
    pub(super) fn check_rows(&self, rows: &[f32]) -> Result<()> {
        if all_finite(rows) { Ok(()) } else { Err(not_finite()) }
    }

    /// Whether a job can be done at all, and the grammar of its answer if there is one.
    pub(super) fn check(&self, job: &Job) -> Result<Option<Arc<Grammar>>> {
        let context = self.decoder.config().context_length;
        if job.prompt.is_empty() {
            return Err(Error::input("the prompt is empty").hint("give the case a prompt"));
        }
        if job.adapter.is_some_and(|index| index >= self.adapters.len()) {
            return Err(Error::model("the job names an adapter that was not loaded"));
        }
        let next: &[u32] = match &job.work {
            Work::Write(_) => &[],
            Work::Score(next) => next,
        };
        self.chat.check_tokens(self.decoder.config().vocab, job.prompt.iter().chain(next))?;
        match &job.work {
            Work::Write(_) if job.prompt.len() >= context => Err(Error::input(format!(
                "the prompt is {} tokens long, but the model's context holds {context}",
                job.prompt.len()
            ))
            .hint(
                "shorten the prompt, the system prompt or the examples before it, or use a model with a longer context",
            )),
            Work::Score(next) if job.prompt.len() + next.len() > context => Err(Error::input(format!(
                "prompt and text to score are {} and {} tokens long, but the model's context holds {context}",
                job.prompt.len(),
                next.len()
            ))
            .hint("shorten the prompt or the text, or use a model with a longer context")),
            Work::Write(sampling) => sampling.json.schema().map(|schema| self.grammars()?.get(&schema)).transpose(),
            Work::Score(_) => Ok(None),
        }
    }

    /// Made at the first use.
    fn grammars(&self) -> Result<&Grammars> {
        if let Some(grammars) = self.grammars.get() {
            return Ok(grammars);
        }
        let made = Grammars::new(&self.chat)?;
        Ok(self.grammars.get_or_init(|| made))
    }
}

/// That a number on the way to an answer is NaN or infinite.
pub(super) fn not_finite() -> Error {
    Error::model("the model's computation gave a number that is not finite (NaN or infinite)").hint(
        "a weight of the base or of the version's adapter is damaged or far too large: `pmtune models verify` tells a \
         damaged file; else download the base again, or train the version again at a lower learning rate",
    )
}
