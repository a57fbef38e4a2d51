//! Rotary embedding as GGUF describes it, by llama.cpp's rules.

use super::keys::Keys;
use super::tensors::{Gguf, ROPE_TABLES};
use crate::error::Result;
use crate::files::family::{Family, Tables};
use crate::files::keys::unsupported;

pub(super) struct Rope {
    pub theta: f64,
    pub factors: Option<Vec<f32>>,
    pub attn_factor: f32,
    pub context_length: usize,
}

/// A frequency is divided by the scaling factor (that of `rope.scaling`, else that of 2023's `rope.scale_linear`; linear
/// where no type is named, and 0 for none) and by its entry in the family's table of factors. Of longrope's two tables
/// the short one is used, which serves the original context, and the context is cut to that.
pub(super) fn rope(keys: &Keys<'_>, gguf: &Gguf, family: Family, rope_dims: usize) -> Result<Rope> {
    let context_length = keys.size("context_length")?;
    let theta = keys.float("rope.freq_base")?.unwrap_or(10000.0);
    let attn_factor = keys.float("rope.scaling.attn_factor")?.unwrap_or(1.0) as f32;
    let kind = keys.text("rope.scaling.type")?.unwrap_or_else(|| "linear".to_string());
    if !matches!(kind.as_str(), "none" | "linear" | "longrope") {
        let shown: String = kind.chars().take(40).collect();
        return Err(keys.error(&format!("its RoPE scaling {shown:?} is not one pmtune knows (none, linear, longrope)")));
    }
    let factor = match keys.float("rope.scaling.factor")? {
        Some(factor) => Some(factor),
        None => keys.float("rope.scale_linear")?,
    };
    let scale = factor.filter(|factor| *factor != 0.0 && kind != "none").unwrap_or(1.0) as f32;
    // Which tables a family takes; llama.cpp has no place for the others.
    let [freqs_name, short_name, long_name] = ROPE_TABLES;
    let taken = match family.anatomy().gguf_tables {
        Tables::No => vec![],
        Tables::ByType if kind != "longrope" => vec![freqs_name],
        Tables::ByType | Tables::Long => vec![short_name, long_name],
    };
    if let Some(other) =
        ROPE_TABLES.iter().find(|name| gguf.header.tensors.contains_key(**name) && !taken.contains(name))
    {
        return Err(unsupported(&gguf.path, other, &format!("there, in a {family:?} model of the scaling {kind:?}")));
    }
    let half = rope_dims.min(1 << 16) / 2;
    let (short, long) = (gguf.vector(short_name, half)?, gguf.vector(long_name, half)?);
    let stretched = short.is_some() || long.is_some();
    if short.is_none() && (stretched || kind == "longrope") {
        return Err(keys.error(&format!("its RoPE is longrope, but it has no `{short_name}`")));
    }
    let table = match short {
        Some(short) => Some(short),
        None => gguf.vector(freqs_name, half)?,
    };
    let original = keys.optional_size("rope.scaling.original_context_length")?.filter(|_| stretched);
    let factors = match table {
        Some(table) => Some(table.into_iter().map(|entry| entry * scale).collect()),
        None => (scale != 1.0).then(|| vec![scale; half]),
    };
    Ok(Rope { theta, factors, attn_factor, context_length: original.unwrap_or(context_length).min(context_length) })
}
