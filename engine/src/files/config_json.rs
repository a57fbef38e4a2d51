//! A [`Config`] out of Hugging Face's `config.json`.

use std::path::Path;

use serde::Deserialize;

use super::config::Config;
use super::family::Family;
use crate::error::{Error, Place, Result};

#[derive(Deserialize)]
struct File {
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    num_key_value_heads: Option<usize>,
    head_dim: Option<usize>,
    intermediate_size: usize,
    vocab_size: usize,
    max_position_embeddings: usize,
    original_max_position_embeddings: Option<usize>,
    rms_norm_eps: f64,
    rope_theta: Option<f64>,
    /// Until transformers 4; `rope_parameters` since.
    rope_scaling: Option<Rope>,
    rope_parameters: Option<Rope>,
    partial_rotary_factor: Option<f64>,
    sliding_window: Option<usize>,
    use_sliding_window: Option<bool>,
    max_window_layers: Option<usize>,
    tie_word_embeddings: Option<bool>,
    attention_bias: Option<bool>,
    mlp_bias: Option<bool>,
    hidden_act: Option<String>,
}

#[derive(Deserialize, Default)]
struct Rope {
    #[serde(alias = "type")]
    rope_type: Option<String>,
    rope_theta: Option<f64>,
    partial_rotary_factor: Option<f64>,
    factor: Option<f64>,
    low_freq_factor: Option<f64>,
    high_freq_factor: Option<f64>,
    original_max_position_embeddings: Option<usize>,
    short_factor: Option<Vec<f32>>,
    attention_factor: Option<f64>,
}

/// Reads the text of a `config.json`; `path` is for messages.
pub(super) fn config(text: &str, path: &Path) -> Result<Config> {
    let kind: Kind = serde_json::from_str(text).map_err(|e| unreadable(e, text, path))?;
    // The family first: a stranger's config would otherwise fail on some field it lacks.
    let family = Family::of(&kind.model_type, path)?;
    let file: File = serde_json::from_str(text).map_err(|e| unreadable(e, text, path))?;
    let unsupported = |what: &str| {
        Error::model(format!("{}: {what}, which pmtune does not run", path.display())).hint("use another model")
    };
    if file.hidden_act.as_deref().is_some_and(|act| act != "silu" && act != "swish") {
        return Err(unsupported("the activation is not silu"));
    }
    if file.mlp_bias == Some(true) {
        return Err(unsupported("the feed-forward layers carry biases"));
    }
    let head_dim = match file.head_dim {
        Some(size) => size,
        None => file.hidden_size.checked_div(file.num_attention_heads).unwrap_or(0),
    };
    let rope = file.rope_parameters.as_ref().or(file.rope_scaling.as_ref());
    let partial = rope.and_then(|r| r.partial_rotary_factor).or(file.partial_rotary_factor).unwrap_or(1.0);
    // A negative or absurd factor ends as 0 or too many dimensions, which `checked` refuses.
    let rope_dims = (head_dim as f64 * partial) as usize;
    let rope_theta = rope.and_then(|r| r.rope_theta).or(file.rope_theta).unwrap_or(10000.0);
    let scaled = scaling(&file, rope, rope_theta, rope_dims, path)?;
    Config {
        family,
        hidden: file.hidden_size,
        layers: file.num_hidden_layers,
        heads: file.num_attention_heads,
        kv_heads: file.num_key_value_heads.unwrap_or(file.num_attention_heads),
        head_dim,
        intermediate: file.intermediate_size,
        vocab: file.vocab_size,
        rope_theta,
        rope_dims,
        rope_factors: scaled.factors,
        rope_attn_factor: scaled.attn_factor,
        norm_eps: file.rms_norm_eps,
        context_length: scaled.context_length,
        sliding_window: sliding_window(&file, family, unsupported)?,
        tie_embeddings: file.tie_word_embeddings.unwrap_or(false),
        attention_bias: family.anatomy().always_biased || file.attention_bias.unwrap_or(false),
    }
    .checked(path)
}

#[derive(Deserialize)]
struct Kind {
    model_type: String,
}

/// Qwen2 declares a window it does not use unless told so, and may use it from some layer on.
fn sliding_window(file: &File, family: Family, unsupported: impl Fn(&str) -> Error) -> Result<Option<usize>> {
    if !family.anatomy().window_on_request {
        return Ok(file.sliding_window);
    }
    if file.use_sliding_window != Some(true) {
        return Ok(None);
    }
    match file.max_window_layers {
        Some(0) => Ok(file.sliding_window),
        Some(from) if from < file.num_hidden_layers => {
            Err(unsupported("some layers use a sliding window and some do not"))
        }
        _ => Ok(None),
    }
}

struct Scaled {
    factors: Option<Vec<f32>>,
    attn_factor: f32,
    context_length: usize,
}

