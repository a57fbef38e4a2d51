//! One GGUF file out of a base and an adapter.

use candle_core::quantized::GgmlDType;
use rayon::prelude::*;
use std::path::Path;

use super::base::{Base, Stored};
use super::file_type::FileType;
use super::merge::{Merge, Order, Pair};
use super::mix;
use super::value::Value;
use super::writer::{Described, Progress, Sink, Written, header};
use crate::error::{Error, Result};
use crate::files::config::Config;
use crate::files::quantize::{bits_per_weight, encode};

/// Values that one thread works on at a time, and of which a slab holds so many.
const TASK_VALUES: usize = 1 << 16;
const SLAB_TASKS: usize = 64;

/// A base with an adapter merged into it, as a file that can be written.
pub struct Export {
    pub(super) base: Base,
    pub(super) merge: Option<Merge>,
    file_type: FileType,
    plan: Vec<Planned>,
}

/// What becomes of one tensor.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// Its name in GGUF.
    pub name: String,
    /// Slowest dimension first.
    pub shape: Vec<usize>,
    /// How it comes about.
    pub way: Way,
    /// What it takes in the file.
    pub bytes: u64,
    pub(super) dtype: GgmlDType,
}

impl Planned {
    /// How it is stored, such as `Q6_K`.
    pub fn type_name(&self) -> String {
        type_name(self.dtype)
    }
}

/// `Q6_K` of candle's `Q6K`.
pub(super) fn type_name(dtype: GgmlDType) -> String {
    let name = format!("{dtype:?}");
    match name.strip_suffix('K') {
        Some(start) => format!("{start}_K"),
        None => name,
    }
}

/// How a tensor of the file comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The base's own bytes.
    Copied,
    /// The base's values, rounded to another type.
    Converted,
    /// The base's values and the adapter's, added in f32 and rounded.
    Merged,
}

impl Export {
    /// Opens `base`, a GGUF file or a Hugging Face folder, and the adapter in the folder `adapter`, and plans a file of the
    /// type.
    ///
    /// # Errors
    /// A base that cannot be run, an adapter that does not fit it.
    pub fn new(base: &Path, adapter: Option<&Path>, file_type: FileType) -> Result<Self> {
        let base = Base::open(base)?;
        let merge = adapter.map(|folder| Merge::load(folder, &base.config, Order::Gguf)).transpose()?;
        let plan = base.tensors.iter().map(|tensor| planned(&base, merge.as_ref(), file_type, tensor)).collect();
        Ok(Self { base, merge, file_type, plan })
    }

    /// The base alone, everything of it in the type that llama.cpp would give it.
    #[cfg(test)]
    pub(super) fn requantized(base: &Path, file_type: FileType) -> Result<Self> {
        let mut export = Self::new(base, None, file_type)?;
        for (planned, tensor) in export.plan.iter_mut().zip(&export.base.tensors) {
            planned.dtype = mixed(&export.base, file_type, tensor);
            planned.way = if planned.dtype == tensor.dtype { Way::Copied } else { Way::Converted };
            planned.bytes = planned.described().bytes();
        }
        Ok(export)
    }

    /// Every tensor of the file, in order.
    pub fn tensors(&self) -> &[Planned] {
        &self.plan
    }

    /// The sizes of the model.
    pub fn config(&self) -> &Config {
        &self.base.config
    }

    /// What the file will take, its header apart.
    pub fn bytes(&self) -> u64 {
        self.plan.iter().map(|tensor| tensor.bytes.next_multiple_of(self.base.alignment)).sum()
    }

