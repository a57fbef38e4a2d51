//! LoRA adapters (Hu et al. 2021, arXiv:2106.09685) in PEFT's format: `adapter_config.json` beside
//! `adapter_model.safetensors`.

use candle_core::{Device, Tensor};
use serde::Deserialize;
use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use super::decoder::Decoder;
use super::panels::Panels;
use super::weights::Weight;
use crate::error::{Error, Result};

/// What is added to one linear: y += scale · (x Aᵀ) Bᵀ.
pub(crate) struct Lora {
    /// (r, in).
    pub a: Panels,
    /// (out, r).
    pub b: Panels,
    pub scale: f32,
}

/// A trained addition to a base, packed for use; many can share one base in memory.
pub struct Adapter {
    /// By module path, such as `model.layers.0.self_attn.q_proj`.
    modules: HashMap<String, Lora>,
}

/// The parts of PEFT's `adapter_config.json` that change what an adapter computes.
#[derive(Deserialize)]
pub(super) struct PeftConfig {
    peft_type: String,
    pub r: usize,
    pub lora_alpha: f64,
    #[serde(default)]
    pub use_rslora: bool,
    #[serde(default)]
    use_dora: bool,
    #[serde(default)]
    fan_in_fan_out: bool,
    #[serde(default)]
    bias: Option<String>,
    #[serde(default)]
    rank_pattern: HashMap<String, usize>,
    #[serde(default)]
    alpha_pattern: HashMap<String, f64>,
}

impl PeftConfig {
    pub fn load(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|e| Error::io("read", path, e))?;
        let config: Self = serde_json::from_str(&text).map_err(|e| {
            Error::input(format!("{} is not a LoRA adapter's configuration", path.display()))
                .caused_by(e)
                .hint("expected the adapter_config.json that PEFT writes, with peft_type, r and lora_alpha")
        })?;
        let unsupported = [
            (config.peft_type != "LORA", format!("peft_type {}", config.peft_type)),
            (config.use_dora, "DoRA (use_dora)".to_string()),
            (config.fan_in_fan_out, "fan_in_fan_out".to_string()),
            (config.bias.as_deref().is_some_and(|b| b != "none"), "trained biases (bias)".to_string()),
            (!config.rank_pattern.is_empty(), "rank_pattern".to_string()),
            (!config.alpha_pattern.is_empty(), "alpha_pattern".to_string()),
            (config.r == 0, "rank 0".to_string()),
        ];
        match unsupported.into_iter().find(|(found, _)| *found) {
            Some((_, what)) => Err(Error::input(format!("{}: {what} is not supported", path.display()))
                .hint("train a plain LoRA adapter, or merge this one into its base with PEFT's merge_and_unload")),
            None => Ok(config),
        }
    }

    fn scale(&self) -> f32 {
        let r = self.r as f64;
        (self.lora_alpha / if self.use_rslora { r.sqrt() } else { r }) as f32
    }
}

impl Adapter {
    /// Loads the adapter in `folder` for `decoder`. Everything in it must fit the base: all misfits are reported at
    /// once, and an adapter that would change nothing is an error.
    pub fn load(folder: &Path, decoder: &Decoder) -> Result<Self> {
        let config = PeftConfig::load(&folder.join("adapter_config.json"))?;
        let path = folder.join("adapter_model.safetensors");
        let bytes = std::fs::read(&path).map_err(|e| Error::io("read", &path, e))?;
        let tensors = candle_core::safetensors::load_buffer(&bytes, &Device::Cpu).map_err(|e| {
            Error::model(format!("cannot read the adapter {}", path.display()))
                .caused_by(e)
                .hint("the file is damaged or incomplete; export or copy it again")
        })?;
        Self::new(&tensors, config.r, config.scale(), decoder).map_err(|faults| {
            let mut error = Error::model(format!("the adapter {} does not fit this base", folder.display()));
            error.also = faults.flatten();
            error
        })
    }

    /// An adapter from tensors named as PEFT names them, of rank `r`.
    fn new(tensors: &HashMap<String, Tensor>, r: usize, scale: f32, decoder: &Decoder) -> Result<Self> {
        let shapes: HashMap<&str, (usize, usize)> = decoder.modules().collect();
        let mut faults: Vec<String> = Vec::new();
        let mut names = BTreeSet::new();
        for name in tensors.keys() {
            match module_of(name) {
                Some(module) if shapes.contains_key(module) => {
                    names.insert(module);
                }
                _ => faults.push(format!("{name}: the base has no such linear layer")),
            }
        }
        let mut modules = HashMap::new();
        for module in names {
            let (out, input) = shapes[module];
            let mut get = |which: &str, shape: (usize, usize)| {
                let name = format!("base_model.model.{module}.{which}.weight");
                match tensors.get(&name) {
                    None => faults.push(format!("{name}: missing")),
                    Some(t) if t.dims() != [shape.0, shape.1] => {
                        faults.push(format!("{name}: has shape {:?}, the base needs {shape:?}", t.dims()));
                    }
                    Some(t) => return Some(Panels::pack(&Weight::Dense(t.clone()), shape.0, shape.1)),
                }
                None
            };
            if let (Some(a), Some(b)) = (get("lora_A", (r, input)), get("lora_B", (out, r))) {
                modules.insert(module.to_string(), Lora { a: a?, b: b?, scale });
            }
        }
        faults.sort();
        if let Some(error) = Error::gather(faults.into_iter().map(Error::model)) {
            return Err(error.hint("use the base it was trained on"));
        }
        if modules.is_empty() {
            return Err(Error::model("it holds no LoRA weights, so it would change nothing")
                .hint("train or export the adapter again"));
        }
        Ok(Self { modules })
    }

    pub(crate) fn get(&self, module: &str) -> Option<&Lora> {
        self.modules.get(module)
    }
}

/// `base_model.model.PATH.lora_A.weight` → `PATH`.
pub(super) fn module_of(name: &str) -> Option<&str> {
    let path = name.strip_prefix("base_model.model.")?;
    path.strip_suffix(".lora_A.weight").or_else(|| path.strip_suffix(".lora_B.weight"))
}
