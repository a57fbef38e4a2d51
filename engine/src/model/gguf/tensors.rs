//! Weights of a GGUF file, under Hugging Face's names and in Hugging Face's row order.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use candle_core::quantized::{GgmlDType, QStorage, QTensor};
use candle_core::{Device, Tensor};
use half::{bf16, f16};
use memmap2::Mmap;

use super::header::{Header, Info};
use crate::error::{Error, Result};
use crate::model::config::{Config, Family};
use crate::model::weights::{Weight, Weights, check_all, wrong_shape};

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
        let (family, heads, kv_heads) = (config.family, config.heads, config.kv_heads);
        let weights = GgufWeights { gguf: self, family, heads, kv_heads };
        let shape = |name: &str| weights.info(name).map(|info| info.shape.clone());
        check_all(config, &path, shape, weights.strangers(config).into_iter())?;
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

/// The weights of an open file, for a decoder of `family`.
pub(crate) struct GgufWeights {
    gguf: Gguf,
    family: Family,
    heads: usize,
    kv_heads: usize,
}

impl GgufWeights {
    /// How many heads' rows have to be put back in order; `None` for all weights but q and k of llama.
    fn permuted_heads(&self, name: &str) -> Option<usize> {
        if self.family != Family::Llama {
            return None;
        }
        if name.contains(".self_attn.q_proj.") {
            Some(self.heads)
        } else if name.contains(".self_attn.k_proj.") {
            Some(self.kv_heads)
        } else {
            None
        }
    }

    /// Tensors inside the layers that the decoder would pass over, such as a bias of another model line.
    fn strangers(&self, config: &Config) -> Vec<&str> {
        let mut known: HashSet<String> =
            config.expected().iter().filter_map(|(name, _)| file_name(self.family, name)).collect();
        if config.attention_bias {
            known.extend((0..config.layers).map(|layer| format!("blk.{layer}.attn_output.bias")));
        }
        let names = self.gguf.header.tensors.keys().map(String::as_str);
        // `rot_embd` is a table of frequencies in files of 2023.
        names.filter(|name| name.starts_with("blk.") && !known.contains(*name) && !name.contains("rot_embd")).collect()
    }

    fn info(&self, name: &str) -> Option<&Info> {
        self.gguf.header.tensors.get(&file_name(self.family, name)?)
    }
}

impl Weights for GgufWeights {
    fn get(&self, name: &str, shape: &[usize]) -> Result<Weight> {
        let info = self.info(name).ok_or_else(|| {
            Error::model(format!("{} has no weight `{name}`", self.gguf.path.display()))
                .hint("the file is incomplete or of another kind of model; download it again")
        })?;
        if info.shape != shape {
            return Err(wrong_shape(&self.gguf.path, name, &info.shape, shape));
        }
        let bytes = self.gguf.bytes_of(info);
        let bytes = match self.permuted_heads(name) {
            Some(heads) => Cow::Owned(in_halves(bytes, shape.first().copied().unwrap_or(0), heads)),
            None => Cow::Borrowed(bytes),
        };
        weight(info.dtype, &bytes, shape)
    }

    fn contains(&self, name: &str) -> bool {
        self.info(name).is_some()
    }
}

/// The file's name for Hugging Face's `name`; `None` for a name no GGUF file has.
fn file_name(family: Family, name: &str) -> Option<String> {
    let whole = match name {
        "model.embed_tokens.weight" => Some("token_embd.weight"),
        "model.norm.weight" => Some("output_norm.weight"),
        "lm_head.weight" => Some("output.weight"),
        _ => None,
    };
    if let Some(whole) = whole {
        return Some(whole.to_string());
    }
    let (layer, rest) = name.strip_prefix("model.layers.")?.split_once('.')?;
    let (part, suffix) = rest.rsplit_once('.')?;
    let part = match part {
        "input_layernorm" => "attn_norm",
        "post_attention_layernorm" => "ffn_norm",
        "self_attn.q_proj" => "attn_q",
        "self_attn.k_proj" => "attn_k",
        "self_attn.v_proj" => "attn_v",
        "self_attn.qkv_proj" => "attn_qkv",
        "self_attn.o_proj" => "attn_output",
        "mlp.gate_up_proj" if family == Family::Phi3 => "ffn_up",
        "mlp.up_proj" if family != Family::Phi3 => "ffn_up",
        "mlp.gate_proj" => "ffn_gate",
        "mlp.down_proj" => "ffn_down",
        _ => return None,
    };
    Some(format!("blk.{layer}.{part}.{suffix}"))
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
