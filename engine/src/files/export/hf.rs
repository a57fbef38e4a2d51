//! A Hugging Face folder: `model.safetensors` under Hugging Face's names and in its row order, `config.json`, tokenizer,
//! template and end tokens.

use serde_json::{Map, Value as Json, json};
use std::path::Path;

use candle_core::quantized::GgmlDType;

use super::file_type::FileType;
use super::merge::{Merge, Order};
use super::writer::{Listener, Progress, Sink, Written};
use crate::chat::Chat;
use crate::error::{Error, Result};
use crate::files::config::{Config, Scales};
use crate::files::family::{ModelType, Scores, Windows};
use crate::files::gguf::Gguf;
use crate::files::quantize::encode;
use crate::files::source::{self, Source};
use crate::files::vocabulary::optional_json;
use crate::files::weights::Weights;
use crate::store;

/// What a base folder may hold beside its weights and config, and what is taken over as it is.
const BESIDE: [&str; 10] = [
    "tokenizer.json",
    "tokenizer_config.json",
    "tokenizer.model",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
    "chat_template.jinja",
    "generation_config.json",
    "LICENSE",
];

/// Writes `base`, a GGUF file or a Hugging Face folder, with the adapter in the folder `adapter` merged into it as the
/// folder `path`, in F32, F16 or BF16. A `template` takes the place of the base's. Holds one weight in memory at a time.
///
/// # Errors
/// A folder of that name, a type of blocks, a base that cannot be run or whose positions are scaled in a way that only its
/// own format expresses, an adapter that does not fit, a full disk. Nothing is left behind.
pub fn write_folder(
    base: &Path,
    adapter: Option<&Path>,
    path: &Path,
    file_type: FileType,
    template: Option<&str>,
    listen: &mut dyn FnMut(Progress<'_>) -> Result<()>,
) -> Result<Written> {
    let (dtype, dtype_name) = match file_type {
        FileType::F32 => (GgmlDType::F32, "float32"),
        FileType::F16 => (GgmlDType::F16, "float16"),
        FileType::BF16 => (GgmlDType::BF16, "bfloat16"),
        other => {
            let message = format!("a Hugging Face folder cannot hold {}", other.name());
            return Err(Error::usage(message).hint("choose F32, F16 or BF16, or export a GGUF file"));
        }
    };
    if path.exists() {
        return Err(Error::input(format!("{} exists already", path.display()))
            .hint("choose another name, or remove the folder first; exports never overwrite"));
    }
    let source = source::open(base)?;
    let merge = adapter.map(|folder| Merge::load(folder, &source.config, Order::HuggingFace)).transpose()?;
    let config = config_json(base, &source.config, dtype_name)?;
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent).map_err(|e| Error::io("create", parent, e))?;
    let folder = tempfile::Builder::new().prefix(".pmtune-").tempdir_in(parent);
    let folder = folder.map_err(|e| Error::io("create", path, e.kind().into()))?;
    let weights = folder.path().join("model.safetensors");
    let written = write_weights(&source, merge.as_ref(), &weights, dtype, listen)?;
    store::replace(&folder.path().join("config.json"), pretty(&config).as_bytes())?;
    write_beside(base, &source, folder.path(), template)?;
    let folder = folder.keep();
    #[cfg(unix)]
    {
        // Temporary folders are private.
        use std::os::unix::fs::PermissionsExt;
        let _ = std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755));
    }
    if let Err(error) = std::fs::rename(&folder, path) {
        let _ = std::fs::remove_dir_all(&folder);
        return Err(Error::io("create", path, error));
    }
    store::sync_folder(parent);
    Ok(Written { path: path.to_path_buf(), ..written })
}

