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
use super::split::{self, Split};
use crate::error::{Error, Result};
use crate::files::config::Config;
use crate::files::family::Family;
use crate::files::layout::Entry;
use crate::files::weights::{Weight, Weights, check_all, wrong_shape};

/// llama3's divisors of the frequencies, ready-made; longrope's for the original context; those for a longer one.
pub(super) const ROPE_TABLES: [&str; 3] =
    ["rope_freqs.weight", "rope_factors_short.weight", "rope_factors_long.weight"];

/// An open GGUF file, with all parts of its model.
pub(crate) struct Gguf {
    /// The first part.
    pub path: PathBuf,
    /// The first part's metadata, and the tensors of all.
    pub header: Header,
    /// The files, in order.
    maps: Vec<Mmap>,
}

impl Gguf {
    /// Maps the file and reads its header, and those of the other parts where the model lies in several files. Errors say
    /// which byte is wrong, or which part is missing.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let (map, header) = read(path)?;
        let Some(split) = Split::of(&header, path)? else {
            return Ok(Self { path: path.to_path_buf(), header, maps: vec![map] });
        };
        let mut parts = split.paths(path)?.into_iter();
        let first = parts.next().unwrap_or_else(|| path.to_path_buf());
        let (map, header) = read(&first)?;
        let mut all = Self { path: first, header, maps: vec![map] };
        for part in parts {
            all.add(&part, split)?;
        }
        let found = all.header.tensors.len();
        match split.tensors {
            Some(said) if said != found => {
                let what = format!("its parts hold {found} tensors, where `split.tensors.count` says {said}");
                Err(split::damaged(&all.path, &what))
            }
            _ => Ok(all),
        }
    }

    /// Adds a further part.
    fn add(&mut self, path: &Path, whole: Split) -> Result<()> {
        let (map, header) = read(path)?;
        let no = self.maps.len();
        if Split::of(&header, path)?.is_none_or(|split| (split.no, split.count) != (no, whole.count)) {
            return Err(split::damaged(path, &format!("it does not call itself part {} of {}", no + 1, whole.count)));
        }
        for (name, info) in header.tensors {
            if self.header.tensors.contains_key(&name) {
                return Err(split::damaged(path, &format!("the tensor {name:?} is in another part too")));
            }
            self.header.tensors.insert(name, Info { part: no, ..info });
        }
        self.maps.push(map);
        Ok(())
    }

    /// The metadata's file, whole.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.maps[0]
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

    /// A tensor as the file stores it.
    pub(in crate::files) fn bytes_of(&self, info: &Info) -> &[u8] {
        // The header's ranges were checked against the file's length.
        &self.maps[info.part][info.bytes.clone()]
    }

    /// A small vector such as `rope_freqs.weight`, by its name in the file; `None` where there is none.
    ///
    /// # Errors
    /// It is not `len` numbers in F32, which is all that llama.cpp takes.
    pub(crate) fn vector(&self, name: &str, len: usize) -> Result<Option<Vec<f32>>> {
        let Some(info) = self.header.tensors.get(name) else { return Ok(None) };
        // Dimensions of 1 at the end are as good as none.
        if info.dtype != GgmlDType::F32
            || info.shape.last() != Some(&len)
            || info.shape.iter().product::<usize>() != len
        {
            let message = format!(
                "{}: the tensor `{name}` is {:?} of the shape {:?}, where F32 of the shape [{len}] is needed",
                self.path.display(),
                info.dtype,
                info.shape
            );
            return Err(Error::model(message).hint("convert the model again with llama.cpp's convert_hf_to_gguf.py"));
        }
        Ok(Some(f32s(self.bytes_of(info))))
    }
}

/// Maps a file and reads its header.
fn read(path: &Path) -> Result<(Mmap, Header)> {
    let file = File::open(path).map_err(|e| Error::io("open", path, e))?;
    // SAFETY: the map is only read. Should another program cut the file short meanwhile, reading it stops this
    // program, as it would with any other reader of mapped weights.
    let map = unsafe { Mmap::map(&file) }.map_err(|e| Error::io("read", path, e))?;
    let header = Header::parse(&map).map_err(|fault| {
        let message = format!("{} cannot be read as GGUF: {} (byte {})", path.display(), fault.what, fault.at);
        Error::model(message).hint("download the file again (`pmtune pull` for the default base)")
    })?;
    Ok((map, header))
}

/// What the GGUF file at `path` calls its architecture, and the family where it is one that is run.
///
/// # Errors
/// It is no GGUF file.
pub fn architecture(path: &Path) -> Result<(String, Option<Family>)> {
    let (_, header) = read(path)?;
    let name = header.text("general.architecture").unwrap_or_default().to_string();
    let family = Family::of_gguf(&name, path).ok();
    Ok((name, family))
}

/// The files that make up the model in the `.gguf` file at `path`: that one, or all parts where it is one of several.
///
/// # Errors
/// It is no GGUF file, or parts are missing.
pub fn parts(path: &Path) -> Result<Vec<PathBuf>> {
    let (_, header) = read(path)?;
    match Split::of(&header, path)? {
        Some(split) => split.paths(path),
        None => Ok(vec![path.to_path_buf()]),
    }
}

/// The weights of an open file.
pub(crate) struct GgufWeights {
    gguf: Gguf,
    /// What the decoder reads, by Hugging Face's names.
    entries: HashMap<String, Entry>,
}

impl GgufWeights {
    /// Tensors that the decoder would pass over, such as a bias of another model line.
    fn strangers(&self) -> Vec<&str> {
        let known: HashSet<&str> = self.entries.values().map(|entry| entry.gguf.as_str()).collect();
        let names = self.gguf.header.tensors.keys().map(String::as_str);
        // `rot_embd` is a table of frequencies in files of 2023. Tables of factors belong to the config, which has taken
        // them or refused them.
        let elsewhere = |name: &str| name.contains("rot_embd") || ROPE_TABLES.contains(&name);
        names.filter(|name| !known.contains(name) && !elsewhere(name)).collect()
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

/// The values of whole rows of `width` that a file stores as `dtype`.
pub(in crate::files) fn decoded(dtype: GgmlDType, bytes: &[u8], width: usize) -> Result<Vec<f32>> {
    let rows = bytes.len() / (width / dtype.block_size() * dtype.type_size());
    let tensor = weight(dtype, bytes, &[rows, width])?.to_f32()?;
    Ok(tensor.flatten_all()?.to_vec1()?)
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
