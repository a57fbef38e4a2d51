//! A [`Config`] out of Hugging Face's `config.json`.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::config::{Config, MOST_LAYERS, Scales, every_so_manieth};
use super::family::{Bias, Family, Scores};
use super::keys::{Keys, shown, unsupported};
use super::rope_json::{self, RopeFile};
use super::windows_json::{self, WindowFile};
use crate::error::{Error, Place, Result};

#[derive(Deserialize)]
struct File {
    architectures: Option<Vec<String>>,
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    num_key_value_heads: Option<usize>,
    head_dim: Option<usize>,
    intermediate_size: usize,
    vocab_size: usize,
    rms_norm_eps: f64,
    tie_word_embeddings: Option<bool>,
    attention_bias: Option<bool>,
    mlp_bias: Option<bool>,
    hidden_act: Option<String>,
    hidden_activation: Option<String>,
    query_pre_attn_scalar: Option<f64>,
    final_logit_softcapping: Option<f64>,
    no_rope_layers: Option<Vec<u8>>,
    no_rope_layer_interval: Option<usize>,
    embedding_multiplier: Option<f64>,
    attention_multiplier: Option<f64>,
    residual_multiplier: Option<f64>,
    logits_scaling: Option<f64>,
}

/// Every key that transformers writes for these families, and what well-known tools add.
const KEYS: Keys = Keys {
    read: &[
        "architectures",
        "model_type",
        "hidden_size",
        "num_hidden_layers",
        "num_attention_heads",
        "num_key_value_heads",
        "head_dim",
        "intermediate_size",
        "vocab_size",
        "rms_norm_eps",
        "sliding_window",
        "use_sliding_window",
        "max_window_layers",
        "layer_types",
        "tie_word_embeddings",
        "attention_bias",
        "mlp_bias",
        "hidden_act",
        "max_position_embeddings",
        "original_max_position_embeddings",
        "rope_theta",
        "partial_rotary_factor",
        "rope_scaling",
        "rope_parameters",
    ],
    neutral: &[
        // Where the file comes from, and how weights are held in memory.
        "_name_or_path",
        "_commit_hash",
        "transformers_version",
        "transformers.js_config",
        "unsloth_version",
        "unsloth_fixed",
        "torch_dtype",
        "dtype",
        "use_bfloat16",
        "auto_map",
        "is_llama_config",
        "keys_to_ignore_at_inference",
        // How it is computed, not what.
        "_attn_implementation",
        "_attn_implementation_autoset",
        "_attn_implementation_internal",
        "attn_implementation",
        "_flash_attn_2_enabled",
        "use_flash_attn",
        "use_cache",
        "pretraining_tp",
        "chunk_size_feed_forward",
        "gradient_checkpointing",
        "torchscript",
        "return_dict",
        "output_attentions",
        "output_hidden_states",
        "output_scores",
        "return_dict_in_generate",
        "tf_legacy_loss",
        "logits_to_keep",
        "num_logits_to_keep",
        // Training.
        "initializer_range",
        "attention_dropout",
        "attn_pdrop",
        "embd_pdrop",
        "resid_pdrop",
        "hidden_dropout",
        "neftune_noise_alpha",
        // How caches are held in memory.
        "cache_implementation",
        // Tokens and texts, which the tokenizer's files decide.
        "bos_token_id",
        "eos_token_id",
        "pad_token_id",
        "unk_token_id",
        "sep_token_id",
        "cls_token_id",
        "decoder_start_token_id",
        "tokenizer_class",
        "max_sequence_length",
        "model_max_length",
        "seq_length",
        // Sampling, which suites and versions decide.
        "do_sample",
        "temperature",
        "top_k",
        "top_p",
        "min_p",
        "typical_p",
        "epsilon_cutoff",
        "eta_cutoff",
        "repetition_penalty",
        "length_penalty",
        "diversity_penalty",
        "no_repeat_ngram_size",
        "encoder_no_repeat_ngram_size",
        "num_beams",
        "num_beam_groups",
        "num_return_sequences",
        "early_stopping",
        "max_length",
        "min_length",
        "remove_invalid_values",
        // Heads for other tasks, which a `ForCausalLM` does not have.
        "id2label",
        "label2id",
        "num_labels",
        "problem_type",
        "finetuning_task",
        "task_specific_params",
    ],
    defaults: &[
        ("is_decoder", "true"),
        ("is_decoder", "false"),
        ("is_causal", "true"),
        ("is_encoder_decoder", "false"),
        ("use_bidirectional_attention", "false"),
        ("add_cross_attention", "false"),
        ("tie_encoder_decoder", "false"),
        ("rope_interleaved", "false"),
        ("use_mrope", "false"),
        ("use_qk_norm", "false"),
        ("qk_layernorm", "false"),
        ("lm_head_bias", "false"),
        ("num_experts", "0"),
        ("num_local_experts", "0"),
        // Phi-4-mini.
        ("full_attn_mod", "1"),
        ("interpolate_factor", "1"),
    ],
};

