//! Weights of a Hugging Face folder: one `model.safetensors`, or shards listed in `model.safetensors.index.json`.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::path::{Component, Path, PathBuf};

use ::safetensors::SafeTensors;
use ::safetensors::tensor::{Dtype, Metadata, TensorInfo};
use candle_core::{DType, Device, Tensor};
use memmap2::Mmap;
use serde::Deserialize;

use super::config::Config;
use super::family::{EMBEDDINGS, HEAD};
use super::weights::{Weight, Weights, check_all, wrong_shape};
use crate::error::{Error, Result};

const INDEX: &str = "model.safetensors.index.json";

struct Shard {
    path: PathBuf,
    map: Mmap,
    metadata: Metadata,
    /// Where the tensors' bytes begin.
    data: usize,
}

/// The weights of an open folder.
pub(super) struct Folder {
    path: PathBuf,
    shards: Vec<Shard>,
    /// Which shard holds a weight.
    places: HashMap<String, usize>,
    /// Norms that are stored less one.
    less_one: HashSet<String>,
}

impl Folder {
    /// Maps every shard and checks all weights against `config`; every difference is reported.
    pub(super) fn open(folder: &Path, config: &Config) -> Result<Self> {
        let mut shards = Vec::new();
        let mut places = HashMap::new();
        for path in shard_paths(folder)? {
            let shard = Shard::open(path)?;
            for name in shard.metadata.offset_keys() {
                if let Some(first) = places.insert(name.clone(), shards.len()) {
                    let other = shards.get(first).map(|s: &Shard| s.path.display().to_string()).unwrap_or_default();
                    let message = format!("the weight `{name}` is in {other} and again in {}", shard.path.display());
                    return Err(Error::model(message).hint("the folder mixes files of two models; download it afresh"));
                }
            }
            shards.push(shard);
        }
        let less_one = config.entries().into_iter().filter(|entry| entry.less_one).map(|entry| entry.name).collect();
        let opened = Self { path: folder.to_path_buf(), shards, places, less_one };
        let shape = |name: &str| opened.info(name).map(|(_, info)| info.shape.clone());
        check_all(config, folder, shape, opened.places.keys().map(String::as_str))?;
        opened.check_tied(config)?;
        Ok(opened)
    }

    /// A head beside tied embeddings is a copy of them. transformers takes the head where it is not; older releases took
    /// the embeddings.
    fn check_tied(&self, config: &Config) -> Result<()> {
        let bytes =
            |name: &str| self.info(&format!("{name}.weight")).map(|(shard, info)| (shard.bytes(info), info.dtype));
        let (head, embeddings) = (bytes(HEAD.name), bytes(EMBEDDINGS.name));
        if !config.tie_embeddings || head.is_none() || head == embeddings {
            return Ok(());
        }
        let message = format!(
            "{}: `tie_word_embeddings` is true, but `{}.weight` is not the same as `{}.weight`",
            self.path.display(),
            HEAD.name,
            EMBEDDINGS.name
        );
        Err(Error::model(message).hint(
            "set `tie_word_embeddings` to false in config.json if the model was trained with a head of its own; else \
             remove that weight",
        ))
    }

    fn info(&self, name: &str) -> Option<(&Shard, &TensorInfo)> {
        let shard = self.shards.get(*self.places.get(name)?)?;
        Some((shard, shard.metadata.info(name)?))
    }
}

impl Weights for Folder {
    fn get(&self, name: &str, shape: &[usize]) -> Result<Weight> {
        let (shard, info) = self.info(name).ok_or_else(|| {
            Error::model(format!("{} has no weight `{name}`", self.path.display()))
                .hint("the download is incomplete; repeat it")
        })?;
        if info.shape != shape {
            return Err(wrong_shape(&shard.path, name, &info.shape, shape));
        }
        let dtype = match info.dtype {
            Dtype::F32 => DType::F32,
            Dtype::F16 => DType::F16,
            Dtype::BF16 => DType::BF16,
            other => {
                let message = format!("{}: the weight `{name}` is stored as {other:?}", shard.path.display());
                return Err(Error::model(message)
                    .hint("pmtune reads F32, F16 and BF16 from safetensors; use a GGUF file for quantized weights"));
            }
        };
        let stored = Tensor::from_raw_buffer(shard.bytes(info), dtype, shape, &Device::Cpu)?;
        Ok(Weight::Dense(if self.less_one.contains(name) { (stored.to_dtype(DType::F32)? + 1.0)? } else { stored }))
    }

    fn contains(&self, name: &str) -> bool {
        self.places.contains_key(name)
    }
}

impl Shard {
    fn open(path: PathBuf) -> Result<Self> {
        let file = File::open(&path).map_err(|e| Error::io("open", &path, e))?;
        // SAFETY: read only; see `Gguf::open`.
        let map = unsafe { Mmap::map(&file) }.map_err(|e| Error::io("read", &path, e))?;
        let (header, metadata) = SafeTensors::read_metadata(&map).map_err(|e| {
            Error::model(format!("{} cannot be read as safetensors", path.display()))
                .caused_by(e)
                .hint("the file is cut short or damaged; download it again")
        })?;
        Ok(Self { path, map, metadata, data: 8 + header })
    }

    fn bytes(&self, info: &TensorInfo) -> &[u8] {
        // The library checked that offsets lie in the file and fit shape and type.
        let (start, end) = info.data_offsets;
        self.map.get(self.data + start..self.data + end).unwrap_or_default()
    }
}

#[derive(Deserialize)]
struct Index {
    weight_map: HashMap<String, String>,
}

/// The files that hold the weights: those of the index, else `model.safetensors`.
fn shard_paths(folder: &Path) -> Result<Vec<PathBuf>> {
    let index = folder.join(INDEX);
    if !index.exists() {
        let single = folder.join("model.safetensors");
        if single.exists() {
            return Ok(vec![single]);
        }
        let message = format!("{} holds neither model.safetensors nor {INDEX}", folder.display());
        return Err(Error::missing(message).hint("name a folder with a whole model, or a .gguf file"));
    }
    let text = fs::read(&index).map_err(|e| Error::io("read", &index, e))?;
    let parsed: Index = serde_json::from_slice(&text).map_err(|e| {
        Error::model(format!("{} is not an index of weights", index.display())).caused_by(e).hint("download it again")
    })?;
    let mut names: Vec<String> = parsed.weight_map.into_values().collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter().map(|name| inside(folder, &index, &name)).collect()
}

/// An index may name files of its own folder only.
fn inside(folder: &Path, index: &Path, name: &str) -> Result<PathBuf> {
    let mut parts = Path::new(name).components();
    match (parts.next(), parts.next()) {
        (Some(Component::Normal(_)), None) => Ok(folder.join(name)),
        _ => Err(Error::model(format!("{} points outside its folder: {name:?}", index.display()))
            .hint("do not trust this model; download it from its publisher")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_cannot_lead_out_of_its_folder() {
        let (folder, index) = (Path::new("/models/a"), Path::new("/models/a/index.json"));
        assert_eq!(inside(folder, index, "model-1.safetensors").unwrap(), Path::new("/models/a/model-1.safetensors"));
        for name in ["../b/model.safetensors", "/etc/passwd", "sub/model.safetensors", "..", "", "."] {
            assert!(inside(folder, index, name).is_err(), "{name:?}");
        }
    }
}
