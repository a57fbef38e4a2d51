//! The encoder of BERT (Devlin et al. 2019, arXiv:1810.04805), with the decoder's own kernels.
//!
//! Tokens of all texts lie flat as (tokens, hidden), without padding; only attention knows where a text ends. Every
//! output is one chain of multiply-adds, so a text's vectors are the same in whatever company it comes.

use super::weights::Tensors;
use crate::error::{Error, Result};
use crate::model::{Linear, by_row, exp, maximum, sum, vectorised};
use rayon::prelude::*;
use serde::Deserialize;
use std::ops::Range;

/// What `config.json` says of the encoder.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Config {
    vocab_size: usize,
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    intermediate_size: usize,
    hidden_act: String,
    pub max_position_embeddings: usize,
    type_vocab_size: usize,
    layer_norm_eps: f32,
    #[serde(default)]
    position_embedding_type: Option<String>,
    #[serde(default)]
    is_decoder: bool,
    #[serde(default)]
    model_type: Option<String>,
}

impl Config {
    /// What the encoder would compute otherwise than this code does, or cannot be.
    pub fn fault(&self) -> Option<String> {
        let other = |name: &str, value: Option<&str>, wanted: &str| {
            value.filter(|value| *value != wanted).map(|value| format!("`{name}` is {value}, and {wanted} is read"))
        };
        let heads = self.num_attention_heads;
        other("model_type", self.model_type.as_deref(), "bert")
            .or(other("hidden_act", Some(&self.hidden_act), "gelu"))
            .or(other("position_embedding_type", self.position_embedding_type.as_deref(), "absolute"))
            .or(self.is_decoder.then(|| "`is_decoder` is true, and an encoder is read".to_string()))
            .or((heads == 0 || self.hidden_size == 0 || !self.hidden_size.is_multiple_of(heads))
                .then(|| format!("`hidden_size` {} is not shared out among {heads} heads", self.hidden_size)))
    }
}

pub(super) struct Bert {
    config: Config,
    /// (vocabulary, hidden).
    words: Vec<f32>,
    /// (positions, hidden), each with the vector of the first token type.
    positions: Vec<f32>,
    norm: Norm,
    layers: Vec<Layer>,
}

struct Layer {
    /// Query, key and value side by side.
    qkv: Linear,
    attended: Linear,
    attended_norm: Norm,
    up: Linear,
    down: Linear,
    norm: Norm,
}

/// y = (x − mean) / √(variance + eps) · weight + bias, row by row (Ba et al. 2016, arXiv:1607.06450).
struct Norm {
    weight: Vec<f32>,
    bias: Vec<f32>,
    eps: f32,
}

impl Norm {
    fn load(tensors: &Tensors, name: &str, config: &Config) -> Result<Self> {
        let of = |part: &str| tensors.values(&format!("{name}.LayerNorm.{part}"), &[config.hidden_size]);
        Ok(Self { weight: of("weight")?, bias: of("bias")?, eps: config.layer_norm_eps })
    }

    fn of(&self, x: &[f32]) -> Vec<f32> {
        let width = self.weight.len();
        by_row(x, width, width, &|x: &[f32], y: &mut [f32]| normalise(x, &self.weight, &self.bias, self.eps, y))
    }
}

impl Bert {
    pub fn load(tensors: &Tensors, config: Config) -> Result<Self> {
        let hidden = config.hidden_size;
        let words = tensors.values("embeddings.word_embeddings.weight", &[config.vocab_size, hidden])?;
        let places = [config.max_position_embeddings, hidden];
        let mut positions = tensors.values("embeddings.position_embeddings.weight", &places)?;
        let kinds = tensors.values("embeddings.token_type_embeddings.weight", &[config.type_vocab_size, hidden])?;
        for row in positions.chunks_exact_mut(hidden) {
            row.iter_mut().zip(&kinds).for_each(|(x, kind)| *x += kind);
        }
        let layers =
            (0..config.num_hidden_layers).map(|at| Layer::load(tensors, &config, at)).collect::<Result<_>>()?;
        Ok(Self { words, positions, norm: Norm::load(tensors, "embeddings", &config)?, layers, config })
    }

