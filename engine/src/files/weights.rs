//! Weights by name, the same for every file format.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use candle_core::quantized::QTensor;
use candle_core::{DType, Device, Tensor};

use super::config::Config;
use super::family;
use super::layout::Entry;
use crate::error::{Error, Result};

/// One weight as its file holds it: F32, F16 and BF16 dense, everything else still quantized.
#[derive(Debug, Clone)]
pub enum Weight {
    /// F32, F16 or BF16.
    Dense(Tensor),
    /// One of ggml's block types.
    Quantized(Arc<QTensor>),
}

impl Weight {
    /// The values in full precision.
    pub(crate) fn to_f32(&self) -> Result<Tensor> {
        let tensor = match self {
            Weight::Dense(tensor) => tensor.clone(),
            Weight::Quantized(tensor) => tensor.dequantize(&Device::Cpu)?,
        };
        Ok(tensor.to_dtype(DType::F32)?)
    }
}

/// Where weights come from. Names, shapes and row order are Hugging Face's (`model.layers.0.self_attn.q_proj.weight`,
/// `(out, in)`, q and k in halves rather than interleaved pairs), whatever the file's own convention. A norm's weights are
/// what it multiplies by.
pub trait Weights: Send + Sync {
    /// The weight called `name`, on the CPU. Errors when it is missing or has another shape.
    fn get(&self, name: &str, shape: &[usize]) -> Result<Weight>;
    /// Whether there is a weight called `name`.
    fn contains(&self, name: &str) -> bool;
}

/// Compares what a file holds with what its config calls for and reports every difference at once.
///
/// `shape` gives a weight's shape by name, `names` all names in the file (where the format can list them).
pub(super) fn check_all<'a>(
    config: &Config,
    path: &Path,
    shape: impl Fn(&str) -> Option<Vec<usize>>,
    names: impl Iterator<Item = &'a str>,
) -> Result<()> {
    let expected = config.entries();
    let mut faults = Vec::new();
    for Entry { name, shape: wanted, optional, .. } in &expected {
        match shape(name) {
            None if *optional => {}
            None => faults.push(Error::model(format!("{}: the weight `{name}` is missing", path.display()))),
            Some(found) if found != *wanted => faults.push(wrong_shape(path, name, &found, wanted)),
            Some(_) => {}
        }
    }
    let misfits = faults.len();
    let known: HashSet<&str> = expected.iter().map(|entry| entry.name.as_str()).collect();
    let mut extra: Vec<&str> = names.filter(|name| !known.contains(name) && !harmless(config, name)).collect();
    extra.sort_unstable();
    faults.extend(extra.into_iter().map(|name| {
        Error::model(format!("{}: the weight `{name}` has no place in a {:?} model", path.display(), config.family))
    }));
    let count = faults.len();
    let hint = match misfits {
        0 => "pmtune would pass over them, and the answers would be another model's; use another model, or serve this one \
              elsewhere and name it as `openai:URL#model`"
            .to_string(),
        _ => format!("{count} weights do not fit the config; the download is incomplete or mixes two models"),
    };
    let Some(mut error) = Error::gather(faults) else { return Ok(()) };
    // A wrong layer count would otherwise fill screens.
    error.also.truncate(19);
    Err(error.hint(hint))
}

/// Weights some files carry that the decoder does not read.
fn harmless(config: &Config, name: &str) -> bool {
    name.ends_with(".rotary_emb.inv_freq")
        || config.tie_embeddings && name.strip_suffix(".weight") == Some(family::HEAD.name)
}

pub(super) fn wrong_shape(path: &Path, name: &str, found: &[usize], wanted: &[usize]) -> Error {
    let message = format!("{}: the weight `{name}` has the shape {found:?}, not {wanted:?}", path.display());
    Error::model(message).hint("its config belongs to another model")
}
