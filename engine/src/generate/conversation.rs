//! One conversation, answered as it is written.

use std::ops::ControlFlow;

use super::engine::Job;
use super::writer::Writer;
use super::{Engine, Outcome, Sampling, Work};
use crate::error::Result;
use crate::model::{Cache, Span, with_slice};

/// Turns of one conversation. What a new prompt has in common with what was read before is not read again.
pub struct Conversation<'a> {
    engine: &'a Engine,
    adapter: Option<usize>,
    cache: Cache,
    /// The tokens `cache` holds.
    read: Vec<u32>,
}

impl<'a> Conversation<'a> {
    pub fn new(engine: &'a Engine, adapter: Option<usize>) -> Self {
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
        self.engine.check(&Job { id: 0, adapter: self.adapter, prompt: prompt.to_vec(), work })?;
        let common = self.read.iter().zip(prompt).take_while(|(a, b)| a == b).count().min(prompt.len() - 1);
        self.read.truncate(common);
        self.cache.truncate(common);
        let room = self.engine.decoder.config().context_length - prompt.len();
        let mut writer = Writer::new(self.engine.chat(), sampling, prompt, sampling.max_tokens.min(room));
        let (mut due, mut shown) = (prompt[common..].to_vec(), 0);
        while writer.finish().is_none() {
            due = rayon::scope(|_| self.feed(&due, &mut writer))?.into_iter().collect(); // on the pool, as `Engine::run`
            let text = writer.settled();
            if text.len() > shown {
                let piece = text[shown..].to_string();
                shown = text.len();
                if on_text(&piece).is_break() {
                    break;
                }
            }
        }
        Ok(writer.outcome())
    }

    /// Reads `due` and chooses the token after it; gives it if it is to be fed.
    fn feed(&mut self, due: &[u32], writer: &mut Writer) -> Result<Option<u32>> {
        let decoder = &self.engine.decoder;
        let adapter = self.adapter.and_then(|i| self.engine.adapters.get(i));
        let mut last = None;
        for chunk in due.chunks(self.engine.prompt_rows()) {
            let span = Span { rows: chunk.len(), cache: &mut self.cache, adapter };
            let hidden = decoder.forward(chunk, &mut [span])?;
            self.read.extend(chunk);
            last = Some(hidden.narrow(0, chunk.len() - 1, 1)?);
        }
        let Some(hidden) = last else { return Ok(None) };
        with_slice(&decoder.logits(&hidden)?, |logits| Ok(writer.next(logits)))
    }
}