    /// One vector for each text, (hidden): the mean of its tokens' last hidden states.
    pub fn means(&self, texts: &[&[u32]]) -> Result<Vec<Vec<f32>>> {
        let hidden = self.config.hidden_size;
        let mut x = Vec::with_capacity(texts.iter().map(|ids| ids.len()).sum::<usize>() * hidden); // (tokens, hidden)
        let mut spans: Vec<Range<usize>> = Vec::with_capacity(texts.len());
        for ids in texts {
            let first = x.len() / hidden;
            for (id, place) in ids.iter().zip(self.positions.chunks_exact(hidden)) {
                let word = self.words.chunks_exact(hidden).nth(*id as usize);
                let word =
                    word.ok_or_else(|| Error::model(format!("the sentence model has no embedding of token {id}")))?;
                x.extend(word.iter().zip(place).map(|(a, b)| a + b));
            }
            spans.push(first..x.len() / hidden);
        }
        let mut x = self.norm.of(&x);
        for layer in &self.layers {
            let qkv = layer.qkv.product(&x, None, None); // (tokens, 3 · hidden)
            let mixed = attend(&qkv, &spans, hidden, self.config.num_attention_heads); // (tokens, hidden)
            let x_mid = layer.attended_norm.of(&layer.attended.product(&mixed, Some(&x), None));
            let mut up = layer.up.product(&x_mid, None, None); // (tokens, intermediate)
            up.par_chunks_mut(self.config.intermediate_size.max(1)).with_min_len(8).for_each(gelu);
            x = layer.norm.of(&layer.down.product(&up, Some(&x_mid), None));
        }
        let mean = |span: &Range<usize>| {
            let mut mean = vec![0.0; hidden];
            for row in x[span.start * hidden..span.end * hidden].chunks_exact(hidden) {
                mean.iter_mut().zip(row).for_each(|(mean, x)| *mean += x);
            }
            mean.iter_mut().for_each(|mean| *mean /= span.len().max(1) as f32);
            mean
        };
        Ok(spans.iter().map(mean).collect())
    }
}

impl Layer {
    fn load(tensors: &Tensors, config: &Config, at: usize) -> Result<Self> {
        let name = |part: &str| format!("encoder.layer.{at}.{part}");
        let (hidden, wide) = (config.hidden_size, config.intermediate_size);
        let dense = |part: &str, n: usize, k: usize| Linear::load(tensors, &[(name(&format!("{part}.dense")), n)], k);
        let qkv = ["query", "key", "value"].map(|part| (name(&format!("attention.self.{part}")), hidden));
        Ok(Self {
            qkv: Linear::load(tensors, &qkv, hidden)?,
            attended: dense("attention.output", hidden, hidden)?,
            attended_norm: Norm::load(tensors, &name("attention.output"), config)?,
            up: dense("intermediate", wide, hidden)?,
            down: dense("output", hidden, wide)?,
            norm: Norm::load(tensors, &name("output"), config)?,
        })
    }
}

/// Every token of a text attends to all of its tokens. `qkv` is (tokens, 3 · hidden), the result (tokens, hidden).
fn attend(qkv: &[f32], spans: &[Range<usize>], hidden: usize, heads: usize) -> Vec<f32> {
    let dim = hidden / heads;
    let tasks: Vec<(&Range<usize>, usize)> =
        spans.iter().flat_map(|span| (0..heads).map(move |head| (span, head))).collect();
    let parts: Vec<Vec<f32>> = tasks
        .par_iter()
        .map(|(span, head)| {
            let mut part = vec![0.0; span.len() * dim];
            attend_head(&qkv[span.start * 3 * hidden..span.end * 3 * hidden], hidden, dim, head * dim, &mut part);
            part
        })
        .collect();
    let mut out = vec![0.0; qkv.len() / 3];
    for ((span, head), part) in tasks.iter().zip(&parts) {
        for (token, row) in Range::clone(span).zip(part.chunks_exact(dim)) {
            out[token * hidden + head * dim..][..dim].copy_from_slice(row);
        }
    }
    out
}