    /// Writes the file `path`: every key of the base in its order with `keys` in their place or behind them (`None` leaves
    /// a key out), then the tensors in the base's order. `general.file_type` and `general.quantization_version` are set
    /// unless `keys` do. Beside what is memory-mapped it holds a few tens of megabytes at a time.
    ///
    /// # Errors
    /// A file of that name, a full disk, a number that the type cannot hold, or what `listen` says. Nothing is left behind.
    pub fn write(
        &self,
        path: &Path,
        keys: &[(String, Option<Value>)],
        listen: &mut dyn FnMut(Progress<'_>) -> Result<()>,
    ) -> Result<Written> {
        let alignment = self.base.alignment;
        let described: Vec<Described<'_>> = self.plan.iter().map(Planned::described).collect();
        let mut sink = Sink::new(path)?;
        sink.put(&header(&self.keys(keys), &described, alignment))?;
        let total_bytes = sink.done() + self.bytes();
        for (tensor, planned) in self.base.tensors.iter().zip(&self.plan) {
            let mut told = |done_bytes| listen(Progress { done_bytes, total_bytes, tensor: &planned.name });
            self.put(tensor, planned, &mut sink, &mut told)?;
            sink.pad(alignment)?;
        }
        sink.finish()
    }

    /// Every key of the file with its encoded value, in order.
    pub(super) fn keys(&self, changes: &[(String, Option<Value>)]) -> Vec<(String, Vec<u8>)> {
        let own = [("general.file_type", self.file_type.number()), ("general.quantization_version", 2)];
        let own = own.map(|(key, value)| (key.to_string(), Some(Value::U32(value))));
        let mut keys = self.base.keys.clone();
        for (key, value) in own.iter().chain(changes) {
            let place = keys.iter().position(|(known, _)| known == key);
            match (place, value) {
                (Some(place), Some(value)) => keys[place].1 = value.bytes(),
                (Some(place), None) => drop(keys.remove(place)),
                (None, Some(value)) => keys.push((key.clone(), value.bytes())),
                (None, None) => {}
            }
        }
        keys
    }

    fn put(
        &self,
        tensor: &Stored,
        planned: &Planned,
        sink: &mut Sink,
        told: &mut dyn FnMut(u64) -> Result<()>,
    ) -> Result<()> {
        let bytes = self.base.bytes(tensor)?;
        if planned.way == Way::Copied {
            for slab in bytes.chunks(1 << 24) {
                sink.put(slab)?;
                told(sink.done())?;
            }
            return Ok(());
        }
        let pair = self.merge.as_ref().and_then(|merge| merge.pair(&tensor.name));
        let width = tensor.shape.last().copied().unwrap_or(1);
        let rows: usize = tensor.shape.iter().product::<usize>() / width;
        let task_rows = (TASK_VALUES / width).max(1);
        let row_bytes = |dtype: GgmlDType| width / dtype.block_size() * dtype.type_size();
        for first in (0..rows).step_by(task_rows * SLAB_TASKS) {
            let last = rows.min(first + task_rows * SLAB_TASKS);
            let from = &bytes[first * row_bytes(tensor.dtype)..last * row_bytes(tensor.dtype)];
            let mut out = vec![0; (last - first) * row_bytes(planned.dtype)];
            from.par_chunks(task_rows * row_bytes(tensor.dtype))
                .zip(out.par_chunks_mut(task_rows * row_bytes(planned.dtype)))
                .enumerate()
                .try_for_each(|(task, (from, out))| {
                    let rows = Rows { tensor, first: first + task * task_rows, width };
                    rows.convert(from, pair, planned.dtype, out)
                })?;
            sink.put(&out)?;
            told(sink.done())?;
        }
        Ok(())
    }
}

/// Some rows of a tensor.
struct Rows<'a> {
    tensor: &'a Stored,
    first: usize,
    width: usize,
}

impl Rows<'_> {
    fn convert(&self, from: &[u8], pair: Option<&Pair>, dtype: GgmlDType, out: &mut [u8]) -> Result<()> {
        let mut values = self.tensor.decoded(from, self.width)?;
        if let Some(pair) = pair {
            pair.add(self.first, &mut values);
        }
        if encode(&values, dtype, out) {
            return Ok(());
        }
        let name = &self.tensor.name;
        Err(Error::model(format!(
            "`{name}` holds a number that {} cannot: too large, or none at all",
            type_name(dtype)
        ))
        .hint("export as BF16 or F32; if that fails too, the training diverged: train again at a lower rate"))
    }
}

impl Planned {
    fn described(&self) -> Described<'_> {
        Described { name: &self.name, shape: &self.shape, dtype: self.dtype }
    }
}

fn planned(base: &Base, merge: Option<&Merge>, file_type: FileType, tensor: &Stored) -> Planned {
    let touched = merge.is_some_and(|merge| merge.pair(&tensor.name).is_some());
    let wanted = mixed(base, file_type, tensor);
    // Rounding once more would cost exactness and, to a larger type, space, and gain nothing.
    let kept = !touched && (wanted == tensor.dtype || no_better(wanted, tensor.dtype));
    let (way, dtype) = match (kept, touched) {
        (true, _) => (Way::Copied, tensor.dtype),
        (false, true) => (Way::Merged, wanted),
        (false, false) => (Way::Converted, wanted),
    };
    let described = Described { name: &tensor.name, shape: &tensor.shape, dtype };
    let bytes = described.bytes();
    Planned { name: tensor.name.clone(), shape: tensor.shape.clone(), way, bytes, dtype }
}

fn mixed(base: &Base, file_type: FileType, tensor: &Stored) -> GgmlDType {
    let Stored { name, shape, dtype, .. } = tensor;
    mix::storage(file_type, name, shape, *dtype, base.config.layers, base.config.tie_embeddings)
}

/// Whether what is already rounded to `now` would only take more space as `wanted`, another rounded type.
fn no_better(wanted: GgmlDType, now: GgmlDType) -> bool {
    let rounded = |dtype| !matches!(dtype, GgmlDType::F32 | GgmlDType::F16 | GgmlDType::BF16);
    rounded(wanted) && rounded(now) && bits_per_weight(now) <= bits_per_weight(wanted)
}
