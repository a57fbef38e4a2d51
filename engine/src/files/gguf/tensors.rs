//! Weights of a GGUF file, under Hugging Face's names and in Hugging Face's row order.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use candle_core::quantized::{GgmlDType, QStorage, QTensor};
use candle_core::{Device, Tensor};
use half::{bf16, f16};
use memmap2::Mmap;

use super::header::{Header, Info};
use crate::error::{Error, Result};
use crate::files::config::Config;
use crate::files::layout::Entry;
use crate::files::weights::{Weight, Weights, check_all, wrong_shape};

/// An open GGUF file.
pub(crate) struct Gguf {
    pub path: PathBuf,
    pub header: Header,
    map: Mmap,
}

impl Gguf {
    /// Maps the file and reads its header. Errors say which byte is wrong.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(|e| Error::io("open", path, e))?;
        // SAFETY: the map is only read. Should another program cut the file short meanwhile, reading it stops this
        // program, as it would with any other reader of mapped weights.
        let map = unsafe { Mmap::map(&file) }.map_err(|e| Error::io("read", path, e))?;
        let header = Header::parse(&map).map_err(|fault| {
            let message = format!("{} cannot be read as GGUF: {} (byte {})", path.display(), fault.what, fault.at);
            Error::model(message).hint("download the file again (`pmtune pull` for the default base)")
        })?;
        Ok(Self { path: path.to_path_buf(), header, map })
    }

    /// The whole file.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.map
    }

    /// The weights, all of them there and of the shapes `config` calls for.
    pub(crate) fn weights(self, config: &Config) -> Result<GgufWeights> {
        let path = self.path.clone();
        let entries = config.entries().into_iter().map(|entry| (entry.name.clone(), entry)).collect();
        let weights = GgufWeights { gguf: self, entries };
        let shape = |name: &str| weights.find(name).map(|(info, _)| info.shape.clone());
        check_all(config, &path, shape, weights.strangers().into_iter())?;
        Ok(weights)
    }

    fn bytes_of(&self, info: &Info) -> &[u8] {
        // The header's ranges were checked against the file's length.
        &self.map[info.bytes.clone()]
    }

    /// A small F32 vector such as `rope_freqs.weight`, by its name in the file.
    pub(crate) fn vector(&self, name: &str) -> Option<Vec<f32>> {
        let info = self.header.tensors.get(name)?;
        (info.dtype == GgmlDType::F32 && info.shape.len() == 1).then(|| f32s(self.bytes_of(info)))
    }
}

/// The weights of an open file.
pub(crate) struct GgufWeights {
    gguf: Gguf,
    /// What the decoder reads, by Hugging Face's names.
    entries: HashMap<String, Entry>,
}

impl GgufWeights {
    /// Tensors inside the layers that the decoder would pass over, such as a bias of another model line.
    fn strangers(&self) -> Vec<&str> {
        let known: HashSet<&str> = self.entries.values().map(|entry| entry.gguf.as_str()).collect();
        let names = self.gguf.header.tensors.keys().map(String::as_str);
        // `rot_embd` is a table of frequencies in files of 2023.
        names.filter(|name| name.starts_with("blk.") && !known.contains(name) && !name.contains("rot_embd")).collect()
    }

    fn find(&self, name: &str) -> Option<(&Info, &Entry)> {
        let entry = self.entries.get(name)?;
        Some((self.gguf.header.tensors.get(&entry.gguf)?, entry))
    }
}

impl Weights for GgufWeights {
    fn get(&self, name: &str, shape: &[usize]) -> Result<Weight> {
        let (info, entry) = self.find(name).ok_or_else(|| {
            Error::model(format!("{} has no weight `{name}`", self.gguf.path.display()))
                .hint("the file is incomplete or of another kind of model; download it again")
        })?;
        if info.shape != shape {
            return Err(wrong_shape(&self.gguf.path, name, &info.shape, shape));
        }
        let bytes = self.gguf.bytes_of(info);
        let bytes = match entry.heads_in_pairs {
            Some(heads) => Cow::Owned(in_halves(bytes, shape.first().copied().unwrap_or(0), heads)),
            None => Cow::Borrowed(bytes),
        };
        weight(info.dtype, &bytes, shape)
    }

    fn contains(&self, name: &str) -> bool {
        self.find(name).is_some()
    }
}

/// Puts rows that llama.cpp stores in rotation pairs back into halves.
///
/// The converter writes `reshape(heads, 2, d / 2, in).swapaxes(1, 2)`: row `2 i + j` of a head holds row `j d / 2 + i`.
/// Rows are moved as raw bytes, which is exact for quantized rows too, for a block never crosses a row.
fn in_halves(bytes: &[u8], rows: usize, heads: usize) -> Vec<u8> {
    let row_bytes = bytes.len() / rows.max(1);
    let head_dim = rows / heads.max(1);
    let half = head_dim / 2;
    let mut out = Vec::with_capacity(bytes.len());
    for head in 0..heads {
        for j in 0..2 {
            for i in 0..half {
                let from = (head * head_dim + 2 * i + j) * row_bytes;
                out.extend_from_slice(&bytes[from..from + row_bytes]);
            }
        }
    }
    out
}

fn f32s(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect()
}

fn weight(dtype: GgmlDType, bytes: &[u8], shape: &[usize]) -> Result<Weight> {
    let device = &Device::Cpu;
    Ok(match dtype {
        GgmlDType::F32 => Weight::Dense(Tensor::from_vec(f32s(bytes), shape, device)?),
        GgmlDType::F16 => {
            let values: Vec<f16> = bytes.as_chunks().0.iter().map(|b| f16::from_le_bytes(*b)).collect();
            Weight::Dense(Tensor::from_vec(values, shape, device)?)
        }
        GgmlDType::BF16 => {
            let values: Vec<bf16> = bytes.as_chunks().0.iter().map(|b| bf16::from_le_bytes(*b)).collect();
            Weight::Dense(Tensor::from_vec(values, shape, device)?)
        }
        _ => {
            let storage = QStorage::from_data(aligned(bytes), device, dtype)?;
            Weight::Quantized(Arc::new(QTensor::new(storage, shape)?))
        }
    })
}

/// Bytes at an address that candle's blocks may be read from: it asserts their alignment, which is at most 4.
fn aligned(bytes: &[u8]) -> Cow<'_, [u8]> {
    if bytes.as_ptr().align_offset(8) == 0 {
        return Cow::Borrowed(bytes);
    }
    // Allocators align blocks of this size by 8 and more, although `Vec<u8>` does not promise it.
    Cow::Owned(bytes.to_vec())
}
