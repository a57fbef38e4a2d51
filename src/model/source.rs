//! Opening a model: one entry for all file formats.

use std::path::Path;

use super::{Config, Weights};
use crate::chat::Chat;
use crate::error::{Error, Result};

/// A model as read from disk, not yet computed with.
pub struct Source {
    pub config: Config,
    pub weights: Box<dyn Weights>,
    pub chat: Chat,
}

/// Opens a `.gguf` file, or a folder with `config.json`, `*.safetensors` and `tokenizer.json`.
pub fn open(path: &Path) -> Result<Source> {
    Err(Error::model(format!("{} is not a model", path.display())))
}
