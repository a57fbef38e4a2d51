//! Opening a model: one entry for all file formats.

use std::path::Path;

use super::config::{Config, Family};
use super::gguf::{self, Gguf, GgufWeights};
use super::weights::{Weights, check_all};
use crate::chat::{Algorithm, Chat, Settings, TokenKind, Tokenizer, Vocabulary};
use crate::error::{Error, Result};

/// A model as read from disk, not yet computed with.
pub struct Source {
    pub config: Config,
    pub weights: Box<dyn Weights>,
    pub chat: Chat,
}

/// Opens a `.gguf` file, or a folder with `config.json`, `*.safetensors` and `tokenizer.json`.
///
/// A `tokenizer.json` beside a `.gguf` file is used instead of the file's own vocabulary, a `chat_template.jinja` instead
/// of its template. All weights are checked for presence and shape; none is read yet.
pub fn open(path: &Path) -> Result<Source> {
    let gguf = Gguf::open(path)?;
    let config = gguf::config(&gguf)?;
    let chat = gguf_chat(&gguf, config.family)?;
    let weights = gguf_weights(gguf, &config)?;
    Ok(Source { config, weights: Box::new(weights), chat })
}

fn gguf_weights(gguf: Gguf, config: &Config) -> Result<GgufWeights> {
    let path = gguf.path.clone();
    let weights = GgufWeights::new(gguf, config.family, config.heads, config.kv_heads);
    // GGUF files of these families carry no tensors we would have to name as strangers: their names are fixed.
    check_all(config, &path, |name| weights.shape(name), std::iter::empty())?;
    Ok(weights)
}

/// The file's vocabulary, template and ends.
fn gguf_chat(gguf: &Gguf, family: Family) -> Result<Chat> {
    let header = &gguf.header;
    let vocabulary = vocabulary(gguf, family)?;
    let id = |key: &str| header.integer(key).and_then(|id| u32::try_from(id).ok());
    let text = |key: &str| id(key).and_then(|id| vocabulary.tokens.get(id as usize)).cloned().unwrap_or_default();
    let ends = ["tokenizer.ggml.eot_token_id", "tokenizer.ggml.eos_token_id", "tokenizer.ggml.eom_token_id"];
    let settings = Settings {
        template: header.text("tokenizer.chat_template").map(str::to_string),
        bos_token: text("tokenizer.ggml.bos_token_id"),
        eos_token: text("tokenizer.ggml.eos_token_id"),
        stop_ids: ends.into_iter().filter_map(id).collect(),
    };
    let in_file = |error: Error| Error { message: format!("{}: {}", gguf.path.display(), error.message), ..error };
    Chat::new(Tokenizer::from_vocabulary(&vocabulary).map_err(in_file)?, settings).map_err(in_file)
}

fn vocabulary(gguf: &Gguf, family: Family) -> Result<Vocabulary> {
    let (header, bytes) = (&gguf.header, gguf.bytes());
    let lacks = |key: &str| {
        Error::model(format!("{} has no usable `{key}`", gguf.path.display()))
            .hint("the file carries no tokenizer; download it again or put the model's `tokenizer.json` beside it")
    };
    let texts = |key: &str| header.texts(bytes, key).ok_or_else(|| lacks(key));
    let tokens: Vec<String> = texts("tokenizer.ggml.tokens")?.into_iter().map(str::to_string).collect();
    let kinds = header.integers(bytes, "tokenizer.ggml.token_type").unwrap_or_default();
    let kinds = kinds.into_iter().map(TokenKind::from_number).collect();
    let model = header.text("tokenizer.ggml.model").unwrap_or_default();
    let algorithm = match model {
        "gpt2" => Algorithm::Bpe {
            merges: texts("tokenizer.ggml.merges")?.into_iter().map(str::to_string).collect(),
            pre: header.text("tokenizer.ggml.pre").unwrap_or("default").to_string(),
        },
        "llama" => Algorithm::SentencePiece {
            scores: header.floats(bytes, "tokenizer.ggml.scores").ok_or_else(|| lacks("tokenizer.ggml.scores"))?,
            add_space_prefix: header.bool("tokenizer.ggml.add_space_prefix").unwrap_or(true),
        },
        other => {
            let shown: String = other.chars().take(60).collect();
            return Err(Error::model(format!(
                "{} has a tokenizer of the kind {shown:?}; pmtune knows gpt2 and llama",
                gguf.path.display()
            ))
            .hint("put the model's `tokenizer.json` beside the .gguf file; pmtune then uses that"));
        }
    };
    let control_strips_right = family == Family::Phi3 && model == "llama";
    Ok(Vocabulary { tokens, kinds, algorithm, control_strips_right })
}
