//! A [`Config`] out of GGUF metadata (keys: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>).

use super::Gguf;
use crate::error::{Error, Result};
use crate::files::config::Config;
use crate::files::family::{self, Family};

/// Reads the config of an open file. Errors name the missing or unusable key.
pub(crate) fn config(gguf: &Gguf) -> Result<Config> {
    let keys = Keys { gguf, architecture: gguf.header.text("general.architecture").unwrap_or_default() };
    if keys.architecture.is_empty() {
        return Err(keys.error("it has no `general.architecture`"));
    }
    let family = Family::of(keys.architecture, &gguf.path)?;
    let hidden = keys.size("embedding_length")?;
    let heads = keys.size("attention.head_count")?;
    let head_dim = match keys.optional_size("attention.key_length")? {
        Some(size) => size,
        None if heads > 0 && hidden % heads == 0 => hidden / heads,
        None => return Err(keys.error(&format!("{heads} heads do not divide the hidden size {hidden}"))),
    };
    if keys.optional_size("attention.value_length")?.is_some_and(|size| size != head_dim) {
        return Err(keys.error("its keys and values differ in size, which pmtune does not run"));
    }
    let rope_dims = keys.optional_size("rope.dimension_count")?.unwrap_or(head_dim);
    let context_length = keys.size("context_length")?;
    let rope = rope(&keys, rope_dims, context_length)?;
    let tensors = &gguf.header.tensors;
    let weight = |name: &str| tensors.get(&format!("{name}.weight"));
    let embeddings = family::EMBEDDINGS.gguf;
    let vocab = weight(embeddings).and_then(|info| info.shape.first()).copied();
    Config {
        family,
        hidden,
        layers: keys.size("block_count")?,
        heads,
        kv_heads: kv_heads(&keys, heads)?,
        head_dim,
        intermediate: keys.size("feed_forward_length")?,
        vocab: vocab.ok_or_else(|| keys.error(&format!("it has no `{embeddings}.weight`")))?,
        rope_theta: keys.float("rope.freq_base").unwrap_or(10000.0),
        rope_dims,
        rope_factors: rope.factors,
        rope_attn_factor: rope.attn_factor,
        norm_eps: keys
            .float("attention.layer_norm_rms_epsilon")
            .ok_or_else(|| keys.error("it has no usable `attention.layer_norm_rms_epsilon`"))?,
        context_length: rope.context_length,
        sliding_window: keys.optional_size("attention.sliding_window")?.filter(|size| *size > 0),
        tie_embeddings: weight(family::HEAD.gguf).is_none(),
        attention_bias: tensors.contains_key(&format!("blk.0.{}.bias", family.anatomy().qkv.parts[0].name.gguf)),
    }
    .checked(&gguf.path)
}

/// One number, or one for each layer as long as all are the same.
fn kv_heads(keys: &Keys, heads: usize) -> Result<usize> {
    let name = keys.name("attention.head_count_kv");
    if let Some(each) = keys.gguf.header.integers(keys.gguf.bytes(), &name) {
        let first = each.first().copied().unwrap_or(0);
        if each.iter().any(|count| *count != first) {
            return Err(keys.error("its layers differ in key-value heads, which pmtune does not run"));
        }
        return usize::try_from(first).map_err(|_| keys.error("its key-value head count is negative"));
    }
    Ok(keys.optional_size("attention.head_count_kv")?.unwrap_or(heads))
}

struct Rope {
    factors: Option<Vec<f32>>,
    attn_factor: f32,
    context_length: usize,
}

/// Frequency scaling. llama3's divisors come ready-made in `rope_freqs.weight`; of longrope's two sets the short one is
/// used, which serves the original context, and the context is cut to that.
fn rope(keys: &Keys, rope_dims: usize, context_length: usize) -> Result<Rope> {
    let attn_factor = keys.float("rope.scaling.attn_factor").unwrap_or(1.0) as f32;
    if let Some(factors) = keys.gguf.vector("rope_factors_short.weight") {
        let original = keys.optional_size("rope.scaling.original_context_length")?.unwrap_or(context_length);
        return Ok(Rope { factors: Some(factors), attn_factor, context_length: original.min(context_length) });
    }
    if let Some(factors) = keys.gguf.vector("rope_freqs.weight") {
        return Ok(Rope { factors: Some(factors), attn_factor: 1.0, context_length });
    }
    let kind = keys.gguf.header.text(&keys.name("rope.scaling.type")).unwrap_or("none");
    let factors = match kind {
        "none" | "" | "longrope" => None,
        "linear" => keys.float("rope.scaling.factor").map(|factor| vec![factor as f32; rope_dims.min(1 << 16) / 2]),
        other => {
            let shown: String = other.chars().take(40).collect();
            return Err(
                keys.error(&format!("its RoPE scaling {shown:?} is not one pmtune knows (linear, llama3, longrope)"))
            );
        }
    };
    Ok(Rope { factors, attn_factor: 1.0, context_length })
}

struct Keys<'a> {
    gguf: &'a Gguf,
    architecture: &'a str,
}

impl Keys<'_> {
    fn name(&self, key: &str) -> String {
        format!("{}.{key}", self.architecture)
    }

    fn float(&self, key: &str) -> Option<f64> {
        self.gguf.header.float(&self.name(key))
    }

    fn size(&self, key: &str) -> Result<usize> {
        self.optional_size(key)?.ok_or_else(|| self.error(&format!("it has no `{}`", self.name(key))))
    }

    /// `None` when the key is absent; an error when it is there and not a size.
    fn optional_size(&self, key: &str) -> Result<Option<usize>> {
        let name = self.name(key);
        if !self.gguf.header.contains(&name) {
            return Ok(None);
        }
        let size = self.gguf.header.integer(&name).and_then(|n| usize::try_from(n).ok());
        size.map(Some).ok_or_else(|| self.error(&format!("`{name}` is not a size")))
    }

    fn error(&self, what: &str) -> Error {
        Error::model(format!("{} is not a model pmtune can run: {what}", self.gguf.path.display()))
            .hint("the file is damaged or not a language model; download it again or choose another")
    }
}
