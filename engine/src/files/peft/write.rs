//! An adapter's two files, written.

use std::collections::BTreeSet;
use std::path::Path;

use half::f16;
use safetensors::tensor::{Dtype, TensorView};

use super::config::LoraConfig;
use super::last_part;
use super::names::tensor_name;
use crate::error::{Error, Result};
use crate::store;

/// Writes both files to `folder`; `base` is how PEFT's users know the base, and `matrices` are module, `lora_A` or
/// `lora_B`, shape and values. Numbers are kept in 16 bits: half the size, and an error far below what training leaves
/// undecided.
pub(crate) fn write<'a>(
    folder: &Path,
    base: &str,
    config: &LoraConfig,
    matrices: impl Iterator<Item = (&'a str, &'a str, [usize; 2], &'a [f32])>,
) -> Result<()> {
    let (mut tensors, mut targets) = (Vec::new(), BTreeSet::new());
    for (module, which, shape, values) in matrices {
        // 16 bits end at 65504.
        if values.iter().any(|value| !f16::from_f32(*value).is_finite()) {
            return Err(Error::model(format!("{module}.{which} holds a number that is not finite in 16 bits"))
                .hint("the training ran away; train again at a lower learning rate"));
        }
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
