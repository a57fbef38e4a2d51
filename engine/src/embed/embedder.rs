use crate::error::{Error, Result};
use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};
use rayon::prelude::*;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::path::Path;
use tokenizers::{Tokenizer, TruncationParams};

/// An encoder that turns texts into vectors.
pub struct Embedder {
    model: BertModel,
    /// Cuts off what the model was not trained to read.
    tokenizer: Tokenizer,
}

impl std::fmt::Debug for Embedder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Embedder").finish_non_exhaustive()
    }
}

/// The part of `sentence_bert_config.json` that matters.
#[derive(Deserialize)]
struct SentenceConfig {
    max_seq_length: usize,
}

impl Embedder {
    /// Opens a folder as sentence-transformers lays it out: `config.json`, `tokenizer.json`, `model.safetensors` and,
    /// where the model reads less than it has positions for, `sentence_bert_config.json`.
    ///
    /// # Errors
    /// A file that is missing or is not what its name says, with its path.
    pub fn open(folder: &Path) -> Result<Self> {
        let unusable =
            |what: &str| Error::model(format!("cannot use {what} of the sentence model in {}", folder.display()));
        let config: Config = read_json(&folder.join("config.json"))?;
        let sentence = folder.join("sentence_bert_config.json");
        let longest =
            if sentence.is_file() { read_json::<SentenceConfig>(&sentence)?.max_seq_length } else { usize::MAX };
        let truncation =
            TruncationParams { max_length: longest.min(config.max_position_embeddings), ..TruncationParams::default() };
        let mut tokenizer =
            Tokenizer::from_file(folder.join("tokenizer.json")).map_err(|e| unusable("tokenizer.json").caused_by(e))?;
        tokenizer.with_padding(None);
        tokenizer.with_truncation(Some(truncation)).map_err(|e| unusable("the length limit").caused_by(e))?;
        let weights = folder.join("model.safetensors");
        let bytes = std::fs::read(&weights).map_err(|e| Error::io("read", &weights, e))?;
        let model = VarBuilder::from_buffered_safetensors(bytes, DType::F32, &Device::Cpu)
            .and_then(|weights| BertModel::load(weights, &config))
            .map_err(|e| unusable("model.safetensors").caused_by(e))?;
        Ok(Self { model, tokenizer })
    }

    /// One vector of length 1 for each text, `hidden_size` numbers (384 for MiniLM). A text longer than the model's
    /// window (256 tokens for MiniLM, the two of its frame included) is cut off there.
    ///
    /// Each text is read on its own, several at a time: a vector is the same to the last bit in whatever company its
    /// text came, and nothing is spent on padding.
    ///
    /// # Errors
    /// The encoder fails: its tokenizer has tokens that it has no embeddings for, or a number is not finite.
    pub fn vectors(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>> {
        texts.par_iter().map(|text| self.vector(text)).collect()
    }

    fn vector(&self, text: &str) -> Result<Vec<f32>> {
        let encoding = self
            .tokenizer
            .encode_fast(text, true)
            .map_err(|e| Error::model("the sentence model's tokenizer failed").caused_by(e))?;
        let ids = Tensor::new(encoding.get_ids(), &Device::Cpu)?.unsqueeze(0)?; // (1, tokens)
        let hidden = self.model.forward(&ids, &ids.zeros_like()?, None)?; // (1, tokens, hidden)
        let mut vector: Vec<f32> = hidden.squeeze(0)?.mean(0)?.to_vec1()?; // (hidden)
        if !vector.iter().all(|x| x.is_finite()) {
            return Err(Error::model("the sentence model's computation gave a number that is not finite (NaN or infinite)")
                .hint("its weights are damaged; get them again with `pmtune pull minilm`"));
        }
        // As torch's `normalize` does, a vector without a direction stays as it is.
        let length = dot(&vector, &vector).sqrt().max(1e-12) as f32;
        vector.iter_mut().for_each(|x| *x /= length);
        Ok(vector)
    }
}

/// Cosine of the angle between two vectors of length 1, from -1 to 1.
pub fn cosine(a: &[f32], b: &[f32]) -> f64 {
    dot(a, b)
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum()
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = std::fs::read_to_string(path).map_err(|e| Error::io("read", path, e))?;
    serde_json::from_str(&text)
        .map_err(|e| Error::model(format!("{} is not what it should be", path.display())).caused_by(e))
}
