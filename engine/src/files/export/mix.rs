//! Which tensor is stored how, as llama.cpp's `llama-quant.cpp` decides it (version of 2026) for the models that we read:
//! no experts, no importance matrix. Its exception for models of 70 billion weights is left out.

use candle_core::quantized::GgmlDType;

use super::file_type::FileType;
use crate::files::family::{EMBEDDINGS, HEAD};
use crate::files::quantize::fits;

/// The storage of the tensor `name`, stored as `now` in the base.
///
/// `layers` is how many the model has; `tied` that its embeddings serve as output head too.
pub(super) fn storage(
    file_type: FileType,
    name: &str,
    shape: &[usize],
    now: GgmlDType,
    layers: usize,
    tied: bool,
) -> GgmlDType {
    let plain = file_type.storage();
    if !is_matrix(name, shape) {
        return now;
    }
    let row = shape.last().copied().unwrap_or(1);
    match plain {
        GgmlDType::F32 | GgmlDType::F16 | GgmlDType::BF16 => plain,
        _ => for_row(wanted(file_type, name, row, layers, tied), row),
    }
}

/// Norms, biases and tables of frequencies keep what they have.
fn is_matrix(name: &str, shape: &[usize]) -> bool {
    let dimensions = shape.iter().skip_while(|size| **size == 1).count();
    dimensions >= 2 && name.ends_with("weight") && !name.contains("_norm.weight")
}

fn wanted(file_type: FileType, name: &str, row: usize, layers: usize, tied: bool) -> GgmlDType {
    let plain = file_type.storage();
    let module = name.strip_suffix(".weight").unwrap_or(name);
    if module == HEAD.gguf || tied && module == EMBEDDINGS.gguf {
        // The head decides the token, so it gets more bits.
        let more = plain != GgmlDType::Q8_0 && fits(plain, row);
        return if more { GgmlDType::Q6K } else { GgmlDType::Q8_0 };
    }
    let sensitive = ["attn_v", "attn_qkv", "ffn_down"].iter().any(|part| module.ends_with(part));
    let mixed = matches!(file_type, FileType::Q4KM | FileType::Q5KM);
    match layer(name) {
        Some(layer) if mixed && sensitive && more_bits(layer, layers) => GgmlDType::Q6K,
        _ => plain,
    }
}

/// The first eighth, the last eighth, and every third layer between.
fn more_bits(layer: usize, layers: usize) -> bool {
    let eighth = layers / 8;
    layer < eighth || layer >= 7 * layers / 8 || (layer - eighth) % 3 == 2
}

/// 3 of `blk.3.attn_v.weight`.
fn layer(name: &str) -> Option<usize> {
    name.strip_prefix("blk.")?.split('.').next()?.parse().ok()
}

/// What takes the place of a type whose blocks do not divide a row.
fn for_row(wanted: GgmlDType, row: usize) -> GgmlDType {
    let smaller = match wanted {
        _ if fits(wanted, row) => wanted,
        GgmlDType::Q4K => GgmlDType::Q5_0,
        GgmlDType::Q5K => GgmlDType::Q5_1,
        GgmlDType::Q6K => GgmlDType::Q8_0,
        other => other,
    };
    if fits(smaller, row) { smaller } else { GgmlDType::F16 }
}
