//! Opening a model: one entry for all file formats.

use std::path::Path;

use super::config::Config;
use super::gguf::{self, Gguf};
use super::safetensors::Folder;
use super::weights::Weights;
use super::{config_json, vocabulary};
use crate::chat::Chat;
use crate::error::{Error, Result};

/// A model as read from disk, not yet computed with.
pub struct Source {
    /// Every size of the model.
    pub config: Config,
    /// Its weights by name, read when asked for.
    pub weights: Box<dyn Weights>,
    /// Its tokenizer and chat template.
    pub chat: Chat,
}

/// Opens a `.gguf` file, or a folder with `config.json`, `*.safetensors` and `tokenizer.json`.
///
/// All weights are checked for presence and shape, and all differences reported; none is read yet.
pub fn open(path: &Path) -> Result<Source> {
    if path.is_dir() {
        let (config, weights) = open_folder(path)?;
        let chat = vocabulary::of_folder(path)?;
        return finish(path, config, Box::new(weights), chat);
    }
    let gguf = Gguf::open(path)?;
    let config = gguf::config(&gguf)?;
    let chat = vocabulary::of_gguf(&gguf, config.family)?;
    let weights = gguf.weights(&config)?;
    finish(path, config, Box::new(weights), chat)
}

/// Opens what the decoder needs and no more; a tokenizer need not be there.
pub fn open_weights(path: &Path) -> Result<(Config, Box<dyn Weights>)> {
    if path.is_dir() {
        let (config, weights) = open_folder(path)?;
        return Ok((config, Box::new(weights)));
    }
    let gguf = Gguf::open(path)?;
    let config = gguf::config(&gguf)?;
    let weights = gguf.weights(&config)?;
    Ok((config, Box::new(weights)))
}

fn open_folder(path: &Path) -> Result<(Config, Folder)> {
    let file = path.join("config.json");
    let text = std::fs::read_to_string(&file).map_err(|e| Error::io("read", &file, e))?;
    let config = config_json::config(&text, &file)?;
    let weights = Folder::open(path, &config)?;
    Ok((config, weights))
}

/// A token beyond the embeddings may be one that was added to the tokenizer and never used, such as a `[PAD]`: the model
/// runs, and only a text that holds the token is an error. A word of the vocabulary itself means that tokenizer and weights
/// do not belong together.
fn finish(path: &Path, config: Config, weights: Box<dyn Weights>, chat: Chat) -> Result<Source> {
    if let Some((id, token)) = chat.word_from(config.vocab) {
        let message = format!(
            "{}: the tokenizer has the word {token:?} with the number {id}, but the model has embeddings for {} tokens only",
            path.display(),
            config.vocab
        );
        return Err(Error::model(message).hint("tokenizer and weights belong to two models; download them together"));
    }
    Ok(Source { config, weights, chat })
}
