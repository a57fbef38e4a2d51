//! Rotary embedding as `config.json` describes it, by the rules of transformers' `modeling_rope_utils.py`.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::family::Family;
use super::keys::{Keys, shown, unsupported};
use crate::error::{Error, Result};

/// What a `config.json` says of rotary embedding, wherever it says it.
#[derive(Deserialize)]
pub(super) struct RopeFile {
    max_position_embeddings: usize,
    original_max_position_embeddings: Option<usize>,
    rope_theta: Option<f64>,
    /// Of layers with a window, until transformers 4.
    rope_local_base_freq: Option<f64>,
    partial_rotary_factor: Option<f64>,
    /// Until transformers 4; `rope_parameters` since.
    rope_scaling: Option<Map<String, Value>>,
    rope_parameters: Option<Map<String, Value>>,
}

#[derive(Deserialize, Default)]
struct Parameters {
    rope_type: Option<String>,
    /// The older name, which files of some years hold beside the other.
    r#type: Option<String>,
    rope_theta: Option<f64>,
    partial_rotary_factor: Option<f64>,
    factor: Option<f64>,
    low_freq_factor: Option<f64>,
    high_freq_factor: Option<f64>,
    original_max_position_embeddings: Option<usize>,
    short_factor: Option<Vec<f32>>,
    attention_factor: Option<f64>,
}

/// The rope of a config.
pub(super) struct Rope {
    pub theta: f64,
    /// Of layers with a window, where the family tells these apart.
    pub local_theta: Option<f64>,
    pub dims: usize,
    pub factors: Option<Vec<f32>>,
    pub attn_factor: f32,
    pub context_length: usize,
}

/// The keys of each type of scaling. Those of another type would be passed over.
const DEFAULT: Keys = Keys {
    read: &["rope_type", "type", "rope_theta", "partial_rotary_factor"],
    // Tells of training; every type may carry it.
    neutral: &["finetuned"],
    // A factor of 1 scales nothing.
    defaults: &[("factor", "1"), ("attention_factor", "1")],
};
const LINEAR: Keys = Keys { read: &["rope_type", "type", "rope_theta", "partial_rotary_factor", "factor"], ..DEFAULT };
const LLAMA3: Keys = Keys {
    read: &[
        "rope_type",
        "type",
        "rope_theta",
        "partial_rotary_factor",
        "factor",
        "low_freq_factor",
        "high_freq_factor",
        "original_max_position_embeddings",
    ],
    ..DEFAULT
};
const LONGROPE: Keys = Keys {
    read: &[
        "rope_type",
        "type",
        "rope_theta",
        "partial_rotary_factor",
        "factor",
        "short_factor",
        "attention_factor",
        "original_max_position_embeddings",
    ],
    // They serve contexts longer than the original, which is all that is run here.
    neutral: &["finetuned", "long_factor"],
    ..DEFAULT
};

