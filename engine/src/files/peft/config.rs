//! `adapter_config.json`: what of it is read, what changes nothing, and why the rest is refused.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::form;
use crate::error::{Error, Result};
use crate::files::keys::{Keys, shown};

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

/// The parts of `adapter_config.json` that are read.
#[derive(Deserialize)]
pub(super) struct File {
    #[serde(rename = "peft_type")]
    _method: String,
    pub r: usize,
    pub lora_alpha: f64,
    #[serde(default)]
    pub use_rslora: Option<bool>,
    #[serde(default)]
    init_lora_weights: Value,
}

/// Every field of PEFT's `LoraConfig` (0.21) that a plain LoRA may have, and what well-known trainers add. Those that
/// choose modules (`target_modules`, `layers_to_transform`, …) are neutral: which modules there are, the weights say.
const KEYS: Keys = Keys {
    read: &["peft_type", "r", "lora_alpha", "use_rslora", "init_lora_weights"],
    neutral: &[
        "auto_mapping",
        "peft_version",
        "base_model_name_or_path",
        "revision",
        "inference_mode",
        "target_modules",
        "exclude_modules",
        "layers_to_transform",
        "layers_pattern",
        "lora_dropout",
        "megatron_core",
        // How the first numbers were found; those methods that changed the base are refused by `init_lora_weights`.
        "loftq_config",
        "eva_config",
        "corda_config",
        "lora_ga_config",
        "qalora_group_size",
        "runtime_config",
        // Ties that only weights trained whole can have.
        "ensure_weight_tying",
        // ms-swift, unsloth and LLaMA-Factory: names, precision and learning rates in training.
        "lora_dtype",
        "lorap_lr_ratio",
        "lorap_emb_lr",
        "loraplus_lr_ratio",
        "loraplus_lr_embedding",
        "unsloth_version",
    ],
    defaults: &[
        ("task_type", "\"CAUSAL_LM\""),
        ("bias", "\"none\""),
        ("fan_in_fan_out", "false"),
        ("lora_bias", "false"),
        ("use_dora", "false"),
        ("use_qalora", "false"),
        ("use_bdlora", "false"),
        ("use_vera", "false"),
        ("enable_lora", "false"),
        ("merge_weights", "false"),
    ],
};

const MERGE: &str =
    "merge it into its base with PEFT's merge_and_unload and use the result as a base, or train a plain LoRA";
const RETRAIN: &str = "it cannot be merged into its base; train a plain LoRA";

/// Keys with what they mean and the way out; any other key says itself.
const REASONS: &[(&str, &str, &str)] = &[
    ("use_dora", "this is DoRA, which scales the base's weights as well", MERGE),
    ("lora_bias", "the adapter trained a bias beside its matrices (lora_B.bias)", MERGE),
    ("bias", "the adapter trained the base's biases", MERGE),
    ("modules_to_save", "the adapter trained these modules' weights whole", MERGE),
    ("trainable_token_indices", "the adapter trained rows of the embeddings", MERGE),
    ("layer_replication", "the adapter belongs to a base with some of its layers repeated", MERGE),
    ("alora_invocation_tokens", "the adapter acts only behind these tokens (aLoRA)", RETRAIN),
    ("rank_pattern", "its matrices differ in rank", MERGE),
    ("alpha_pattern", "its matrices differ in scale", MERGE),
    ("target_parameters", "the adapter changes parameters that are no linear layers", MERGE),
    ("fan_in_fan_out", "its base keeps weights the other way round", MERGE),
    ("use_qalora", "the adapter pools its input in groups (QA-LoRA)", RETRAIN),
    ("arrow_config", "a router mixes several adapters for each token (Arrow)", RETRAIN),
    ("task_type", "the adapter was trained for another task than writing", "use an adapter of the task type CAUSAL_LM"),
];

/// Ways to begin an adapter that leave the base as it is. All others of PEFT take the start out of the base's own weights.
const PLAIN_STARTS: [&str; 4] = ["gaussian", "eva", "orthogonal", "mica"];

/// Other methods than LoRA that PEFT can merge into the base.
const MERGED: &[&str] = &[
    "ADALORA",
    "LOHA",
    "LOKR",
    "IA3",
    "OFT",
    "BOFT",
    "VERA",
    "PVERA",
    "FOURIERFT",
    "HRA",
    "VBLORA",
    "MISS",
    "BONE",
    "RANDLORA",
    "ROAD",
    "HIRA",
    "SHIRA",
    "C3A",
    "WAVEFT",
    "DELORA",
    "GRALORA",
    "LN_TUNING",
    "TINYLORA",
    "UNILORA",
];

