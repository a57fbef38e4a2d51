//! One conversation, answered as it is written.

use std::ops::ControlFlow;

use super::engine::Engine;
use super::job::{Job, Outcome, Work};
use super::sampling::Sampling;
use super::writer::Writer;
use crate::error::Result;
use crate::model::{Decoder, Forward, Span};

/// Turns of one conversation. What a new prompt has in common with what was read before is not read again.
pub struct Conversation<'a, M: Forward = Decoder> {
    engine: &'a Engine<M>,
    adapter: Option<usize>,
    cache: M::Cache,
    /// The tokens `cache` holds.
    read: Vec<u32>,
}

impl<'a, M: Forward> Conversation<'a, M> {
    /// A conversation with the engine's model, or with the adapter of that number.
    pub fn new(engine: &'a Engine<M>, adapter: Option<usize>) -> Self {
        Self { engine, adapter, cache: engine.decoder.cache(), read: Vec::new() }
    }

    /// Answers `prompt` (the whole conversation so far, ids up to where the answer begins). `on_text` gets the answer
    /// piece by piece and may break it off.
    pub fn answer(
        &mut self,
        prompt: &[u32],
        sampling: &Sampling,
        on_text: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Outcome> {
        let work = Work::Write(sampling.clone());
        let grammar = self.engine.check(&Job { id: 0, adapter: self.adapter, prompt: prompt.to_vec(), work })?;
        let common = self.read.iter().zip(prompt).take_while(|(a, b)| a == b).count().min(prompt.len() - 1);
        self.read.truncate(common);
        self.engine.decoder.truncate(&mut self.cache, common)?;
        let room = self.engine.decoder.config().context_length - prompt.len();
        let most = sampling.max_tokens.min(room);
        let mut writer = Writer::new(self.engine.chat(), sampling, prompt, most, grammar.as_deref());
        let mut due = prompt[common..].to_vec();
        while writer.finish().is_none() {
            due = rayon::scope(|_| self.feed(&due, &mut writer))?.into_iter().collect(); // on the pool, as `Engine::run`
            if writer.fresh().is_some_and(|piece| on_text(piece).is_break()) {
                break;
            }
        }
        Ok(writer.outcome())
    }

    /// Reads `due` and chooses the token after it; gives it if it is to be fed.
    fn feed(&mut self, due: &[u32], writer: &mut Writer) -> Result<Option<u32>> {
        let decoder = &self.engine.decoder;
        let adapter = self.adapter.and_then(|i| self.engine.adapters.get(i));
        let (mut last, width) = (None, decoder.config().hidden);
        for chunk in due.chunks(self.engine.prompt_rows()) {
            let span = Span { rows: chunk.len(), cache: &mut self.cache, adapter };
            let hidden = decoder.forward(chunk, &mut [span])?;
            self.engine.check_rows(&hidden)?;
            self.read.extend(chunk);
            last = Some(hidden);
        }
        let Some(hidden) = last else { return Ok(None) };
        writer.next(&decoder.logits(&hidden[hidden.len() - width..])?)
    }
}
