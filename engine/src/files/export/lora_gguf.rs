//! The adapter alone, for `llama-server --lora`: tensors and keys as `convert_lora_to_gguf.py` writes them.

use candle_core::quantized::GgmlDType;
use std::path::Path;

use super::base::Base;
use super::merge::{Merge, Order};
use super::value::Value;
use super::writer::{Described, Sink, Written, header};
use crate::error::{Error, Result};

const ALIGNMENT: u64 = 32;

/// Writes the adapter in `folder`, trained on `base`, as a LoRA file `path` of 32-bit numbers. `keys` come
/// behind those that the format demands.
///
/// llama.cpp scales by alpha / rank and knows no other way, so for rsLoRA alpha · √rank is written.
///
/// # Errors
/// A base that cannot be run, an adapter that does not fit it or adds nothing, a file of that name.
pub fn write_lora(base: &Path, folder: &Path, path: &Path, keys: &[(String, Value)]) -> Result<Written> {
    let base = Base::open(base)?;
    let merge = Merge::load(folder, &base.config, Order::Gguf)?;
    // In the base's order, so that the same adapter always gives the same bytes.
    let pairs: Vec<_> = base.tensors.iter().filter_map(|t| Some((t, merge.pair(&t.name)?))).collect();
    if pairs.is_empty() {
        return Err(Error::model(format!("the adapter {} adds nothing to its base", folder.display()))
            .hint("train it before exporting it"));
    }
    let alpha = merge.config.scale() * merge.config.rank as f32;
    let own = [
        ("general.architecture", Value::Text(base.architecture())),
        ("general.type", Value::Text("adapter".to_string())),
        ("adapter.type", Value::Text("lora".to_string())),
        ("adapter.lora.alpha", Value::F32(alpha)),
    ];
    let own = own.map(|(key, value)| (key.to_string(), value));
    let added = keys.iter().filter(|(key, _)| own.iter().all(|(own, _)| own != key)).cloned();
    let keys: Vec<_> = own.iter().cloned().chain(added).map(|(key, value)| (key, value.bytes())).collect();
    let names: Vec<[String; 2]> =
        pairs.iter().map(|(t, _)| [format!("{}.lora_a", t.name), format!("{}.lora_b", t.name)]).collect();
    let mut shapes = Vec::new();
    for (tensor, pair) in &pairs {
        let (out, input) = (pair.b.len() / pair.rank, pair.a.len() / pair.rank);
        debug_assert_eq!(tensor.shape, [out, input]);
        shapes.push([[pair.rank, input], [out, pair.rank]]);
    }
    let described: Vec<Described<'_>> = names
        .iter()
        .flatten()
        .zip(shapes.iter().flatten())
        .map(|(name, shape)| Described { name, shape, dtype: GgmlDType::F32 })
        .collect();
    let mut sink = Sink::new(path)?;
    sink.put(&header(&keys, &described, ALIGNMENT))?;
    for values in pairs.iter().flat_map(|(_, pair)| [&pair.a, &pair.b]) {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        sink.put(&bytes)?;
        sink.pad(ALIGNMENT)?;
    }
    sink.finish()
}
