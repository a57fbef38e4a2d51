//! The tiny random checkpoints of `tests/data`, for tests of the decoder and of what stands on it.

use candle_core::{Device, Tensor};
use pmtune_engine::error::{Error, Result};
use pmtune_engine::files::{Config, Family, Weight, Weights};
use pmtune_engine::model::{Composite, Decoder};
use std::collections::HashMap;
use std::path::Path;

pub struct Loaded(pub HashMap<String, Tensor>);

impl Weights for Loaded {
    fn get(&self, name: &str, shape: &[usize]) -> Result<Weight> {
        let tensor = self.0.get(name).ok_or_else(|| Error::missing(name.to_string()))?;
        assert_eq!(tensor.dims(), shape, "{name}");
        Ok(Weight::Dense(tensor.clone()))
    }
    fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}

pub fn data(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn config(family: Family) -> Config {
    let llama = Config {
        family,
        hidden: 32,
        layers: 2,
        heads: 4,
        kv_heads: 2,
        head_dim: 8,
        intermediate: 48,
        vocab: 96,
        rope_theta: 1000.0,
        rope_dims: 8,
        rope_factors: None,
        rope_attn_factor: 1.0,
        norm_eps: 1e-6,
        context_length: 128,
        sliding_window: None,
        tie_embeddings: false,
        attention_bias: false,
    };
    match family {
        Family::Llama => llama,
        Family::Qwen2 => {
            Config { kv_heads: 1, rope_theta: 10000.0, tie_embeddings: true, attention_bias: true, ..llama }
        }
        Family::Phi3 => Config { kv_heads: 4, rope_theta: 10000.0, norm_eps: 1e-5, sliding_window: Some(7), ..llama },
    }
}

pub fn decoder(name: &str, family: Family) -> Decoder {
    let (config, weights) = parts(name, family, |_| ());
    Decoder::load(config, &weights).unwrap()
}

/// The same model in candle's own operations.
pub fn composite(name: &str, family: Family) -> Composite {
    let (config, weights) = parts(name, family, |_| ());
    Composite::load(config, &weights, Device::Cpu).unwrap()
}

/// Weights, and a config that is changed a little.
pub fn parts(name: &str, family: Family, change: impl FnOnce(&mut Config)) -> (Config, Loaded) {
    let tensors = candle_core::safetensors::load(data(name).join("model.safetensors"), &Device::Cpu).unwrap();
    let mut config = config(family);
    change(&mut config);
    (config, Loaded(tensors))
}
