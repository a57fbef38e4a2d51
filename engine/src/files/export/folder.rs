//! What a GGUF file says of a model whose base is a Hugging Face folder: its sizes, and its tables of frequencies.

use serde_json::Value as Json;
use std::path::Path;

use super::tokens;
use super::value::Value;
use crate::chat::Chat;
use crate::error::{Error, Result};
use crate::files::config::Config;
use crate::files::family::Family;
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
    if config.family == Family::Qwen2 && config.sliding_window.is_some() {
        return Err(Error::model(format!(
            "{} uses a sliding window, which a GGUF file of qwen2 cannot say",
            file.display()
        ))
        .hint("export with `--format hf`"));
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
    }
    let tables = scaling(&json, config, &mut keys)?;
    let keys = keys.into_iter().map(|(key, value)| (format!("{arch}.{key}"), value));
    let general = [("architecture", arch), ("type", "model")];
    let general = general.map(|(key, value)| (format!("general.{key}"), Value::Text(value.to_string())));
    let keys = general.into_iter().chain(keys).chain(tokens::keys(folder, config, chat)?).collect();
    Ok(Described { keys, tables })
}

/// Divisors of frequencies as GGUF holds them: llama3's in one table, longrope's in two, linear scaling as a number.
fn scaling(json: &Json, config: &Config, keys: &mut Vec<(&'static str, Value)>) -> Result<Vec<(String, Vec<f32>)>> {
    let Some(factors) = &config.rope_factors else { return Ok(Vec::new()) };
    let rope = ["rope_parameters", "rope_scaling"].into_iter().find_map(|key| json.get(key).filter(|r| r.is_object()));
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