/// The frequency scalings of transformers' `modeling_rope_utils.py`.
fn scaling(file: &File, rope: Option<&Rope>, theta: f64, rope_dims: usize, path: &Path) -> Result<Scaled> {
    let whole = file.max_position_embeddings;
    let plain = Scaled { factors: None, attn_factor: 1.0, context_length: whole };
    let Some(rope) = rope else { return Ok(plain) };
    let lacks = |field: &str| {
        Error::model(format!("{}: the RoPE scaling has no `{field}`", path.display()))
            .hint("download config.json again")
    };
    match rope.rope_type.as_deref().unwrap_or("default") {
        "default" => Ok(plain),
        "linear" => {
            let factor = rope.factor.ok_or_else(|| lacks("factor"))? as f32;
            Ok(Scaled { factors: Some(vec![factor; rope_dims.min(1 << 16) / 2]), ..plain })
        }
        "llama3" => Ok(Scaled { factors: Some(llama3(rope, theta, rope_dims, lacks)?), ..plain }),
        // "su" is the name Phi-3 first had for it.
        "longrope" | "su" => {
            // Only the short factors: they serve the original context, which is more than a comparison of answers needs.
            let original =
                file.original_max_position_embeddings.or(rope.original_max_position_embeddings).unwrap_or(whole);
            let factor = whole as f64 / original.max(1) as f64;
            let derived = if factor > 1.0 { (1.0 + factor.ln() / (original as f64).ln()).sqrt() } else { 1.0 };
            Ok(Scaled {
                factors: Some(rope.short_factor.clone().ok_or_else(|| lacks("short_factor"))?),
                attn_factor: rope.attention_factor.unwrap_or(derived) as f32,
                context_length: original.min(whole),
            })
        }
        other => {
            let shown: String = other.chars().take(40).collect();
            Err(Error::model(format!("{}: the RoPE scaling {shown:?} is not one pmtune knows", path.display()))
                .hint("pmtune runs models with linear, llama3 or longrope scaling, or none"))
        }
    }
}

/// `_compute_llama3_parameters`: low frequencies are divided by the factor, high ones kept, those between blended.
fn llama3(rope: &Rope, theta: f64, rope_dims: usize, lacks: impl Fn(&str) -> Error) -> Result<Vec<f32>> {
    let factor = rope.factor.ok_or_else(|| lacks("factor"))?;
    let low = rope.low_freq_factor.ok_or_else(|| lacks("low_freq_factor"))?;
    let high = rope.high_freq_factor.ok_or_else(|| lacks("high_freq_factor"))?;
    let original =
        rope.original_max_position_embeddings.ok_or_else(|| lacks("original_max_position_embeddings"))? as f64;
    let divisor = |pair: usize| {
        let wavelength = 2.0 * std::f64::consts::PI * theta.powf(2.0 * pair as f64 / rope_dims as f64);
        if wavelength < original / high {
            1.0
        } else if wavelength > original / low {
            factor
        } else {
            let smooth = (original / wavelength - low) / (high - low);
            1.0 / ((1.0 - smooth) / factor + smooth)
        }
    };
    Ok((0..rope_dims.min(1 << 16) / 2).map(|pair| divisor(pair) as f32).collect())
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
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[derive(Deserialize)]
    struct Oracle {
        ropes: HashMap<String, Case>,
    }

    #[derive(Deserialize)]
    struct Case {
        config: serde_json::Value,
        frequencies: Vec<f64>,
        attention_factor: f32,
    }

    fn read(json: &serde_json::Value) -> Result<Config> {
        config(&json.to_string(), Path::new("config.json"))
    }

    fn oracle() -> HashMap<String, Case> {
        let oracle: Oracle = serde_json::from_str(include_str!("../../tests/oracle/tiny_folder.json")).unwrap();
        oracle.ropes
    }

    #[test]
    fn frequencies_are_those_of_transformers() {
        let cases = oracle();
        assert_eq!(cases.len(), 6);
        for (name, case) in cases {
            let config = read(&case.config).unwrap();
            assert_eq!(config.rope_dims, 2 * case.frequencies.len(), "{name}");
            let factors = config.rope_factors.unwrap_or_else(|| vec![1.0; case.frequencies.len()]);
            for (pair, (wanted, divisor)) in case.frequencies.iter().zip(factors).enumerate() {
                let base = config.rope_theta.powf(-2.0 * pair as f64 / config.rope_dims as f64);
                let frequency = base / f64::from(divisor);
                assert!((frequency / wanted - 1.0).abs() < 1e-5, "{name}, pair {pair}: {frequency} is not {wanted}");
            }
            assert!((config.rope_attn_factor - case.attention_factor).abs() < 1e-6, "{name}");
        }
    }

    #[test]
    fn qwen2_uses_its_window_only_when_told_to() {
        let mut json = oracle()["default"].config.clone();
        json["sliding_window"] = 128.into();
        let windows = [(false, 0, Some(None)), (true, 0, Some(Some(128))), (true, 2, Some(None)), (true, 1, None)];
        for (used, from, wanted) in windows {
            json["use_sliding_window"] = used.into();
            json["max_window_layers"] = from.into();
            assert_eq!(read(&json).ok().map(|config| config.sliding_window), wanted, "{used} from {from}");
        }
    }
}