impl File {
    /// Reads and checks the configuration in `folder`.
    ///
    /// # Errors
    /// Every key that would change what the adapter computes and is not supported, each with its reason.
    pub fn load(folder: &Path) -> Result<Self> {
        let path = folder.join(form::CONFIG);
        if !path.exists()
            && let Some(error) = form::other(folder)
        {
            return Err(error);
        }
        let text = std::fs::read_to_string(&path).map_err(|e| Error::io("read", &path, e))?;
        let unreadable = |e: serde_json::Error| {
            Error::input(format!("{} is not a LoRA adapter's configuration", path.display()))
                .caused_by(e)
                .hint("expected the adapter_config.json that PEFT writes, with peft_type, r and lora_alpha")
        };
        let object: Map<String, Value> = serde_json::from_str(&text).map_err(unreadable)?;
        check_method(&object, &path)?;
        let file: Self = serde_json::from_str(&text).map_err(unreadable)?;
        let mut faults = Vec::new();
        faults.extend(file.check_start(&path).err());
        faults.extend(KEYS.strangers(&object).into_iter().map(|(key, value)| refused(&path, key, value)));
        if let Some(error) = Error::gather(faults) {
            return Err(error);
        }
        file.checked(&path)
    }

    /// What the adapter's start did to the base.
    fn check_start(&self, path: &Path) -> Result<()> {
        let start = match &self.init_lora_weights {
            Value::Null | Value::Bool(_) => return Ok(()),
            Value::String(name) if PLAIN_STARTS.contains(&name.to_lowercase().as_str()) => return Ok(()),
            other => shown(other),
        };
        let message = format!(
            "{}: `init_lora_weights` is {start}: the adapter began with numbers taken out of its base and only fits that \
             changed base",
            path.display()
        );
        Err(Error::input(message).hint(
            "convert it to a plain LoRA with PEFT: save_pretrained(FOLDER, \
             path_initial_model_for_weight_conversion=FOLDER_OF_THE_START), or merge it where it was trained and use the \
             result as a base",
        ))
    }

    fn checked(self, path: &Path) -> Result<Self> {
        let refuse = |what: String, hint: &str| Err(Error::input(format!("{}: {what}", path.display())).hint(hint));
        if self.r == 0 {
            return refuse("`r` is 0: it adds nothing".to_string(), "train or export the adapter again");
        }
        let config = LoraConfig {
            rank: self.r,
            alpha: self.lora_alpha,
            rslora: self.use_rslora.unwrap_or(false),
            targets: Vec::new(),
        };
        let scale = config.scale();
        if !scale.is_finite() || scale == 0.0 {
            let what = format!("`lora_alpha` of {:e} scales what the adapter adds by {scale}", self.lora_alpha);
            return refuse(what, "twice the rank is usual; write what it was trained with");
        }
        Ok(self)
    }
}

/// Refuses all methods but LoRA, and mlx-lm's file of the same name.
fn check_method(object: &Map<String, Value>, path: &Path) -> Result<()> {
    let method = match object.get("peft_type") {
        Some(Value::String(method)) => method.to_uppercase(),
        None if object.contains_key("lora_parameters") || object.contains_key("fine_tune_type") => {
            let message =
                format!("{} is the configuration of an mlx-lm adapter, whose format is another", path.display());
            return Err(Error::input(message).hint(form::MLX_WAY_OUT));
        }
        // What is missing is said by the reader.
        _ => return Ok(()),
    };
    if method == "LORA" {
        return Ok(());
    }
    let shown: String = method.chars().take(40).collect();
    let error = Error::input(format!("{}: `peft_type` is {shown}; pmtune runs LORA", path.display()));
    Err(error.hint(if MERGED.contains(&method.as_str()) { MERGE } else { RETRAIN }))
}

fn refused(path: &Path, key: &str, value: &Value) -> Error {
    let (meaning, way_out) = match REASONS.iter().find(|(name, ..)| *name == key) {
        Some((_, meaning, way_out)) => (*meaning, *way_out),
        None => (
            "pmtune does not know this setting, and what it does to the adapter would be lost",
            "merge the adapter into its base with PEFT's merge_and_unload, or, if the key only tells of training, take it \
             out of the file",
        ),
    };
    let key: String = key.chars().take(80).collect();
    Error::input(format!("{}: `{key}` is {}: {meaning}", path.display(), shown(value))).hint(way_out)
}
