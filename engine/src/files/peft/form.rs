//! Which files an adapter's folder holds.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Where PEFT's weights lie.
pub(super) const WEIGHTS: &str = "adapter_model.safetensors";
/// What PEFT writes beside them.
pub(super) const CONFIG: &str = "adapter_config.json";

/// Files of other formats, what they are, and the way out.
const OTHERS: [(&str, &str, &str); 7] = [
    ("adapters.safetensors", MLX, MLX_WAY_OUT),
    ("adapters.npz", MLX, MLX_WAY_OUT),
    (
        "adapter_model.bin",
        "is PEFT's older form, a Python pickle, which can run code and is not opened",
        "open it with PEFT where you trust it and write it again: \
         `model.save_pretrained(FOLDER)` gives adapter_model.safetensors",
    ),
    ("adapter_model.pt", "is a Python pickle, which can run code and is not opened", SAVE_WITH_PEFT),
    ("pytorch_lora_weights.safetensors", "is a LoRA of the library diffusers, for images", SAVE_WITH_PEFT),
    ("model.safetensors", "is a whole model", "name its folder as the base, without an adapter"),
    ("model.safetensors.index.json", "belongs to a whole model", "name its folder as the base, without an adapter"),
];

const MLX: &str = "is an adapter of mlx-lm, whose format is another";
pub(super) const MLX_WAY_OUT: &str = "merge it into its base with `mlx_lm.fuse --model BASE --adapter-path FOLDER` and \
     use the result as a base, or train the adapter with PEFT or pmtune";
const SAVE_WITH_PEFT: &str = "save the adapter with PEFT's `model.save_pretrained(FOLDER)`";

/// The two files of the adapter in `folder`, its configuration and its weights, unread.
///
/// # Errors
/// There are none in PEFT's format; files of another format are named with what they are.
pub fn adapter_files(folder: &Path) -> Result<[PathBuf; 2]> {
    let weights = weights(folder)?;
    Ok([folder.join(CONFIG), weights])
}

/// The path of the weights.
///
/// # Errors
/// They are not there; files of another format are named with what they are.
pub(super) fn weights(folder: &Path) -> Result<PathBuf> {
    let path = folder.join(WEIGHTS);
    if path.exists() {
        return Ok(path);
    }
    if let Some(error) = other(folder) {
        return Err(error);
    }
    Err(Error::missing(format!("the adapter {} has no {WEIGHTS}", folder.display()))
        .hint("its folder should hold adapter_config.json and adapter_model.safetensors, as PEFT writes them"))
}

/// What lies in `folder` in the place of an adapter in PEFT's format, if it is something known.
pub(super) fn other(folder: &Path) -> Option<Error> {
    let told = |path: &Path, what: &str, way_out: &str| {
        Error::model(format!("{} {what}", path.display())).hint(way_out.to_string())
    };
    if let Some((name, what, way_out)) = OTHERS.into_iter().find(|(name, ..)| folder.join(name).exists()) {
        return Some(told(&folder.join(name), what, way_out));
    }
    let files = std::fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    let mut gguf: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|e| e == "gguf")).collect();
    gguf.sort();
    gguf.first()
        .map(|path| told(path, "is an adapter of llama.cpp or a whole model, not PEFT's format", SAVE_WITH_PEFT))
}