vectorised! {
    /// One head of one text: softmax(Q Kᵀ / √dim) V, with the head's columns from `from` on; `out` is (tokens, `dim`).
    fn attend_head<'a>(qkv: &'a [f32], hidden: usize, dim: usize, from: usize, out: &'a mut [f32]) -> () {
        let tokens = qkv.len() / (3 * hidden);
        let scale = 1.0 / (dim as f32).sqrt();
        let mut keys = vec![0.0f32; dim * tokens]; // (dim, tokens)
        for (token, row) in qkv.chunks_exact(3 * hidden).enumerate() {
            let key = &row[hidden + from..][..dim];
            keys.iter_mut().skip(token).step_by(tokens).zip(key).for_each(|(to, key)| *to = *key);
        }
        let mut scores = vec![0.0f32; tokens];
        for (row, out) in qkv.chunks_exact(3 * hidden).zip(out.chunks_exact_mut(dim)) {
            scores.fill(0.0);
            for (query, keys) in row[from..][..dim].iter().zip(keys.chunks_exact(tokens)) {
                let query = query * scale;
                scores.iter_mut().zip(keys).for_each(|(score, key)| *score += query * key);
            }
            let most = maximum(&scores);
            scores.iter_mut().for_each(|score| *score = exp(*score - most));
            let all = sum(&scores, |score| score);
            for (score, row) in scores.iter().zip(qkv.chunks_exact(3 * hidden)) {
                let share = score / all;
                out.iter_mut().zip(&row[2 * hidden + from..][..dim]).for_each(|(out, value)| *out += share * value);
            }
        }
    }

    fn normalise<'a>(x: &'a [f32], weight: &'a [f32], bias: &'a [f32], eps: f32, y: &'a mut [f32]) -> () {
        let mean = sum(x, |v| v) / x.len() as f32;
        let variance = sum(x, |v| (v - mean) * (v - mean)) / x.len() as f32;
        let scale = 1.0 / (variance + eps).sqrt();
        for (((y, x), weight), bias) in y.iter_mut().zip(x).zip(weight).zip(bias) {
            *y = (x - mean) * scale * weight + bias;
        }
    }

    /// x Φ(x), with the error function of Abramowitz and Stegun 7.1.26, which is off by 1.5e-7 at most.
    fn gelu<'a>(x: &'a mut [f32]) -> () {
        for v in x {
            let z = v.abs() * std::f32::consts::FRAC_1_SQRT_2;
            let t = 1.0 / (1.0 + 0.327_591_1 * z);
            let mut p = 1.061_405_4;
            for c in [-1.453_152, 1.421_413_7, -0.284_496_74, 0.254_829_6] {
                p = p * t + c;
            }
            let erf = (1.0 - p * t * exp(-z * z)).copysign(*v);
            *v *= 0.5 * (1.0 + erf);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{DType, Device, Tensor};
    use candle_nn::VarBuilder;
    use candle_transformers::models::bert::{BertModel, Config as TheirConfig};
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;
    use std::collections::HashMap;

    const CONFIG: &str = r#"{"vocab_size": 40, "hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 3,
        "intermediate_size": 40, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "max_position_embeddings": 16,
        "type_vocab_size": 2, "initializer_range": 0.02, "layer_norm_eps": 1e-12, "pad_token_id": 0,
        "position_embedding_type": "absolute", "use_cache": true, "classifier_dropout": null, "model_type": "bert"}"#;

    fn weights() -> HashMap<String, Tensor> {
        let mut random = ChaCha8Rng::seed_from_u64(3);
        let mut all = HashMap::new();
        let mut add = |name: String, shape: &[usize]| {
            let values: Vec<f32> = (0..shape.iter().product()).map(|_| random.random_range(-0.6..0.6)).collect();
            all.insert(name, Tensor::from_vec(values, shape, &Device::Cpu).unwrap());
        };
        for (name, rows) in [("word", 40), ("position", 16), ("token_type", 2)] {
            add(format!("embeddings.{name}_embeddings.weight"), &[rows, 24]);
        }
        let norms = ["attention.output", "output"].map(String::from);
        let dense = [
            ("attention.self.query", 24, 24),
            ("attention.self.key", 24, 24),
            ("attention.self.value", 24, 24),
            ("attention.output.dense", 24, 24),
            ("intermediate.dense", 40, 24),
            ("output.dense", 24, 40),
        ];
        for layer in 0..2 {
            for (part, out, into) in dense {
                add(format!("encoder.layer.{layer}.{part}.weight"), &[out, into]);
                add(format!("encoder.layer.{layer}.{part}.bias"), &[out]);
            }
        }
        let of_layers = (0..2).flat_map(|layer| norms.iter().map(move |norm| format!("encoder.layer.{layer}.{norm}")));
        for name in of_layers.chain(["embeddings".to_string()]).collect::<Vec<_>>() {
            add(format!("{name}.LayerNorm.weight"), &[24]);
            add(format!("{name}.LayerNorm.bias"), &[24]);
        }
        all
    }

    /// Several texts in one pass, each held against candle-transformers' encoder on it alone.
    #[test]
    fn vectors_agree_with_candle_transformers() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("model.safetensors");
        candle_core::safetensors::save(&weights(), &file).unwrap();
        let ours = Bert::load(&Tensors::open(&file).unwrap(), serde_json::from_str(CONFIG).unwrap()).unwrap();
        let theirs: TheirConfig = serde_json::from_str(CONFIG).unwrap();
        let theirs = BertModel::load(VarBuilder::from_tensors(weights(), DType::F32, &Device::Cpu), &theirs).unwrap();
        let texts: [&[u32]; 4] = [&[1, 2, 3], &[7], &[39, 0, 5, 5, 11, 30, 2, 8, 9, 4, 21, 17, 3, 3, 1, 6], &[12, 13]];
        for (mean, ids) in ours.means(&texts).unwrap().iter().zip(texts) {
            let ids = Tensor::new(ids, &Device::Cpu).unwrap().unsqueeze(0).unwrap();
            let hidden = theirs.forward(&ids, &ids.zeros_like().unwrap(), None).unwrap();
            let expected: Vec<f32> = hidden.squeeze(0).unwrap().mean(0).unwrap().to_vec1().unwrap();
            let apart = mean.iter().zip(&expected).map(|(x, y)| (x - y).abs()).fold(0.0, f32::max);
            assert!(apart < 1e-4, "{apart}: {mean:?} {expected:?}");
        }
    }
}
