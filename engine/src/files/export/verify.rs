//! Reading a written file back: is every tensor what it was meant to be, within the bound of its type?

use candle_core::quantized::GgmlDType;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::base::Stored;
use super::file_type::FileType;
use super::merge::{Merge, Order};
use super::model::{Export, Planned, Way, type_name};
use super::value::Value;
use crate::error::{Error, Result};
use crate::files::config::Config;
use crate::files::gguf::{Gguf, Info, decoded};
use crate::files::quantize::bounds;
use crate::files::source;
use crate::files::weights::Weights;

/// What rounding did to one tensor.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// Its name in GGUF.
    pub name: String,
    /// How it is stored, such as `Q6_K`.
    pub type_name: String,
    /// Root of the mean squared error over the root of the mean square, of base and adapter in f32; 0 when nothing was
    /// rounded.
    pub relative_error: f64,
    /// The largest error as a share of what its type may do to that value; at most 1.
    pub worst: f32,
}

/// Rows that are compared at a time.
const TASK_VALUES: usize = 1 << 16;

impl Export {
    /// Reads `path` back, which [`Export::write`] has written with these `keys`, and compares every key, and every tensor with
    /// base and adapter. Which program rounded it (`general.quantized_by`) may be another.
    ///
    /// # Errors
    /// A file that cannot be run, or every key and tensor that is not what it should be.
    pub fn verify(&self, path: &Path, keys: &[(String, Option<Value>)]) -> Result<Vec<Checked>> {
        let (config, _) = source::open_weights(path)?;
        let gguf = Gguf::open(path)?;
        let (mut checked, mut faults) = (Vec::new(), Vec::new());
        let fault = |what: String| Error::model(format!("{}: {what}", path.display()));
        if in_32_bits(&config) != in_32_bits(&self.base.config) {
            faults.push(fault("the sizes of the model are not its base's".to_string()));
        }
        let bytes = gguf.bytes();
        let found: BTreeMap<&str, &[u8]> =
            gguf.header.raw_keys.iter().map(|(key, place)| (key.as_str(), &bytes[place.clone()])).collect();
        let wanted = self.keys(keys);
        let wanted: BTreeMap<&str, &[u8]> =
            wanted.iter().map(|(key, value)| (key.as_str(), value.as_slice())).collect();
        let all: BTreeSet<&str> = found.keys().chain(wanted.keys()).copied().collect();
        let other = all.into_iter().filter(|key| *key != "general.quantized_by" && found.get(key) != wanted.get(key));
        faults.extend(other.map(|key| fault(format!("the key `{key}` is not what would be written now"))));
        if gguf.header.tensors.len() != self.tensors().len() {
            faults.push(fault("it holds other tensors than its base".to_string()));
        }
        for (tensor, planned) in self.base.tensors.iter().zip(self.tensors()) {
            let info = gguf.header.tensors.get(&planned.name);
            let fits = |info: &&Info| info.shape == planned.shape && info.dtype == planned.dtype;
            let Some(info) = info.filter(fits) else {
                faults.push(fault(format!("`{}` is missing, or of another shape or type", planned.name)));
                continue;
            };
            let found = self.compare(tensor, planned, gguf.bytes_of(info))?;
            if found.worst > 1.0 {
                let what = format!("`{}` is off by {:.1} times what its type allows", planned.name, found.worst);
                faults.push(fault(what));
            }
            checked.push(found);
        }
        match Error::gather(faults) {
            Some(error) => Err(error.hint("do not use the file; export again, and tell us if it happens again")),
            None => Ok(checked),
        }
    }

    fn compare(&self, tensor: &Stored, planned: &Planned, found: &[u8]) -> Result<Checked> {
        let bytes = self.base.bytes(tensor)?;
        let mut checked =
            Checked { name: planned.name.clone(), type_name: planned.type_name(), relative_error: 0.0, worst: 0.0 };
        if planned.way == Way::Copied {
            checked.worst = if *bytes == *found { 0.0 } else { f32::INFINITY };
            return Ok(checked);
        }
        let pair = self.merge.as_ref().and_then(|merge| merge.pair(&tensor.name));
        let width = tensor.shape.last().copied().unwrap_or(1);
        let rows = (TASK_VALUES / width).max(1);
        let task_bytes = |dtype: GgmlDType| rows * width / dtype.block_size() * dtype.type_size();
        let parts = bytes.par_chunks(task_bytes(tensor.dtype)).zip(found.par_chunks(task_bytes(planned.dtype)));
        let sums = parts.enumerate().map(|(task, (from, found))| {
            let mut values = tensor.decoded(from, width)?;
            if let Some(pair) = pair {
                pair.add(task * rows, &mut values);
            }
            let found = decoded(planned.dtype, found, width)?;
            Ok(Sums::of(&values, &found, &bounds(&values, planned.dtype)))
        });
        checked.sum_up(&sums.collect::<Result<Vec<Sums>>>()?);
        Ok(checked)
    }
}

