//! A [`Config`] out of GGUF metadata (keys: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>).

use super::Gguf;
use super::keys::Keys;
use super::rope::rope;
use crate::error::{Error, Result};
use crate::files::config::{Config, Scales, every_so_manieth, gguf_scores};
use crate::files::family::{self, Family};
use crate::files::keys::unsupported;

/// Reads the config of an open file. Errors name the missing, unusable or unknown key.
pub(crate) fn config(gguf: &Gguf) -> Result<Config> {
    let architecture = gguf.header.text("general.architecture").unwrap_or_default();
    let keys = Keys { header: &gguf.header, path: &gguf.path, architecture };
    if architecture.is_empty() {
        return Err(keys.error("it has no `general.architecture`"));
    }
    let family = Family::of_gguf(architecture, &gguf.path)?;
    keys.check(family.anatomy().gguf_keys)?;
    let hidden = keys.size("embedding_length")?;
    let layers = keys.size("block_count")?;
    let lacks = |key: &str| keys.error(&format!("it has no `{}`", keys.name(key)));
    let of_all = |key: &str| keys.same_size(key, layers, gguf.bytes());
    let heads = of_all("attention.head_count")?.ok_or_else(|| lacks("attention.head_count"))?;
    let head_dim = match keys.optional_size("attention.key_length")? {
        Some(size) => size,
        None if heads > 0 && hidden % heads == 0 => hidden / heads,
        None => return Err(keys.error(&format!("{heads} heads do not divide the hidden size {hidden}"))),
    };
    if keys.optional_size("attention.value_length")?.is_some_and(|size| size != head_dim) {
        return Err(keys.error("its keys and values differ in size, which pmtune does not run"));
    }
    let rope_dims = keys.optional_size("rope.dimension_count")?.unwrap_or(head_dim);
    if rope_dims != head_dim && !family.anatomy().partly_rotated {
        return Err(keys.error(&format!("it rotates {rope_dims} of {head_dim} dimensions of a head")));
    }
    let rope = rope(&keys, gguf, family, rope_dims)?;
    let sliding_window = keys.optional_size("attention.sliding_window")?.filter(|size| *size > 0);
    if let Some(window) = sliding_window.filter(|_| !family.anatomy().gguf_has_windows()) {
        let name = keys.name("attention.sliding_window");
        return Err(unsupported(&gguf.path, &name, &format!("{window} in a {family:?} model")));
    }
    let tensors = &gguf.header.tensors;
    let weight = |name: &str| tensors.get(&format!("{name}.weight"));
    let embeddings = family::EMBEDDINGS.gguf;
    let vocab = weight(embeddings).and_then(|info| info.shape.first()).copied();
    Config {
        family,
        hidden,
        layers,
        heads,
        kv_heads: of_all("attention.head_count_kv")?.unwrap_or(heads),
        head_dim,
        intermediate: of_all("feed_forward_length")?.ok_or_else(|| lacks("feed_forward_length"))?,
        vocab: vocab.ok_or_else(|| keys.error(&format!("it has no `{embeddings}.weight`")))?,
        rope_theta: rope.theta,
        rope_dims,
        rope_factors: rope.factors,
        rope_attn_factor: rope.attn_factor,
        norm_eps: keys
            .float("attention.layer_norm_rms_epsilon")?
            .ok_or_else(|| lacks("attention.layer_norm_rms_epsilon"))?,
        context_length: rope.context_length,
        sliding_window,
        global_layers: global_layers(&keys, gguf, family, layers)?,
        local_rope_theta: match family.anatomy().local_theta {
            Some(usual) => Some(keys.float("rope.freq_base_swa")?.unwrap_or(usual)),
            None => None,
        },
        unrotated_layers: every_so_manieth(family.anatomy().unrotated_every, layers),
        scales: scales(&keys, family, (hidden, layers, heads))?,
        tie_embeddings: weight(family::HEAD.gguf).is_none(),
        attention_bias: tensors.contains_key(&format!("blk.0.{}.bias", family.anatomy().qkv.parts[0].name.gguf)),
    }
    .checked(&gguf.path)
}

/// By `attention.sliding_window_pattern`: for each layer whether it has a window, or every how manieth has none.
fn global_layers(keys: &Keys<'_>, gguf: &Gguf, family: Family, layers: usize) -> Result<Vec<usize>> {
    let Some(usual) = family.anatomy().global_every() else { return Ok(Vec::new()) };
    let name = keys.name("attention.sliding_window_pattern");
    if let Some(windowed) = gguf.header.flags(gguf.bytes(), &name) {
        if windowed.len() != layers {
            return Err(keys.error(&format!("`{name}` is a list of {} for {layers} layers", windowed.len())));
        }
        return Ok((0..layers).filter(|layer| !windowed[*layer]).collect());
    }
    let every = keys.optional_size("attention.sliding_window_pattern")?.unwrap_or(usual);
    Ok(every_so_manieth((every > 0).then_some(every), layers))
}

/// By llama.cpp's rules, for which 0 is as good as nothing. Gemma's scores are scaled by the dimensions of a head, in the
/// largest model (62 layers) by the hidden size over the heads.
fn scales(keys: &Keys<'_>, family: Family, (hidden, layers, heads): (usize, usize, usize)) -> Result<Scales> {
    let anatomy = family.anatomy();
    let said = |key| Ok::<_, Error>(keys.float(key)?.filter(|scale| *scale != 0.0).map(|scale| scale as f32));
    let one = |key| Ok::<_, Error>(said(key)?.unwrap_or(1.0));
    Ok(Scales {
        embeddings: one("embedding_scale")? * anatomy.embedding_scale(hidden),
        scores: said("attention.scale")?.or(gguf_scores(family, hidden, layers, heads)),
        residual: one("residual_scale")?,
        logits: one("logit_scale")?,
        logit_cap: said("final_logit_softcapping")?,
    })
}