/// Reads the text of a `config.json`; `path` is for messages.
pub(super) fn config(text: &str, path: &Path) -> Result<Config> {
    let kind: Kind = serde_json::from_str(text).map_err(|e| unreadable(e, text, path))?;
    // The family first: a stranger's config would otherwise fail on some field it lacks.
    let (family, kind) = Family::of_config(&kind.model_type, path)?;
    let object: Map<String, Value> = serde_json::from_str(text).map_err(|e| unreadable(e, text, path))?;
    let file: File = serde_json::from_str(text).map_err(|e| unreadable(e, text, path))?;
    let rope: RopeFile = serde_json::from_str(text).map_err(|e| unreadable(e, text, path))?;
    let said: WindowFile = serde_json::from_str(text).map_err(|e| unreadable(e, text, path))?;
    check_keys(&object, &file, family, path)?;
    let head_dim = match file.head_dim {
        Some(size) => size,
        None => {
            let share = || file.hidden_size.checked_div(file.num_attention_heads);
            family.anatomy().head_dim.or_else(share).unwrap_or(0)
        }
    };
    let rope = rope_json::rope(&rope, family, head_dim, path)?;
    let (sliding_window, global_layers) =
        windows_json::windows(&said, kind, object.contains_key("sliding_window"), path)?;
    Config {
        family,
        hidden: file.hidden_size,
        layers: file.num_hidden_layers,
        heads: file.num_attention_heads,
        kv_heads: file.num_key_value_heads.unwrap_or(file.num_attention_heads),
        head_dim,
        intermediate: file.intermediate_size,
        vocab: file.vocab_size,
        rope_theta: rope.theta,
        local_rope_theta: rope.local_theta,
        rope_dims: rope.dims,
        rope_factors: rope.factors,
        rope_attn_factor: rope.attn_factor,
        norm_eps: file.rms_norm_eps,
        context_length: rope.context_length,
        sliding_window,
        global_layers,
        unrotated_layers: unrotated_layers(&file, family, path)?,
        scales: scales(&file, family),
        tie_embeddings: file.tie_word_embeddings.unwrap_or(family.anatomy().ties),
        attention_bias: family.anatomy().always_biased || file.attention_bias.unwrap_or(false),
    }
    .checked(path)
}

#[derive(Deserialize)]
struct Kind {
    model_type: String,
}

/// Every key that would be passed over, and every value of a read one that cannot be run, all of them at once.
fn check_keys(object: &Map<String, Value>, file: &File, family: Family, path: &Path) -> Result<()> {
    let mut faults = Vec::new();
    let mut refuse = |key: &str| {
        let value = object.get(key).map(shown).unwrap_or_default();
        faults.push(unsupported(path, key, &value));
    };
    let activation = family.anatomy().activation;
    for (key, said) in [("hidden_act", &file.hidden_act), ("hidden_activation", &file.hidden_activation)] {
        if said.as_deref().is_some_and(|name| !activation.names().contains(&name)) {
            refuse(key);
        }
    }
    if file.mlp_bias == Some(true) {
        refuse("mlp_bias");
    }
    let biased = family.anatomy().qkv.parts.iter().any(|part| part.bias != Bias::No);
    if file.attention_bias == Some(true) && !biased {
        refuse("attention_bias");
    }
    // A sentence encoder or a classifier of the same family has no head that writes.
    let writes = |names: &Vec<String>| names.is_empty() || names.iter().any(|name| name.ends_with("ForCausalLM"));
    if !file.architectures.as_ref().is_none_or(writes) {
        refuse("architectures");
    }
    let own = family.anatomy().keys;
    for (key, value) in KEYS.strangers(object).into_iter().filter(|(key, _)| !own.contains(key)) {
        faults.push(match key {
            "quantization_config" | "quantization" | "compression_config" => {
                Error::model(format!("{}: the weights are quantised (`{key}`)", path.display()))
                    .hint("of safetensors pmtune reads F32, F16 and BF16; use a GGUF file of this model instead")
            }
            _ => unsupported(path, key, &shown(value)),
        });
    }
    Error::gather(faults).map_or(Ok(()), Err)
}

fn scales(file: &File, family: Family) -> Scales {
    let anatomy = family.anatomy();
    let one = |said: Option<f64>| said.unwrap_or(1.0) as f32;
    Scales {
        embeddings: one(file.embedding_multiplier) * anatomy.embedding_scale(file.hidden_size),
        scores: match anatomy.scores {
            Scores::PerHead => None,
            Scores::PerQuery(usual) => Some(1.0 / (file.query_pre_attn_scalar.unwrap_or(usual) as f32).sqrt()),
            Scores::Multiplier => Some(one(file.attention_multiplier)),
        },
        residual: one(file.residual_multiplier),
        logits: one(file.logits_scaling),
        logit_cap: file.final_logit_softcapping.map(|cap| cap as f32),
    }
}

/// Layers whose entry in `no_rope_layers` is 0, or by the family's rule.
fn unrotated_layers(file: &File, family: Family, path: &Path) -> Result<Vec<usize>> {
    let layers = file.num_hidden_layers.min(MOST_LAYERS);
    let every = file.no_rope_layer_interval.or(family.anatomy().unrotated_every);
    match (&file.no_rope_layers, every) {
        (Some(rotated), _) if rotated.len() < file.num_hidden_layers => {
            Err(unsupported(path, "no_rope_layers", &format!("a list of {} for {layers} layers", rotated.len())))
        }
        (Some(rotated), _) => Ok((0..layers).filter(|layer| rotated.get(*layer) == Some(&0)).collect()),
        (None, Some(0)) => Err(unsupported(path, "no_rope_layer_interval", "0")),
        (None, every) => Ok(every_so_manieth(every, layers)),
    }
}

fn unreadable(error: serde_json::Error, text: &str, path: &Path) -> Error {
    let (line, column) = (error.line(), error.column().max(1));
    let snippet = text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
    let snippet: String = snippet.chars().take(120).collect();
    let column = column.min(snippet.chars().count() + 1);
    Error::model(format!("not the config of a model: {error}"))
        .at(Place { file: path.to_path_buf(), line, column, snippet })
        .hint("download config.json again")
}

#[cfg(test)]
mod tests;
