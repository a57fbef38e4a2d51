//! A base as what an exported file takes over from it, whatever its own format.

use half::{bf16, f16};
use std::borrow::Cow;
use std::path::Path;

use candle_core::DType;
use candle_core::quantized::GgmlDType;

use super::folder::{Described, described};
use super::merge::in_pairs;
use crate::error::{Error, Result};
use crate::files::config::Config;
use crate::files::gguf::{self, Gguf, Info};
use crate::files::layout::Entry;
use crate::files::source;
use crate::files::weights::{Weight, Weights};

/// A tensor of the base under its name in GGUF.
pub(super) struct Stored {
    pub name: String,
    /// Slowest dimension first.
    pub shape: Vec<usize>,
    pub dtype: GgmlDType,
    place: Place,
}

/// Where its bytes are.
enum Place {
    /// In the GGUF file.
    File(Info),
    /// Among the folder's weights.
    Weight(Entry),
    /// Here.
    Table(Vec<f32>),
}

enum Data {
    File(Gguf),
    Folder(Box<dyn Weights>),
}

/// An open base, everything in it checked.
pub(super) struct Base {
    pub config: Config,
    /// Every key with its encoded value, in order.
    pub keys: Vec<(String, Vec<u8>)>,
    /// In the order of the file's data, or of the layers.
    pub tensors: Vec<Stored>,
    pub alignment: u64,
    data: Data,
}

impl Base {
    /// # Errors
    /// A base that the decoder could not run, or a folder whose model GGUF cannot express.
    pub fn open(path: &Path) -> Result<Self> {
        if path.is_dir() { Self::of_folder(path) } else { Self::of_file(path) }
    }

    fn of_file(path: &Path) -> Result<Self> {
        let (config, _) = source::open_weights(path)?;
        let gguf = Gguf::open(path)?;
        let stored = |(name, info): (&String, &Info)| Stored {
            name: name.clone(),
            shape: info.shape.clone(),
            dtype: info.dtype,
            place: Place::File(info.clone()),
        };
        let mut infos: Vec<(&String, &Info)> = gguf.header.tensors.iter().collect();
        infos.sort_by_key(|(_, info)| (info.part, info.bytes.start));
        let tensors = infos.into_iter().map(stored).collect();
        let bytes = gguf.bytes();
        // A model in parts is written as one.
        let keys = gguf.header.raw_keys.iter().filter(|(key, _)| !key.starts_with("split."));
        let keys = keys.map(|(key, place)| (key.clone(), bytes[place.clone()].to_vec())).collect();
        let alignment = gguf.header.integer("general.alignment").unwrap_or(32);
        Ok(Self { config, keys, tensors, alignment, data: Data::File(gguf) })
    }

    fn of_folder(path: &Path) -> Result<Self> {
        let source::Source { config, weights, chat } = source::open(path)?;
        let Described { keys, tables } = described(path, &config, &chat)?;
        let keys = keys.into_iter().map(|(key, value)| (key, value.bytes())).collect();
        let mut tensors: Vec<Stored> = tables.into_iter().map(|(name, values)| Stored::table(name, values)).collect();
        for entry in config.entries() {
            if !weights.contains(&entry.name) {
                continue;
            }
            let dtype = dense_type(&weights.get(&entry.name, &entry.shape)?, &entry)?;
            tensors.push(Stored {
                name: entry.gguf.clone(),
                shape: entry.shape.clone(),
                dtype,
                place: Place::Weight(entry),
            });
        }
        Ok(Self { config, keys, tensors, alignment: 32, data: Data::Folder(weights) })
    }

    /// The bytes of a tensor in GGUF's row order.
    pub fn bytes(&self, tensor: &Stored) -> Result<Cow<'_, [u8]>> {
        match (&tensor.place, &self.data) {
            (Place::File(info), Data::File(gguf)) => Ok(Cow::Borrowed(gguf.bytes_of(info))),
            (Place::Table(values), _) => Ok(Cow::Owned(values.iter().flat_map(|v| v.to_le_bytes()).collect())),
            (Place::Weight(entry), Data::Folder(weights)) => {
                let bytes = raw(&weights.get(&entry.name, &entry.shape)?, tensor.dtype)?;
                let row_bytes = bytes.len() / entry.shape.first().copied().unwrap_or(1);
                Ok(Cow::Owned(match entry.heads_in_pairs {
                    Some(_) => in_pairs(&bytes, row_bytes, self.config.head_dim),
                    None => bytes,
                }))
            }
            _ => Err(Error::model(format!("`{}` belongs to another base", tensor.name))),
        }
    }

    pub fn architecture(&self) -> String {
        match &self.data {
            Data::File(gguf) => gguf.header.text("general.architecture").unwrap_or_default().to_string(),
            Data::Folder(_) => self.config.family.architecture().to_string(),
        }
    }
}

impl Stored {
    fn table(name: String, values: Vec<f32>) -> Self {
        Self { name, shape: vec![values.len()], dtype: GgmlDType::F32, place: Place::Table(values) }
    }

    /// The values of some of its rows, of `width` each.
    pub fn decoded(&self, bytes: &[u8], width: usize) -> Result<Vec<f32>> {
        gguf::decoded(self.dtype, bytes, width)
    }
}

/// Norms and biases have 32 bits in GGUF: llama.cpp adds and multiplies them as such.
fn dense_type(weight: &Weight, entry: &Entry) -> Result<GgmlDType> {
    match weight {
        _ if entry.shape.len() == 1 => Ok(GgmlDType::F32),
        Weight::Dense(tensor) => match tensor.dtype() {
            DType::F16 => Ok(GgmlDType::F16),
            DType::BF16 => Ok(GgmlDType::BF16),
            _ => Ok(GgmlDType::F32),
        },
        Weight::Quantized(_) => Err(Error::model(format!("`{}` is quantized in a Hugging Face folder", entry.name))),
    }
}

/// A dense weight's numbers as bytes.
fn raw(weight: &Weight, dtype: GgmlDType) -> Result<Vec<u8>> {
    let flat = match weight {
        Weight::Dense(tensor) if dtype != GgmlDType::F32 => tensor.flatten_all()?,
        _ => weight.to_f32()?.flatten_all()?,
    };
    Ok(match dtype {
        GgmlDType::F16 => flat.to_vec1::<f16>()?.into_iter().flat_map(f16::to_le_bytes).collect(),
        GgmlDType::BF16 => flat.to_vec1::<bf16>()?.into_iter().flat_map(bf16::to_le_bytes).collect(),
        _ => flat.to_vec1::<f32>()?.into_iter().flat_map(f32::to_le_bytes).collect(),
    })
}
