//! The weights of an adapter under training, and its files in PEFT's format.

use candle_core::{DType, Device};
use half::f16;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use safetensors::tensor::{Dtype, TensorView};
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

use super::adapter::{PeftConfig, module_of};
use super::decoder::Decoder;
use crate::error::{Error, Result};
use crate::store;

/// What an adapter adds, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct LoraConfig {
    pub rank: usize,
    pub alpha: f64,
    /// Scale by alpha / √rank rather than alpha / rank (Kalajdzievski 2023, arXiv:2312.03732).
    pub rslora: bool,
    /// Last parts of module names, such as `q_proj`; empty for every linear layer.
    pub targets: Vec<String>,
}

impl LoraConfig {
    pub(crate) fn scale(&self) -> f32 {
        let rank = self.rank as f64;
        (self.alpha / if self.rslora { rank.sqrt() } else { rank }) as f32
    }
}

/// One low-rank pair: y += scale · (x Aᵀ) Bᵀ.
#[derive(Debug, Clone, PartialEq)]
pub struct LoraPair {
    /// Such as `model.layers.0.self_attn.q_proj`.
    pub module: String,
    pub out: usize,
    pub input: usize,
    /// Where A (rank, in), row-major, lies in [`LoraWeights::values`].
    pub a: Range<usize>,
    /// Where B (out, rank) lies.
    pub b: Range<usize>,
}

/// All trained numbers in one run, so that an optimizer needs to know nothing of layers.
#[derive(Debug, Clone, PartialEq)]
pub struct LoraWeights {
    pub config: LoraConfig,
    pub pairs: Vec<LoraPair>,
    pub values: Vec<f32>,
}

impl LoraWeights {
    /// A fresh adapter: A uniform within ±1/√in, as PEFT starts it, and B zero, so that it changes nothing yet.
    ///
    /// # Errors
    /// A target that no module of the base ends in.
    pub fn new(decoder: &Decoder, config: LoraConfig, seed: u64) -> Result<Self> {
        let mut lora = Self::zeros(decoder, config)?;
        for (index, pair) in lora.pairs.iter().enumerate() {
            // A stream for each pair, so that its start depends on no other's size.
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            random.set_stream(index as u64);
            let bound = 1.0 / (pair.input as f32).sqrt();
            lora.values[pair.a.clone()].iter_mut().for_each(|value| *value = random.random_range(-bound..bound));
        }
        Ok(lora)
    }

    fn zeros(decoder: &Decoder, config: LoraConfig) -> Result<Self> {
        let last = |module: &str| module.rsplit('.').next().unwrap_or_default().to_string();
        let known: BTreeSet<String> = decoder.modules().map(|(module, _)| last(module)).collect();
        if let Some(unknown) = config.targets.iter().find(|target| !known.contains(*target)) {
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            return Err(Error::usage(format!("the base has no linear layer `{unknown}` to train"))
                .hint(format!("--targets takes {}", known.join(", "))));
        }
        let (mut pairs, mut end) = (Vec::new(), 0);
        for (module, (out, input)) in decoder.modules() {
            if !config.targets.is_empty() && !config.targets.contains(&last(module)) {
                continue;
            }
            let a = end..end + config.rank * input;
            let b = a.end..a.end + out * config.rank;
            end = b.end;
            pairs.push(LoraPair { module: module.to_string(), out, input, a, b });
        }
        Ok(Self { config, pairs, values: vec![0.0; end] })
    }

    /// Takes up the adapter in `folder`, to be trained further. Everything in it must fit the base.
    pub fn load(folder: &Path, decoder: &Decoder) -> Result<Self> {
        // The check of names and shapes, every misfit at once.
        super::Adapter::load(folder, decoder)?;
        let peft = PeftConfig::load(&folder.join("adapter_config.json"))?;
        let path = folder.join("adapter_model.safetensors");
        let tensors = candle_core::safetensors::load(&path, &Device::Cpu)?;
        let modules: BTreeSet<&str> = tensors.keys().filter_map(|name| module_of(name)).collect();
        let targets: BTreeSet<&str> = modules.iter().filter_map(|module| module.rsplit('.').next()).collect();
        let targets = targets.into_iter().map(str::to_string).collect();
        let config = LoraConfig { rank: peft.r, alpha: peft.lora_alpha, rslora: peft.use_rslora, targets };
        let mut lora = Self::zeros(decoder, config)?;
        for pair in &lora.pairs {
            for (which, range) in [("lora_A", &pair.a), ("lora_B", &pair.b)] {
                // A pair that the file leaves out adds nothing, and stays at zero.
                if let Some(tensor) = tensors.get(&tensor_name(&pair.module, which)) {
                    let values = tensor.flatten_all()?.to_dtype(DType::F32)?.to_vec1::<f32>()?;
                    lora.values[range.clone()].copy_from_slice(&values);
                }
            }
        }
        Ok(lora)
    }

    /// Writes `adapter_config.json` and `adapter_model.safetensors` to `folder`; `base` is how PEFT's users know the base.
    /// Numbers are kept in 16 bits: half the size, and an error far below what training leaves undecided.
    pub fn save(&self, folder: &Path, base: &str) -> Result<()> {
        let mut tensors = Vec::new();
        for pair in &self.pairs {
            let rank = self.config.rank;
            for (which, range, shape) in
                [("lora_A", &pair.a, vec![rank, pair.input]), ("lora_B", &pair.b, vec![pair.out, rank])]
            {
                let halves = self.values[range.clone()].iter().flat_map(|v| f16::from_f32(*v).to_le_bytes());
                tensors.push((tensor_name(&pair.module, which), halves.collect::<Vec<u8>>(), shape));
            }
        }
        let views = tensors.iter().map(|(name, bytes, shape)| {
            TensorView::new(Dtype::F16, shape.clone(), bytes).map(|view| (name.as_str(), view))
        });
        let fail = |e| Error::model("the adapter cannot be written as safetensors").caused_by(e);
        let views = views.collect::<Result<Vec<_>, _>>().map_err(fail)?;
        let format = Some([("format".to_string(), "pt".to_string())].into());
        let bytes = safetensors::serialize(views, format).map_err(fail)?;
        store::replace(&folder.join("adapter_model.safetensors"), &bytes)?;
        let config = serde_json::to_string_pretty(&self.peft_config(base)).unwrap_or_default() + "\n";
        store::replace(&folder.join("adapter_config.json"), config.as_bytes())
    }

    fn peft_config(&self, base: &str) -> serde_json::Value {
        let last = |pair: &LoraPair| pair.module.rsplit('.').next().unwrap_or_default().to_string();
        let targets: BTreeSet<String> = self.pairs.iter().map(last).collect();
        serde_json::json!({
            "peft_type": "LORA",
            "task_type": "CAUSAL_LM",
            "base_model_name_or_path": base,
            "r": self.config.rank,
            "lora_alpha": self.config.alpha,
            "lora_dropout": 0.0,
            "use_rslora": self.config.rslora,
            "use_dora": false,
            "target_modules": targets,
            "bias": "none",
            "fan_in_fan_out": false,
            "init_lora_weights": true,
            "inference_mode": true,
        })
    }
}

fn tensor_name(module: &str, which: &str) -> String {
    format!("base_model.model.{module}.{which}.weight")
}
