//! Text as it is generated, token by token.

use std::sync::Arc;

use tokenizers::Tokenizer as Inner;

/// Turns ids into text piece by piece. A token may hold part of a character, or a space that only its successor decides
/// about, so text is given out once it can no longer change. All pieces together are what decoding all ids at once gives.
pub struct Streaming {
    tokenizer: Arc<Inner>,
    /// Ids that still matter: those of the last piece given out, then those held back.
    ids: Vec<u32>,
    /// How many of `ids` have been given out.
    given: usize,
    /// Bytes of text that the given ones decode to.
    given_bytes: usize,
}

impl Streaming {
    pub(super) fn new(tokenizer: Arc<Inner>) -> Self {
        Self { tokenizer, ids: Vec::new(), given: 0, given_bytes: 0 }
    }

    /// Takes the next id and gives the text that became certain, often empty.
    pub fn push(&mut self, id: u32) -> String {
        self.ids.push(id);
        let text = self.decode(&self.ids);
        // U+FFFD at the end is most likely a character whose other bytes are still to come.
        if text.len() <= self.given_bytes || text.ends_with('\u{FFFD}') {
            return String::new();
        }
        let fresh = text.get(self.given_bytes..).unwrap_or_default().to_string();
        // The ids before this piece no longer matter, but those of the piece do: some tokenizers strip a leading space,
        // which must not happen to the next piece.
        self.ids.drain(..self.given);
        self.given = self.ids.len();
        self.given_bytes = self.decode(&self.ids).len();
        fresh
    }

    /// What was held back, incomplete characters as U+FFFD.
    pub fn finish(self) -> String {
        self.decode(&self.ids).get(self.given_bytes..).unwrap_or_default().to_string()
    }

    fn decode(&self, ids: &[u32]) -> String {
        // Decoding fails for no id: unknown ones are left out.
        self.tokenizer.decode(ids, true).unwrap_or_default()
    }
}