/// The rope of a model whose heads have `head_dim` dimensions; `path` is for messages.
pub(super) fn rope(file: &RopeFile, family: Family, head_dim: usize, path: &Path) -> Result<Rope> {
    let object = parameters_of(file, path)?;
    let (object, local) = match family.anatomy().local_theta {
        Some(_) => by_layer_type(object, path)?,
        None => (object, Map::new()),
    };
    let local_theta = local_theta(file, &local, family, path)?;
    let said = parameters(&object, path)?;
    if said.rope_type.is_some() && said.r#type.is_some() && said.rope_type != said.r#type {
        return Err(two_values(path, "rope_type", "type"));
    }
    let kind = said.rope_type.as_deref().or(said.r#type.as_deref()).unwrap_or("default");
    let keys = match kind {
        "default" => DEFAULT,
        "linear" => LINEAR,
        "llama3" => LLAMA3,
        // "su" is the name Phi-3 first had for it.
        "longrope" | "su" => LONGROPE,
        other => {
            let other: String = other.chars().take(40).collect();
            return Err(Error::model(format!(
                "{}: the RoPE scaling {other:?} is not one pmtune knows",
                path.display()
            ))
            .hint("pmtune runs models with linear, llama3 or longrope scaling, or none"));
        }
    };
    // transformers takes no others for Phi-3.
    if family == Family::Phi3 && matches!(kind, "linear" | "llama3") {
        return Err(unsupported(path, "rope_type", &format!("{kind:?} in a Phi3 model")));
    }
    let strangers = keys.strangers(&object).into_iter();
    let faults = strangers
        .map(|(key, value)| unsupported(path, key, &format!("{} beside a RoPE of the type {kind:?}", shown(value))));
    if let Some(error) = Error::gather(faults) {
        return Err(error);
    }
    let partial = said.partial_rotary_factor.or(file.partial_rotary_factor).unwrap_or(1.0);
    if partial != 1.0 && !family.anatomy().partly_rotated {
        return Err(unsupported(path, "partial_rotary_factor", &format!("{partial} in a {family:?} model")));
    }
    // A negative or absurd factor ends as 0 or too many dimensions, which `Config::checked` refuses.
    let dims = (head_dim as f64 * partial) as usize;
    let theta = said.rope_theta.or(file.rope_theta).unwrap_or(family.anatomy().theta);
    let context_length = file.max_position_embeddings;
    let plain = Rope { theta, local_theta, dims, factors: None, attn_factor: 1.0, context_length };
    scaled(plain, kind, &said, || original(file, &said, family, path), path)
}

fn parameters(object: &Map<String, Value>, path: &Path) -> Result<Parameters> {
    serde_json::from_value(Value::Object(object.clone())).map_err(|e| {
        Error::model(format!("{}: the RoPE parameters cannot be read", path.display()))
            .caused_by(e)
            .hint("download config.json again")
    })
}

/// The parameters of layers without a window and of those with one. Since transformers 5 each have an object of their own;
/// before that, one object told of the layers without.
fn by_layer_type(mut object: Map<String, Value>, path: &Path) -> Result<(Map<String, Value>, Map<String, Value>)> {
    let kinds = ["full_attention", "sliding_attention"];
    if !kinds.iter().any(|kind| object.contains_key(*kind)) {
        return Ok((object, Map::new()));
    }
    let [whole, local] = kinds.map(|kind| match object.remove(kind) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(parameters)) => Ok(parameters),
        Some(other) => Err(unsupported(path, kind, &shown(&other))),
    });
    match object.iter().next() {
        Some((key, value)) => Err(unsupported(path, key, &format!("{} beside RoPE parameters by layer", shown(value)))),
        None => Ok((whole?, local?)),
    }
}