/// One file: the length of its header, the header in JSON, the values
/// (<https://github.com/huggingface/safetensors#format>).
fn write_weights(
    source: &Source,
    merge: Option<&Merge>,
    path: &Path,
    dtype: GgmlDType,
    listen: &mut Listener<'_>,
) -> Result<Written> {
    let weights: &dyn Weights = source.weights.as_ref();
    let mut entries = source.config.entries();
    entries.retain(|entry| weights.contains(&entry.name));
    let size = dtype.type_size();
    let (mut header, mut end) = (Map::new(), 0);
    header.insert("__metadata__".to_string(), json!({"format": "pt"}));
    for entry in &entries {
        let start = end;
        end += entry.shape.iter().product::<usize>() * size;
        let kind = format!("{dtype:?}");
        let described = json!({"dtype": kind, "shape": entry.shape, "data_offsets": [start, end]});
        header.insert(entry.name.clone(), described);
    }
    let mut header = Json::Object(header).to_string();
    header.push_str(&" ".repeat(header.len().next_multiple_of(8) - header.len()));
    let mut sink = Sink::new(path)?;
    sink.put(&(header.len() as u64).to_le_bytes())?;
    sink.put(header.as_bytes())?;
    let total_bytes = sink.done() + end as u64;
    for entry in &entries {
        let tensor = weights.get(&entry.name, &entry.shape)?.to_f32()?;
        let mut values: Vec<f32> = tensor.flatten_all()?.to_vec1()?;
        if let Some(pair) = merge.and_then(|merge| merge.pair(&entry.name)) {
            pair.add_all(&mut values);
        }
        if entry.less_one {
            values.iter_mut().for_each(|value| *value -= 1.0);
        }
        let mut out = vec![0; values.len() * size];
        if !encode(&values, dtype, &mut out) {
            let message = format!("`{}` holds a number that {dtype:?} cannot: too large, or none at all", entry.name);
            return Err(Error::model(message)
                .hint("export as BF16 or F32; if that fails too, the training diverged: train again at a lower rate"));
        }
        sink.put(&out)?;
        listen(Progress { done_bytes: sink.done(), total_bytes, tensor: &entry.name })?;
    }
    sink.finish()
}

/// The base's own, or one that says what its GGUF file says.
fn config_json(base: &Path, config: &Config, dtype: &str) -> Result<Json> {
    if base.is_dir() {
        let file = base.join("config.json");
        let text = store::read_text(&file)?;
        let mut json: Json = serde_json::from_str(&text)
            .map_err(|e| Error::model(format!("{} is not valid JSON", file.display())).caused_by(e))?;
        // transformers called it `torch_dtype` until version 5, and reads both.
        if let Some(fields) = json.as_object_mut() {
            let key = if fields.contains_key("dtype") { "dtype" } else { "torch_dtype" };
            fields.insert(key.to_string(), dtype.into());
        }
        return Ok(json);
    }
    told_by_file(base, config, dtype)
}

fn told_by_file(base: &Path, config: &Config, dtype: &str) -> Result<Json> {
    if config.rope_factors.is_some() {
        let message = format!("{} scales positions by factors that a config.json cannot tell", base.display());
        return Err(Error::input(message)
            .hint("export a GGUF file, or train on the model's Hugging Face folder and export that"));
    }
    let ModelType { name: kind, class, windows } = config.family.anatomy().model_type(config.sliding_window.is_some());
    let activation = config.family.anatomy().activation_key();
    let header = Gguf::open(base)?.header;
    let id = |which: &str| header.integer(&format!("tokenizer.ggml.{which}_token_id"));
    let mut json = json!({
        "architectures": [class],
        "model_type": kind,
        "hidden_size": config.hidden,
        "intermediate_size": config.intermediate,
        "num_hidden_layers": config.layers,
        "num_attention_heads": config.heads,
        "num_key_value_heads": config.kv_heads,
        "head_dim": config.head_dim,
        "vocab_size": config.vocab,
        "max_position_embeddings": config.context_length,
        "rms_norm_eps": config.norm_eps as f32,
        "rope_theta": config.rope_theta,
        activation: config.family.anatomy().activation.names()[0],
        "attention_bias": config.attention_bias,
        "sliding_window": config.sliding_window,
        "tie_word_embeddings": config.tie_embeddings,
        "bos_token_id": id("bos"),
        "eos_token_id": id("eos"),
        "pad_token_id": id("padding"),
        "torch_dtype": dtype,
    });
    if *windows == Windows::OnRequest {
        json["use_sliding_window"] = config.sliding_window.is_some().into();
        json["max_window_layers"] = 0.into();
    }
    if matches!(windows, Windows::Most { .. }) {
        let kind = |layer| if config.window(layer).is_some() { "sliding_attention" } else { "full_attention" };
        json["layer_types"] = (0..config.layers).map(kind).collect();
        json["rope_local_base_freq"] = config.local_rope_theta.into();
    }
    let anatomy = config.family.anatomy();
    if anatomy.partly_rotated {
        json["original_max_position_embeddings"] = config.context_length.into();
        json["partial_rotary_factor"] = (config.rope_dims as f64 / config.head_dim as f64).into();
    }
    if anatomy.unrotated_every.is_some() {
        json["no_rope_layers"] =
            (0..config.layers).map(|layer| u8::from(!config.unrotated_layers.contains(&layer))).collect();
    }
    tell_scales(&mut json, config);
    Ok(json)
}