impl Checked {
    fn sum_up(&mut self, sums: &[Sums]) {
        let total = |of: fn(&Sums) -> f64| sums.iter().map(of).sum::<f64>();
        let square = total(|sums| sums.square);
        self.relative_error = if square > 0.0 { (total(|sums| sums.error) / square).sqrt() } else { 0.0 };
        self.worst = sums.iter().fold(0.0, |worst, sums| sums.worst.max(worst));
    }
}

/// Reads the folder `path` back, which [`write_folder`](super::write_folder) has written in `file_type`, and compares every
/// weight with base and adapter. Holds two weights in memory at a time.
///
/// # Errors
/// A folder that cannot be run, or every weight that is not what it should be.
pub fn verify_folder(base: &Path, adapter: Option<&Path>, path: &Path, file_type: FileType) -> Result<Vec<Checked>> {
    let (config, weights) = source::open_weights(base)?;
    let merge = adapter.map(|folder| Merge::load(folder, &config, Order::HuggingFace)).transpose()?;
    let (found_config, found) = source::open_weights(path)?;
    let (mut checked, mut faults) = (Vec::new(), Vec::new());
    let fault = |what: String| Error::model(format!("{}: {what}", path.display()));
    if in_32_bits(&found_config) != in_32_bits(&config) {
        faults.push(fault("the sizes of the model are not its base's".to_string()));
    }
    let dtype = file_type.storage();
    for entry in config.entries().iter().filter(|entry| weights.contains(&entry.name)) {
        if !found.contains(&entry.name) {
            faults.push(fault(format!("`{}` is missing", entry.name)));
            continue;
        }
        let values = |weights: &dyn Weights| -> Result<Vec<f32>> {
            Ok(weights.get(&entry.name, &entry.shape)?.to_f32()?.flatten_all()?.to_vec1()?)
        };
        let (mut wanted, mut found) = (values(weights.as_ref())?, values(found.as_ref())?);
        if let Some(pair) = merge.as_ref().and_then(|merge| merge.pair(&entry.name)) {
            pair.add_all(&mut wanted);
        }
        if entry.less_one {
            // As they are stored, and so rounded.
            wanted.iter_mut().chain(&mut found).for_each(|value| *value -= 1.0);
        }
        let sums = Sums::of(&wanted, &found, &bounds(&wanted, dtype));
        let mut this =
            Checked { name: entry.name.clone(), type_name: type_name(dtype), relative_error: 0.0, worst: 0.0 };
        this.sum_up(&[sums]);
        if this.worst > 1.0 {
            let what = format!("`{}` is off by {:.1} times what its type allows", entry.name, this.worst);
            faults.push(fault(what));
        }
        checked.push(this);
    }
    match Error::gather(faults) {
        Some(error) => Err(error.hint("do not use the folder; export again, and tell us if it happens again")),
        None => Ok(checked),
    }
}

/// GGUF keeps fractions in 32 bits, which is how they are computed with.
fn in_32_bits(config: &Config) -> Config {
    let rounded = |number: f64| f64::from(number as f32);
    Config {
        norm_eps: rounded(config.norm_eps),
        rope_theta: rounded(config.rope_theta),
        local_rope_theta: config.local_rope_theta.map(rounded),
        ..config.clone()
    }
}

/// Of some rows.
struct Sums {
    square: f64,
    error: f64,
    worst: f32,
}

impl Sums {
    fn of(values: &[f32], found: &[f32], bounds: &[f32]) -> Self {
        let mut sums = Self { square: 0.0, error: 0.0, worst: 0.0 };
        for ((value, found), bound) in values.iter().zip(found).zip(bounds) {
            // No number at all is as far off as can be.
            let error = (value - found).abs();
            let error = if error.is_nan() { f32::INFINITY } else { error };
            sums.square += f64::from(*value) * f64::from(*value);
            sums.error += f64::from(error) * f64::from(error);
            let share = if error == 0.0 { 0.0 } else { error / bound };
            sums.worst = sums.worst.max(share);
        }
        sums
    }
}
