//! Text to token ids and back.

use std::sync::Arc;

use tokenizers::Tokenizer as Inner;

use super::guard;
use super::spelling::Spelling;
use super::streaming::Streaming;
use super::vocabulary::Vocabulary;
use crate::error::{Error, Result};

/// A model's tokenizer, with the list of its control tokens.
#[derive(Clone)]
pub struct Tokenizer {
    inner: Arc<Inner>,
    /// Texts of the control tokens, those a template writes and typed text must not become.
    control: Vec<String>,
    id_count: usize,
    /// A control token that leaves the text after it alone; what follows it is encoded as inside a conversation.
    anchor: Option<(String, u32)>,
    spelling: Spelling,
}

impl Tokenizer {
    /// Builds the tokenizer that the lists of a GGUF file describe.
    ///
    /// # Errors
    /// The lists lack something, or name a pre-tokenizer that is not known.
    pub fn from_vocabulary(vocabulary: &Vocabulary) -> Result<Self> {
        Ok(Self::new(vocabulary.build()?))
    }

    /// From the content of a `tokenizer.json`.
    pub fn from_json(bytes: &[u8]) -> Result<Self> {
        Ok(Self::new(super::json::build(bytes)?))
    }

    fn new(inner: Inner) -> Self {
        let mut special: Vec<_> =
            inner.get_added_tokens_decoder().into_iter().filter(|(_, token)| token.special).collect();
        special.sort_unstable_by_key(|(id, _)| *id);
        let anchor = special.iter().find(|(_, token)| !token.rstrip && !token.lstrip && !token.single_word);
        let anchor = anchor.map(|(id, token)| (token.content.clone(), *id));
        let control = special.into_iter().map(|(_, token)| token.content).collect();
        let id_count = inner.get_vocab(true).into_values().max().map_or(0, |id| id as usize + 1);
        let spelling = Spelling::of(inner.get_decoder());
        Self { inner: Arc::new(inner), control, id_count, anchor, spelling }
    }

    /// Ids of `text`, in which control tokens are recognised; none is added at either end.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        // `false`: whether a conversation begins with BOS is the template's business.
        let encoding = self
            .inner
            .encode_fast(text, false)
            .map_err(|e| Error::model("the text cannot be tokenized").caused_by(e))?;
        Ok(encoding.get_ids().to_vec())
    }

    /// Ids of `text` as typed: look-alikes of control tokens are plain characters. Encoded as inside a conversation,
    /// right after a control token.
    pub fn encode_plain(&self, text: &str) -> Result<Vec<u32>> {
        let marked = guard::mark(text, &self.control)?;
        if let Some((anchor, id)) = &self.anchor {
            let ids = self.encode(&format!("{anchor}{marked}"))?;
            if let Some((first, rest)) = ids.split_first()
                && first == id
            {
                return Ok(rest.to_vec());
            }
        }
        self.encode(&marked)
    }

    /// Text of `ids`, control tokens left out and broken UTF-8 as U+FFFD.
    pub fn decode(&self, ids: &[u32]) -> Result<String> {
        self.inner.decode(ids, true).map_err(|e| Error::model("the tokens cannot be turned into text").caused_by(e))
    }

    /// Turns ids into text while they come.
    pub fn streaming(&self) -> Streaming {
        Streaming::new(self.inner.clone())
    }

    /// As a `tokenizer.json`.
    pub(super) fn to_json(&self) -> Result<String> {
        self.inner.to_string(true).map_err(|e| Error::model("the tokenizer cannot be written").caused_by(e))
    }

    pub(super) fn control(&self) -> &[String] {
        &self.control
    }

    /// The id of a token by its exact text.
    pub fn id(&self, token: &str) -> Option<u32> {
        self.inner.token_to_id(token)
    }

    /// One more than the highest id.
    pub(super) fn id_count(&self) -> usize {
        self.id_count
    }

    /// The first word whose id is `vocab` or more, tokens that were added to the vocabulary aside.
    pub(super) fn word_from(&self, vocab: usize) -> Option<(u32, String)> {
        if self.id_count <= vocab {
            return None;
        }
        let added = self.inner.get_added_tokens_decoder();
        let words = self.inner.get_vocab(false).into_iter().map(|(word, id)| (id, word));
        words.filter(|(id, _)| *id as usize >= vocab && !added.contains_key(id)).min()
    }

    /// The bytes that each id stands for in a text; nothing for control tokens and for ids without a word. `None` where the
    /// tokenizer writes a word otherwise beside other words.
    pub(super) fn all_bytes(&self) -> Option<Vec<Vec<u8>>> {
        let mut all = vec![Vec::new(); self.id_count];
        for (word, id) in self.inner.get_vocab(true) {
            if !self.control.contains(&word) {
                all[id as usize] = self.spelling.bytes(&word)?;
            }
        }
        (self.spelling != Spelling::Unknown).then_some(all)
    }

    /// One token for the eye: its text, with `\xE4` for a byte that is not a whole character; empty for an unknown id.
    pub fn token_text(&self, id: u32) -> String {
        let Some(raw) = self.inner.id_to_token(id) else { return String::new() };
        if self.control.contains(&raw) {
            return raw;
        }
        let bytes = self.spelling.bytes(&raw).unwrap_or_else(|| raw.into_bytes());
        bytes.utf8_chunks().fold(String::new(), |mut text, chunk| {
            text.push_str(chunk.valid());
            chunk.invalid().iter().for_each(|byte| text.push_str(&format!("\\x{byte:02X}")));
            text
        })
    }
}
