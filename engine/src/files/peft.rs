//! LoRA adapters (Hu et al. 2021, arXiv:2106.09685) in PEFT's format: `adapter_config.json` beside
//! `adapter_model.safetensors`.

use candle_core::{Device, Tensor};
use half::f16;
use safetensors::tensor::{Dtype, TensorView};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use super::config::Config;
use crate::error::{Error, Result};
use crate::store;

/// What an adapter adds, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct LoraConfig {
    /// Width of the low-rank path.
    pub rank: usize,
    /// Scales what is added, see `rslora`.
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

/// An adapter as its files hold it, everything in it checked against its base.
pub(crate) struct Peft {
    pub config: LoraConfig,
    /// A (rank, in) and B (out, rank) by module path, such as `model.layers.0.self_attn.q_proj`.
    pub pairs: BTreeMap<String, (Tensor, Tensor)>,
}

/// The parts of PEFT's `adapter_config.json` that change what an adapter computes.
#[derive(Deserialize)]
struct File {
    peft_type: String,
    r: usize,
    lora_alpha: f64,
    #[serde(default)]
    use_rslora: bool,
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

impl File {
    fn load(path: &Path) -> Result<Self> {
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
}

impl Peft {
    /// Reads the adapter in `folder` for a model of the shape `base`.
    ///
    /// # Errors
    /// All misfits at once; and an adapter that would change nothing.
    pub fn load(folder: &Path, base: &Config) -> Result<Self> {
        let file = File::load(&folder.join("adapter_config.json"))?;
        let path = folder.join("adapter_model.safetensors");
        let bytes = std::fs::read(&path).map_err(|e| Error::io("read", &path, e))?;
        let tensors = candle_core::safetensors::load_buffer(&bytes, &Device::Cpu).map_err(|e| {
            Error::model(format!("cannot read the adapter {}", path.display()))
                .caused_by(e)
                .hint("the file is damaged or incomplete; export or copy it again")
        })?;
        let pairs = pairs(tensors, file.r, base).map_err(|faults| {
            let mut error = Error::model(format!("the adapter {} does not fit this base", folder.display()));
            error.also = faults.flatten();
            error
        })?;
        let targets: BTreeSet<String> = pairs.keys().map(|module| last_part(module).to_string()).collect();
        let targets = targets.into_iter().collect();
        let config = LoraConfig { rank: file.r, alpha: file.lora_alpha, rslora: file.use_rslora, targets };
        Ok(Self { config, pairs })
    }
}

/// Sorts tensors named as PEFT names them, of rank `r`, into pairs that fit `base`.
fn pairs(mut tensors: HashMap<String, Tensor>, r: usize, base: &Config) -> Result<BTreeMap<String, (Tensor, Tensor)>> {
    let shapes: HashMap<String, (usize, usize)> = base.modules().collect();
    let mut faults: Vec<String> = Vec::new();
    let mut modules = BTreeSet::new();
    for name in tensors.keys() {
        match module_of(name) {
            Some(module) if shapes.contains_key(module) => _ = modules.insert(module.to_string()),
            _ => faults.push(format!("{name}: the base has no such linear layer")),
        }
    }
    let mut pairs = BTreeMap::new();
    for module in modules {
        let (out, input) = shapes[&module];
        let mut get = |which: &str, shape: (usize, usize)| {
            let name = tensor_name(&module, which);
            match tensors.remove(&name) {
                None => faults.push(format!("{name}: missing")),
                Some(t) if t.dims() != [shape.0, shape.1] => {
                    faults.push(format!("{name}: has shape {:?}, the base needs {shape:?}", t.dims()));
                }
                Some(t) => return Some(t),
            }
            None
        };
        if let (Some(a), Some(b)) = (get("lora_A", (r, input)), get("lora_B", (out, r))) {
            pairs.insert(module, (a, b));
        }
    }
    faults.sort();
    if let Some(error) = Error::gather(faults.into_iter().map(Error::model)) {
        return Err(error.hint("use the base it was trained on"));
    }
    if pairs.is_empty() {
        return Err(Error::model("it holds no LoRA weights, so it would change nothing")
            .hint("train or export the adapter again"));
    }
    Ok(pairs)
}

/// Writes both files to `folder`; `base` is how PEFT's users know the base, and `matrices` are module, `lora_A` or
/// `lora_B`, shape and values. Numbers are kept in 16 bits: half the size, and an error far below what training leaves
/// undecided.
pub(super) fn write<'a>(
    folder: &Path,
    base: &str,
    config: &LoraConfig,
    matrices: impl Iterator<Item = (&'a str, &'a str, [usize; 2], &'a [f32])>,
) -> Result<()> {
    let (mut tensors, mut targets) = (Vec::new(), BTreeSet::new());
    for (module, which, shape, values) in matrices {
        let halves: Vec<u8> = values.iter().flat_map(|v| f16::from_f32(*v).to_le_bytes()).collect();
        tensors.push((tensor_name(module, which), halves, shape.to_vec()));
        targets.insert(last_part(module));
    }
    let views = tensors.iter().map(|(name, bytes, shape)| {
        TensorView::new(Dtype::F16, shape.clone(), bytes).map(|view| (name.as_str(), view))
    });
    let fail = |e| Error::model("the adapter cannot be written as safetensors").caused_by(e);
    let views = views.collect::<Result<Vec<_>, _>>().map_err(fail)?;
    let format = Some([("format".to_string(), "pt".to_string())].into());
    let bytes = safetensors::serialize(views, format).map_err(fail)?;
    store::replace(&folder.join("adapter_model.safetensors"), &bytes)?;
    let config = serde_json::json!({
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": base,
        "r": config.rank,
        "lora_alpha": config.alpha,
        "lora_dropout": 0.0,
        "use_rslora": config.rslora,
        "use_dora": false,
        "target_modules": targets,
        "bias": "none",
        "fan_in_fan_out": false,
        "init_lora_weights": true,
        "inference_mode": true,
    });
    let config = serde_json::to_string_pretty(&config).unwrap_or_default() + "\n";
    store::replace(&folder.join("adapter_config.json"), config.as_bytes())
}

/// `q_proj` of `model.layers.0.self_attn.q_proj`.
pub(crate) fn last_part(module: &str) -> &str {
    module.rsplit('.').next().unwrap_or(module)
}

fn tensor_name(module: &str, which: &str) -> String {
    format!("base_model.model.{module}.{which}.weight")
}

/// `base_model.model.PATH.lora_A.weight` → `PATH`.
fn module_of(name: &str) -> Option<&str> {
    let path = name.strip_prefix("base_model.model.")?;
    path.strip_suffix(".lora_A.weight").or_else(|| path.strip_suffix(".lora_B.weight"))
}