fn tell_scales(json: &mut Json, config: &Config) {
    let Scales { embeddings, residual, logits, logit_cap, .. } = config.scales;
    let scores = config.score_scale();
    match config.family.anatomy().scores {
        Scores::PerHead => {}
        // Whole numbers in every model there is, and in transformers' own type.
        Scores::PerQuery(_) => json["query_pre_attn_scalar"] = (scores.powi(-2).round() as u64).into(),
        Scores::Multiplier => {
            json["attention_multiplier"] = scores.into();
            json["embedding_multiplier"] = embeddings.into();
            json["residual_multiplier"] = residual.into();
            json["logits_scaling"] = logits.into();
        }
    }
    if let Some(cap) = logit_cap {
        json["final_logit_softcapping"] = cap.into();
    }
}

/// Tokenizer, template and end tokens.
fn write_beside(base: &Path, source: &Source, folder: &Path, template: Option<&str>) -> Result<()> {
    if base.is_dir() {
        for name in BESIDE {
            let from = base.join(name);
            if from.exists() {
                std::fs::copy(&from, folder.join(name)).map_err(|e| Error::io("copy", &from, e))?;
            }
        }
    } else {
        let gguf = Gguf::open(base)?;
        let header = &gguf.header;
        let tokens = header.texts(gguf.bytes(), "tokenizer.ggml.tokens").unwrap_or_default();
        let id = |which: &str| header.integer(&format!("tokenizer.ggml.{which}_token_id"));
        let token = |which: &str| id(which).and_then(|id| tokens.get(usize::try_from(id).ok()?));
        let config = json!({
            "tokenizer_class": "PreTrainedTokenizerFast",
            "bos_token": token("bos"),
            "eos_token": token("eos"),
            "unk_token": token("unknown"),
            "pad_token": token("padding"),
            "clean_up_tokenization_spaces": false,
            "model_max_length": source.config.context_length,
        });
        let generation = json!({"bos_token_id": id("bos"), "eos_token_id": source.chat.stop_ids()});
        store::replace(&folder.join("tokenizer.json"), source.chat.tokenizer_json()?.as_bytes())?;
        store::replace(&folder.join("tokenizer_config.json"), pretty(&config).as_bytes())?;
        store::replace(&folder.join("generation_config.json"), pretty(&generation).as_bytes())?;
        if let Some(used) = source.chat.template() {
            store::replace(&folder.join("chat_template.jinja"), used.as_bytes())?;
        }
    }
    let Some(template) = template else { return Ok(()) };
    store::replace(&folder.join("chat_template.jinja"), template.as_bytes())?;
    end_with(&source.chat.with_template(template)?, folder)
}

/// Adds the token that the template writes behind an answer to those that end one. A base that was taught to go on with
/// texts names the end of a text alone, and programs would write on after the answer.
fn end_with(chat: &Chat, folder: &Path) -> Result<()> {
    let end = chat.end_of_turn();
    let file = folder.join("generation_config.json");
    let (generation, config) = (optional_json(&file)?, optional_json(&folder.join("config.json"))?);
    let named =
        [&generation, &config].into_iter().find_map(|json| json.get("eos_token_id").filter(|ids| !ids.is_null()));
    let is = |id: &Json| id.as_u64() == Some(end.into());
    if named.is_some_and(|ids| is(ids) || ids.as_array().is_some_and(|ids| ids.iter().any(is))) {
        return Ok(());
    }
    let others = chat.stop_ids().iter().copied().filter(|id| *id != end);
    let mut whole = generation.as_object().cloned().unwrap_or_default();
    whole.insert("eos_token_id".to_string(), std::iter::once(end).chain(others).collect());
    store::replace(&file, pretty(&Json::Object(whole)).as_bytes())
}

fn pretty(json: &Json) -> String {
    serde_json::to_string_pretty(json).unwrap_or_default() + "\n"
}
