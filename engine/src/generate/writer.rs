//! One answer under construction: the tokens chosen so far, their text, and when to stop.

use super::engine::not_finite;
use super::grammar::Grammar;
use super::job::{Finish, Outcome};
use super::sampler::Sampler;
use super::sampling::Sampling;
use crate::chat::{Chat, Streaming};
use crate::error::{Error, Result};

pub(crate) struct Writer {
    sampler: Sampler,
    stop_ids: Vec<u32>,
    stop_strings: Vec<String>,
    /// `None` once closed.
    streaming: Option<Streaming>,
    text: String,
    /// Bytes of `text` that [`Writer::fresh`] has given out.
    given: usize,
    tokens: usize,
    max_tokens: usize,
    finish: Option<Finish>,
    /// Why the answer cannot be written.
    fault: Option<Error>,
}

impl Writer {
    /// Writes after `prompt` at most `max_tokens`, as `grammar` has it if there is one.
    pub fn new(chat: &Chat, sampling: &Sampling, prompt: &[u32], max_tokens: usize, grammar: Option<&Grammar>) -> Self {
        Self {
            sampler: Sampler::new(sampling, prompt, grammar.map(Grammar::start)),
            stop_ids: chat.stop_ids().to_vec(),
            stop_strings: sampling.stop.iter().filter(|s| !s.is_empty()).cloned().collect(),
            streaming: Some(chat.decoder()),
            text: String::new(),
            given: 0,
            tokens: 0,
            max_tokens,
            finish: (max_tokens == 0).then_some(Finish::Length),
            fault: None,
        }
    }

    /// Whether the likeliest token is always the next, to be handed to [`Writer::take`].
    pub fn is_plainly_greedy(&self) -> bool {
        self.sampler.is_plainly_greedy()
    }

    /// Chooses the next token and takes it in. Gives it if it is to be fed to the model, because writing goes on.
    ///
    /// # Errors
    /// A logit is not finite, or the answer cannot go on as it must.
    pub fn next(&mut self, logits: &[f32]) -> Result<Option<u32>> {
        let token = self.sampler.next(logits)?;
        self.take(token)
    }

    /// Takes in the next token, chosen elsewhere, and gives what [`Writer::next`] gives.
    pub fn take(&mut self, token: Option<u32>) -> Result<Option<u32>> {
        token.map(|token| self.add(token)).ok_or_else(not_finite)
    }

    fn add(&mut self, token: u32) -> Option<u32> {
        if self.stop_ids.contains(&token) {
            self.close(Finish::End);
            return None;
        }
        self.tokens += 1;
        let piece = self.streaming.as_mut().map(|s| s.push(token)).unwrap_or_default();
        self.append(&piece);
        if self.finish.is_none() && self.tokens >= self.max_tokens {
            self.close(Finish::Length);
        }
        self.finish.is_none().then_some(token)
    }

    pub fn finish(&self) -> Option<Finish> {
        self.finish
    }

    /// Gives the answer up.
    pub fn fail(&mut self, fault: Error) {
        self.fault = Some(fault);
    }

    /// Why it was given up.
    pub fn fault(&mut self) -> Option<Error> {
        self.fault.take()
    }

    /// The finished answer. A token that ended the turn is not counted.
    pub fn outcome(self) -> Outcome {
        Outcome::Written { text: self.text, tokens: self.tokens, finish: self.finish.unwrap_or(Finish::Length) }
    }

    /// The text that was not given out before and that no stop string can take back any more, if there is any.
    pub fn fresh(&mut self) -> Option<&str> {
        let held = match self.finish {
            Some(_) => 0,
            None => self.stop_strings.iter().map(|stop| overlap(&self.text, stop)).max().unwrap_or(0),
        };
        let fresh = self.text.get(self.given..self.text.len() - held).filter(|fresh| !fresh.is_empty())?;
        self.given += fresh.len();
        Some(fresh)
    }

    /// Takes out what the text decoder still holds back; of an incomplete character nothing is kept.
    fn close(&mut self, finish: Finish) {
        let rest = self.streaming.take().map(Streaming::finish).unwrap_or_default();
        self.append(rest.trim_end_matches('\u{FFFD}'));
        self.finish = self.finish.or(Some(finish));
    }

    fn append(&mut self, piece: &str) {
        // A stop string may have begun in earlier pieces.
        let reach = self.stop_strings.iter().map(String::len).max().unwrap_or(0);
        let from = self.text.floor_char_boundary(self.text.len().saturating_sub(reach));
        self.text.push_str(piece);
        let found = self.stop_strings.iter().filter_map(|stop| self.text[from..].find(stop.as_str())).min();
        if let Some(at) = found {
            self.text.truncate(from + at);
            self.finish = Some(Finish::StopString);
        }
    }
}

/// Bytes at the end of `text` with which `stop` begins.
fn overlap(text: &str, stop: &str) -> usize {
    let starts = stop.char_indices().map(|(i, _)| i).skip(1);
    starts.filter(|&n| text.ends_with(&stop[..n])).max().unwrap_or(0)
}
