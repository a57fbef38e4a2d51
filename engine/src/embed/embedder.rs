use super::bert::{Bert, Config};
use super::weights::Tensors;
use crate::error::{Error, Result};
use rayon::prelude::*;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::path::Path;
use tokenizers::{Tokenizer, TruncationParams};

/// An encoder that turns texts into vectors.
pub struct Embedder {
    model: Bert,
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
        if let Some(fault) = config.fault() {
            return Err(unusable("config.json").caused_by(fault));
        }
        let sentence = folder.join("sentence_bert_config.json");
        let longest =
            if sentence.is_file() { read_json::<SentenceConfig>(&sentence)?.max_seq_length } else { usize::MAX };
        let truncation =
            TruncationParams { max_length: longest.min(config.max_position_embeddings), ..TruncationParams::default() };
        let mut tokenizer =
            Tokenizer::from_file(folder.join("tokenizer.json")).map_err(|e| unusable("tokenizer.json").caused_by(e))?;
        tokenizer.with_padding(None);
        tokenizer.with_truncation(Some(truncation)).map_err(|e| unusable("the length limit").caused_by(e))?;
        let model = Bert::load(&Tensors::open(&folder.join("model.safetensors"))?, config)?;
        Ok(Self { model, tokenizer })
    }

    /// One vector of length 1 for each text, `hidden_size` numbers (384 for MiniLM). A text longer than the model's
    /// window (256 tokens for MiniLM, the two of its frame included) is cut off there.
    ///
    /// Many texts are read in one pass, without padding: a vector is the same to the last bit in whatever company its
    /// text came.
    ///
    /// # Errors
    /// The encoder fails: its tokenizer has tokens that it has no embeddings for, or a number is not finite.
    pub fn vectors(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>> {
        let ids: Vec<Vec<u32>> = texts.par_iter().map(|text| self.ids(text)).collect::<Result<_>>()?;
        let ids: Vec<&[u32]> = ids.iter().map(Vec::as_slice).collect();
        let mut vectors = Vec::with_capacity(texts.len());
        let mut rest = ids.as_slice();
        while !rest.is_empty() {
            let (some, others) = rest.split_at(fitting(rest));
            vectors.extend(self.model.means(some)?);
            rest = others;
        }
        if !vectors.iter().flatten().all(|x| x.is_finite()) {
            return Err(Error::model(
                "the sentence model's computation gave a number that is not finite (NaN or infinite)",
            )
            .hint("its weights are damaged; get them again with `pmtune pull minilm`"));
        }
        for vector in &mut vectors {
            // As torch's `normalize` does, a vector without a direction stays as it is.
            let length = dot(vector, vector).sqrt().max(1e-12) as f32;
            vector.iter_mut().for_each(|x| *x /= length);
        }
        Ok(vectors)
    }

    fn ids(&self, text: &str) -> Result<Vec<u32>> {
        let encoding = self.tokenizer.encode_fast(text, true);
        let encoding = encoding.map_err(|e| Error::model("the sentence model's tokenizer failed").caused_by(e))?;
        Ok(encoding.get_ids().to_vec())
    }
}

/// Tokens read in one pass; with MiniLM their states take 40 MB.
const TOKENS: usize = 4096;

/// How many of these texts go into one pass, one at least.
fn fitting(texts: &[&[u32]]) -> usize {
    let mut tokens = 0;
    let fits = |ids: &&&[u32]| {
        tokens += ids.len();
        tokens <= TOKENS
    };
    texts.iter().take_while(fits).count().max(1)
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