/// The base of layers with a window, which nothing stretches.
fn local_theta(file: &RopeFile, local: &Map<String, Value>, family: Family, path: &Path) -> Result<Option<f64>> {
    let said = parameters(local, path)?;
    let strangers = DEFAULT.strangers(local).into_iter().map(|(key, value)| (key, shown(value)));
    let scaled = said.rope_type.iter().chain(&said.r#type).filter(|kind| *kind != "default");
    let scaled = scaled.map(|kind| ("rope_type", format!("{kind:?}")));
    let partial = said.partial_rotary_factor.filter(|factor| *factor != 1.0);
    let partial = partial.map(|factor| ("partial_rotary_factor", factor.to_string()));
    let faults = strangers.chain(scaled).chain(partial);
    let faults =
        faults.map(|(key, value)| unsupported(path, key, &format!("{value} in the RoPE of layers with a window")));
    if let Some(error) = Error::gather(faults) {
        return Err(error);
    }
    Ok(family.anatomy().local_theta.map(|usual| said.rope_theta.or(file.rope_local_base_freq).unwrap_or(usual)))
}

/// The object that holds the parameters. transformers lets `rope_scaling` win where both are there; who wrote the other
/// meant something else.
fn parameters_of(file: &RopeFile, path: &Path) -> Result<Map<String, Value>> {
    let given = |object: &Option<Map<String, Value>>| object.clone().filter(|object| !object.is_empty());
    match (given(&file.rope_scaling), given(&file.rope_parameters)) {
        (Some(old), Some(new)) if old != new => Err(two_values(path, "rope_scaling", "rope_parameters")),
        (old, new) => Ok(old.or(new).unwrap_or_default()),
    }
}

fn two_values(path: &Path, one: &str, other: &str) -> Error {
    Error::model(format!("{}: `{one}` and `{other}` say different things", path.display()))
        .hint("remove the one that the model was not trained with")
}

/// The context the model had before it was stretched. As in transformers, a value beside the RoPE parameters goes before
/// one among them, Phi-3 has 4096 unless told otherwise, and others have their whole context.
fn original(file: &RopeFile, said: &Parameters, family: Family, path: &Path) -> Result<usize> {
    let default = (family == Family::Phi3).then_some(4096);
    let outside = file.original_max_position_embeddings.or(default);
    match (outside, said.original_max_position_embeddings) {
        (Some(outside), Some(inside)) if outside != inside => Err(two_values(
            path,
            &format!("original_max_position_embeddings ({outside})"),
            &format!("original_max_position_embeddings ({inside}) of the RoPE parameters"),
        )),
        (outside, inside) => Ok(outside.or(inside).unwrap_or(file.max_position_embeddings)),
    }
}

fn scaled(
    plain: Rope,
    kind: &str,
    said: &Parameters,
    original: impl Fn() -> Result<usize>,
    path: &Path,
) -> Result<Rope> {
    let lacks = |field: &str| {
        Error::model(format!("{}: the RoPE scaling has no `{field}`", path.display()))
            .hint("download config.json again")
    };
    match kind {
        "linear" => {
            let factor = said.factor.ok_or_else(|| lacks("factor"))? as f32;
            Ok(Rope { factors: Some(vec![factor; plain.dims.min(1 << 16) / 2]), ..plain })
        }
        "llama3" => {
            let factors = llama3(said, plain.theta, plain.dims, original()?, lacks)?;
            Ok(Rope { factors: Some(factors), ..plain })
        }
        "longrope" | "su" => {
            // Only the short factors: they serve the original context, which is more than a comparison of answers needs.
            let (whole, original) = (plain.context_length, original()?);
            let factor = said.factor.unwrap_or(whole as f64 / original.max(1) as f64);
            let derived =
                if factor > 1.0 { (1.0 + libm::log(factor) / libm::log(original as f64)).sqrt() } else { 1.0 };
            Ok(Rope {
                factors: Some(said.short_factor.clone().ok_or_else(|| lacks("short_factor"))?),
                attn_factor: said.attention_factor.unwrap_or(derived) as f32,
                context_length: original.min(whole),
                ..plain
            })
        }
        _ => Ok(plain),
    }
}

/// `_compute_llama3_parameters`: low frequencies are divided by the factor, high ones kept, those between blended.
fn llama3(
    said: &Parameters,
    theta: f64,
    dims: usize,
    original: usize,
    lacks: impl Fn(&str) -> Error,
) -> Result<Vec<f32>> {
    let factor = said.factor.ok_or_else(|| lacks("factor"))?;
    let low = said.low_freq_factor.ok_or_else(|| lacks("low_freq_factor"))?;
    let high = said.high_freq_factor.ok_or_else(|| lacks("high_freq_factor"))?;
    let original = original as f64;
    let divisor = |pair: usize| {
        let wavelength = 2.0 * std::f64::consts::PI * libm::pow(theta, 2.0 * pair as f64 / dims as f64);
        if wavelength < original / high {
            1.0
        } else if wavelength > original / low {
            factor
        } else {
            let smooth = (original / wavelength - low) / (high - low);
            1.0 / ((1.0 - smooth) / factor + smooth)
        }
    };
    Ok((0..dims.min(1 << 16) / 2).map(|pair| divisor(pair) as f32).collect())
}
