//! What a GGUF file says of a model whose base is a Hugging Face folder: its sizes, and its tables of frequencies.

use serde_json::Value as Json;
use std::path::Path;

use super::tokens;
use super::value::Value;
use crate::chat::Chat;
use crate::error::{Error, Result};
use crate::files::config::{Config, Scales, every_so_manieth, gguf_scores};
use crate::files::family::Tables;
use crate::store;

/// Keys in the order they are written, and small F32 tensors by name.
pub(super) struct Described {
    pub keys: Vec<(String, Value)>,
    pub tables: Vec<(String, Vec<f32>)>,
}

/// # Errors
/// A tokenizer or a scaling of positions that GGUF cannot express.
pub(super) fn described(folder: &Path, config: &Config, chat: &Chat) -> Result<Described> {
    let arch = config.family.architecture();
    let file = folder.join("config.json");
    let json: Json = serde_json::from_str(&store::read_text(&file)?)
        .map_err(|e| Error::model(format!("{} is not valid JSON", file.display())).caused_by(e))?;
    if let Some(what) = unsayable(config) {
        return Err(cannot_say(&file, what, arch));
    }
    let size = |value: usize| Value::U32(u32::try_from(value).unwrap_or(u32::MAX));
    let whole = json.get("max_position_embeddings").and_then(Json::as_u64).and_then(|n| usize::try_from(n).ok());
    let mut keys = vec![
        ("vocab_size", size(config.vocab)),
        ("context_length", size(whole.unwrap_or(config.context_length))),
        ("embedding_length", size(config.hidden)),
        ("block_count", size(config.layers)),
        ("feed_forward_length", size(config.intermediate)),
        ("attention.head_count", size(config.heads)),
        ("attention.head_count_kv", size(config.kv_heads)),
        ("attention.key_length", size(config.head_dim)),
        ("attention.value_length", size(config.head_dim)),
        ("attention.layer_norm_rms_epsilon", Value::F32(config.norm_eps as f32)),
        ("rope.dimension_count", size(config.rope_dims)),
        ("rope.freq_base", Value::F32(config.rope_theta as f32)),
    ];
    if let Some(window) = config.sliding_window {
        keys.push(("attention.sliding_window", size(window)));
        let every = global_every(config).filter(|every| Some(*every) != config.family.anatomy().global_every());
        keys.extend(every.map(|every| ("attention.sliding_window_pattern", size(every))));
    }
    if let Some(theta) = config.local_rope_theta {
        keys.push(("rope.freq_base_swa", Value::F32(theta as f32)));
    }
    keys.extend(scales(config).into_iter().map(|(key, scale)| (key, Value::F32(scale))));
    let tables = scaling(&json, config, &mut keys)?;
    if !tables.is_empty() && config.family.anatomy().gguf_tables == Tables::No {
        return Err(cannot_say(&file, "stretches rotary frequencies one by one", arch));
    }
    let keys = keys.into_iter().map(|(key, value)| (format!("{arch}.{key}"), value));
    let general = [("architecture", arch), ("type", "model")];
    let general = general.map(|(key, value)| (format!("general.{key}"), Value::Text(value.to_string())));
    let keys = general.into_iter().chain(keys).chain(tokens::keys(folder, config, chat)?).collect();
    Ok(Described { keys, tables })
}

fn cannot_say(file: &Path, what: &str, arch: &str) -> Error {
    Error::model(format!("{} {what}, which a GGUF file of {arch} cannot say", file.display()))
        .hint("export with `--format hf`")
}

/// What the config says and llama.cpp has no key for.
fn unsayable(config: &Config) -> Option<&'static str> {
    let anatomy = config.family.anatomy();
    let windowed = config.sliding_window.is_some();
    let patterned = anatomy.global_every().is_some();
    let usual_scores = gguf_scores(config.family, config.hidden, config.layers, config.heads);
    let usual_layers = every_so_manieth(anatomy.unrotated_every, config.layers);
    let cases = [
        (windowed && !anatomy.gguf_has_windows(), "uses a sliding window"),
        (windowed && patterned && global_every(config).is_none(), "has layers without a window in no regular order"),
        (
            config.scales.scores != usual_scores && !anatomy.gguf_keys.contains(&"attention.scale"),
            "scales the scores of attention in a way of its own",
        ),
        (config.unrotated_layers != usual_layers, "leaves out positions in other layers than usual"),
    ];
    cases.into_iter().find_map(|(is, what)| is.then_some(what))
}

/// Every how manieth layer has no window, where that is regular.
fn global_every(config: &Config) -> Option<usize> {
    config.family.anatomy().global_every()?;
    (1..=config.layers + 1).find(|every| every_so_manieth(Some(*every), config.layers) == config.global_layers)
}

/// Scales by their keys, as far as files of the family say them.
fn scales(config: &Config) -> Vec<(&'static str, f32)> {
    let Scales { embeddings, residual, logits, logit_cap, .. } = config.scales;
    let all = [
        ("embedding_scale", Some(embeddings)),
        ("attention.scale", Some(config.score_scale())),
        ("residual_scale", Some(residual)),
        ("logit_scale", Some(logits)),
        ("final_logit_softcapping", logit_cap),
    ];
    let own = |key| config.family.anatomy().gguf_keys.contains(&key);
    all.into_iter().filter_map(|(key, scale)| Some((key, scale.filter(|_| own(key))?))).collect()
}

/// Divisors of frequencies as GGUF holds them: llama3's in one table, longrope's in two, linear scaling as a number.
fn scaling(json: &Json, config: &Config, keys: &mut Vec<(&'static str, Value)>) -> Result<Vec<(String, Vec<f32>)>> {
    let Some(factors) = &config.rope_factors else { return Ok(Vec::new()) };
    let rope = ["rope_parameters", "rope_scaling"].into_iter().find_map(|key| json.get(key).filter(|r| r.is_object()));
    let rope = rope.map(|rope| rope.get("full_attention").unwrap_or(rope));
    let field = |key: &str| rope.and_then(|rope| rope.get(key));
    let kind = field("rope_type").or_else(|| field("type")).and_then(Json::as_str).unwrap_or_default();
    match kind {
        "linear" => {
            keys.push(("rope.scaling.type", Value::Text("linear".to_string())));
            keys.push(("rope.scaling.factor", Value::F32(factors.first().copied().unwrap_or(1.0))));
            Ok(Vec::new())
        }
        "longrope" | "su" => {
            let long = field("long_factor").and_then(Json::as_array);
            let long: Option<Vec<f32>> =
                long.and_then(|list| list.iter().map(|factor| factor.as_f64().map(|f| f as f32)).collect());
            let long = long.filter(|long| long.len() == factors.len()).ok_or_else(|| {
                Error::model("the model's config.json has no usable `long_factor`").hint("download config.json again")
            })?;
            let original = u32::try_from(config.context_length).unwrap_or(u32::MAX);
            keys.push(("rope.scaling.original_context_length", Value::U32(original)));
            keys.push(("rope.scaling.attn_factor", Value::F32(config.rope_attn_factor)));
            Ok(vec![
                ("rope_factors_long.weight".to_string(), long),
                ("rope_factors_short.weight".to_string(), factors.clone()),
            ])
        }
        _ => Ok(vec![("rope_freqs.weight".to_string(), factors.clone())]),
    }
}
