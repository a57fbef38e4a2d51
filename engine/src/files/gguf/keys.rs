//! Metadata by key, typed, and the rule that none is passed over.

use std::path::Path;

use super::header::Header;
use crate::error::{Error, Result};
use crate::files::keys::unsupported;

/// Keys behind the architecture's name that `config` reads.
const READ: &[&str] = &[
    "context_length",
    "embedding_length",
    "block_count",
    "feed_forward_length",
    "attention.head_count",
    "attention.head_count_kv",
    "attention.key_length",
    "attention.value_length",
    "attention.layer_norm_rms_epsilon",
    "attention.sliding_window",
    "rope.dimension_count",
    "rope.freq_base",
    "rope.scale_linear",
    "rope.scaling.type",
    "rope.scaling.factor",
    "rope.scaling.attn_factor",
    "rope.scaling.original_context_length",
];

/// Keys that change nothing in these families, whatever they say; llama.cpp reads none of them for the computation.
const NEUTRAL: &[&str] = &[
    // The embedding's rows and the tokenizer's list count.
    "vocab_size",
    // The norms are RMSNorm, which has an epsilon of its own.
    "attention.layer_norm_epsilon",
];

/// Tokenizer keys by what they must hold; llama.cpp refuses others, and passed over they would change the tokens.
const TOKENIZER_IDS: &[&str] = &["bos_token_id", "eos_token_id", "eot_token_id", "eom_token_id"];

/// The metadata of one file.
pub(super) struct Keys<'a> {
    pub header: &'a Header,
    /// The file, for messages.
    pub path: &'a Path,
    pub architecture: &'a str,
}

impl Keys<'_> {
    pub fn name(&self, key: &str) -> String {
        format!("{}.{key}", self.architecture)
    }

    /// `None` when the key is absent; an error when it is there and no number.
    pub fn float(&self, key: &str) -> Result<Option<f64>> {
        self.typed(&self.name(key), "a number", |header, name| header.float(name))
    }

    pub fn text(&self, key: &str) -> Result<Option<String>> {
        self.typed(&self.name(key), "a text", |header, name| header.text(name).map(str::to_string))
    }

    pub fn size(&self, key: &str) -> Result<usize> {
        self.optional_size(key)?.ok_or_else(|| self.error(&format!("it has no `{}`", self.name(key))))
    }

    /// `None` when the key is absent; an error when it is there and not a size.
    pub fn optional_size(&self, key: &str) -> Result<Option<usize>> {
        self.typed(&self.name(key), "a size", |header, name| header.integer(name).and_then(|n| usize::try_from(n).ok()))
    }

    /// One number, or one for each of `layers` as long as all are the same; `file` is what was parsed.
    pub fn same_size(&self, key: &str, layers: usize, file: &[u8]) -> Result<Option<usize>> {
        let name = self.name(key);
        let Some(each) = self.header.integers(file, &name) else { return self.optional_size(key) };
        let first = each.first().copied().unwrap_or(0);
        if each.len() != layers || each.iter().any(|size| *size != first) {
            return Err(self.error(&format!("`{name}` differs from layer to layer, which pmtune does not run")));
        }
        let size = usize::try_from(first).map_err(|_| self.error(&format!("`{name}` is negative")))?;
        Ok(Some(size))
    }

    fn typed<T>(&self, name: &str, wanted: &str, get: impl Fn(&Header, &str) -> Option<T>) -> Result<Option<T>> {
        if !self.header.contains(name) {
            return Ok(None);
        }
        let value = get(self.header, name);
        value.map(Some).ok_or_else(|| self.error(&format!("`{name}` is {}, not {wanted}", self.header.shown(name))))
    }

    /// Refuses what would be passed over: keys of the architecture that are neither read nor known to be neutral and say
    /// something, and tokenizer keys of the wrong type. All of them at once. `own` are those that the family reads beside
    /// all others' keys.
    pub fn check(&self, own: &[&str]) -> Result<()> {
        let mut faults = Vec::new();
        let prefix = self.name("");
        let mut keys: Vec<&str> = self.header.keys().collect();
        keys.sort_unstable();
        for name in keys {
            let Some(key) = name.strip_prefix(&prefix) else { continue };
            let known =
                READ.contains(&key) || own.contains(&key) || NEUTRAL.contains(&key) || self.is_default(key, name);
            if !known {
                faults.push(unsupported(self.path, name, &self.header.shown(name)));
            }
        }
        if self.header.text("general.type").is_some_and(|kind| kind != "model") {
            faults.push(self.error(&format!("its `general.type` is {}", self.header.shown("general.type"))));
        }
        faults.extend(self.check_tokenizer().err());
        Error::gather(faults).map_or(Ok(()), Err)
    }

    fn is_default(&self, key: &str, name: &str) -> bool {
        match key {
            // Off, it is a sentence encoder; the rest of these are off when they are 0 or false.
            "attention.causal" => self.header.bool(name) == Some(true),
            // Early converters wrote how the rows of q and k lie, which is how they lie in every file.
            "tensor_data_layout" => self.header.text(name) == Some("Meta AI original pth"),
            "embedding_length_out" => self.header.integer(name) == self.header.integer(&self.name("embedding_length")),
            // Tells of training; but to llama.cpp a Granite that says false has no positions.
            "rope.scaling.finetuned" => self.architecture != "granite" || self.header.bool(name) == Some(true),
            _ => self.header.says_nothing(name),
        }
    }

    fn check_tokenizer(&self) -> Result<()> {
        let key = |key: &str| format!("tokenizer.ggml.{key}");
        for id in TOKENIZER_IDS {
            self.typed(&key(id), "a token's number", |header, name| header.integer(name))?;
        }
        self.typed(&key("add_space_prefix"), "true or false", |header, name| header.bool(name))?;
        for text in [key("model"), key("pre"), "tokenizer.chat_template".to_string()] {
            self.typed(&text, "a text", |header, name| header.text(name).map(drop))?;
        }
        self.typed(&key("token_type"), "a list of whole numbers", |header, name| header.is_list_of_integers(name))?;
        Ok(())
    }

    pub fn error(&self, what: &str) -> Error {
        Error::model(format!("{} is not a model pmtune can run: {what}", self.path.display()))
            .hint("the file is damaged or not a language model; download it again or choose another")
    }
}
