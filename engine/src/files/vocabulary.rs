//! The tokenizer and template that come with a model's weights.

use std::path::Path;

use serde_json::Value;

use super::family::Family;
use super::gguf::Gguf;
use crate::chat::{Algorithm, Chat, Settings, TokenKind, Tokenizer, Vocabulary};
use crate::error::{Error, Result};

/// From GGUF metadata; where its tokenizer is of a kind pmtune does not know, from a `tokenizer.json` beside the file.
pub(super) fn of_gguf(gguf: &Gguf, family: Family) -> Result<Chat> {
    let header = &gguf.header;
    let tokens = header.texts(gguf.bytes(), "tokenizer.ggml.tokens").unwrap_or_default();
    let id = |key: &str| header.integer(key).and_then(|id| u32::try_from(id).ok());
    let text = |key: &str| id(key).and_then(|id| tokens.get(id as usize)).map(ToString::to_string).unwrap_or_default();
    let ends = ["tokenizer.ggml.eot_token_id", "tokenizer.ggml.eos_token_id", "tokenizer.ggml.eom_token_id"];
    let settings = Settings {
        template: header.text("tokenizer.chat_template").map(str::to_string),
        bos_token: text("tokenizer.ggml.bos_token_id"),
        eos_token: text("tokenizer.ggml.eos_token_id"),
        thinks: None,
        stop_ids: ends.into_iter().filter_map(id).collect(),
    };
    let in_file = |error: Error| Error { message: format!("{}: {}", gguf.path.display(), error.message), ..error };
    let own = lists(gguf, family).and_then(|lists| Tokenizer::from_vocabulary(&lists)).map_err(in_file);
    let beside = gguf.path.with_file_name("tokenizer.json");
    let tokenizer = match own {
        Err(_) if beside.exists() => from_json(&beside)?,
        own => own?,
    };
    Chat::new(tokenizer, settings).map_err(in_file)
}

/// The lists of a GGUF file.
fn lists(gguf: &Gguf, family: Family) -> Result<Vocabulary> {
    let (header, bytes) = (&gguf.header, gguf.bytes());
    let lacks = |key: &str| {
        Error::model(format!("there is no usable `{key}`"))
            .hint("the file carries no tokenizer; download it again or put the model's `tokenizer.json` beside it")
    };
    let texts = |key: &str| -> Result<Vec<String>> {
        let texts = header.texts(bytes, key).ok_or_else(|| lacks(key))?;
        Ok(texts.into_iter().map(str::to_string).collect())
    };
    let tokens = texts("tokenizer.ggml.tokens")?;
    let kinds = header.integers(bytes, "tokenizer.ggml.token_type").unwrap_or_default();
    let kinds = kinds.into_iter().map(TokenKind::from_number).collect();
    let model = header.text("tokenizer.ggml.model").unwrap_or_default();
    let algorithm = match model {
        "gpt2" => Algorithm::Bpe {
            merges: texts("tokenizer.ggml.merges")?,
            pre: header.text("tokenizer.ggml.pre").unwrap_or("default").to_string(),
        },
        "llama" => Algorithm::SentencePiece {
            scores: header.floats(bytes, "tokenizer.ggml.scores").ok_or_else(|| lacks("tokenizer.ggml.scores"))?,
            add_space_prefix: header.bool("tokenizer.ggml.add_space_prefix").unwrap_or(true),
        },
        other => {
            let shown: String = other.chars().take(60).collect();
            return Err(Error::model(format!("the tokenizer is of the kind {shown:?}; pmtune knows gpt2 and llama"))
                .hint("put the model's `tokenizer.json` beside the .gguf file; pmtune then uses that"));
        }
    };
    let control_strips_right = family.anatomy().control_strips_right && model == "llama";
    Ok(Vocabulary { tokens, kinds, algorithm, control_strips_right })
}

/// From a Hugging Face folder: `tokenizer.json`, and what is there of `tokenizer_config.json`, `chat_template.jinja`,
/// `generation_config.json` and `config.json`.
pub(super) fn of_folder(folder: &Path) -> Result<Chat> {
    let tokenizer = from_json(&folder.join("tokenizer.json"))?;
    let config = optional_json(&folder.join("tokenizer_config.json"))?;
    let text = |key: &str| token_text(config.get(key)).unwrap_or_default();
    let jinja = folder.join("chat_template.jinja");
    let template = if jinja.exists() {
        Some(std::fs::read_to_string(&jinja).map_err(|e| Error::io("read", &jinja, e))?)
    } else {
        template(config.get("chat_template"))
    };
    let mut stop_ids = ids(optional_json(&folder.join("generation_config.json"))?.get("eos_token_id"));
    if stop_ids.is_empty() {
        stop_ids = ids(optional_json(&folder.join("config.json"))?.get("eos_token_id"));
    }
    stop_ids.extend(tokenizer.id(&text("eos_token")));
    let settings =
        Settings { template, bos_token: text("bos_token"), eos_token: text("eos_token"), thinks: None, stop_ids };
    Chat::new(tokenizer, settings)
        .map_err(|error| Error { message: format!("{}: {}", folder.display(), error.message), ..error })
}

fn from_json(path: &Path) -> Result<Tokenizer> {
    let bytes = std::fs::read(path).map_err(|e| Error::io("read", path, e))?;
    Tokenizer::from_json(&bytes)
        .map_err(|error| Error { message: format!("{}: {}", path.display(), error.message), ..error })
}

pub(super) fn optional_json(path: &Path) -> Result<Value> {
    if !path.exists() {
        return Ok(Value::Null);
    }
    let bytes = std::fs::read(path).map_err(|e| Error::io("read", path, e))?;
    serde_json::from_slice(&bytes).map_err(|e| {
        Error::model(format!("{} is not valid JSON", path.display())).caused_by(e).hint("download it again")
    })
}

/// A token is written as its text or as an object with `content`.
pub(super) fn token_text(value: Option<&Value>) -> Option<String> {
    let value = value?;
    value.as_str().or_else(|| value.get("content")?.as_str()).map(str::to_string)
}

/// One template, or several by name, of which `default` is for conversations.
fn template(value: Option<&Value>) -> Option<String> {
    let value = value?;
    let named = |list: &Vec<Value>| {
        let default = list.iter().find(|entry| entry.get("name").and_then(Value::as_str) == Some("default"))?;
        default.get("template")?.as_str().map(str::to_string)
    };
    value.as_str().map(str::to_string).or_else(|| value.as_array().and_then(named))
}

/// One id or a list of them.
fn ids(value: Option<&Value>) -> Vec<u32> {
    let one = |value: &Value| value.as_u64().and_then(|id| u32::try_from(id).ok());
    match value {
        Some(Value::Array(list)) => list.iter().filter_map(one).collect(),
        Some(value) => one(value).into_iter().collect(),
        None => Vec::new(),
    }
}
