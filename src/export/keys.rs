//! What a GGUF file tells of the version beside the model: `general.*`
//! (<https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>), and the sampling that llama.cpp's server takes for its
//! default.

use crate::registry::Name;
use crate::run::VersionRef;
use engine::files::export::Value;
use engine::generate::Sampling;

/// Keys of a merged model; what is not named stays as the base has it.
pub(super) fn of_model(
    version: &VersionRef,
    base: &str,
    template: Option<&str>,
    end: Option<u32>,
) -> Vec<(String, Option<Value>)> {
    let mut keys: Vec<(String, Option<Value>)> =
        general(version, base).into_iter().map(|(key, value)| (key, Some(value))).collect();
    keys.extend(sampling(&version.sampling).map(|(key, value)| (format!("general.sampling.{key}"), value)));
    keys.extend(end.map(|id| ("tokenizer.ggml.eot_token_id".to_string(), Some(Value::U32(id)))));
    keys.extend(template.map(|text| ("tokenizer.chat_template".to_string(), Some(Value::Text(text.to_string())))));
    keys
}

/// Keys of an adapter alone.
pub(super) fn of_adapter(version: &VersionRef, base: &str) -> Vec<(String, Value)> {
    general(version, base)
}

fn general(version: &VersionRef, base: &str) -> Vec<(String, Value)> {
    let text = |text: &str| Value::Text(text.to_string());
    let mut keys = vec![("name", text(&version.name))];
    if let Some(name) = Name::parse(&version.name) {
        keys.push(("finetune", text(&name.line)));
        keys.push(("version", text(&name.short())));
    }
    keys.push(("quantized_by", text(concat!("pmtune ", env!("CARGO_PKG_VERSION")))));
    keys.push(("base_model.count", Value::U32(1)));
    keys.push(("base_model.0.name", text(base)));
    if let Some(repo) = base.strip_prefix("hub:").map(|rest| rest.split(':').next().unwrap_or(rest)) {
        keys.push(("base_model.0.repo_url", text(&format!("https://huggingface.co/{repo}"))));
    }
    keys.into_iter().map(|(key, value)| (format!("general.{key}"), value)).collect()
}

/// The penalty of a version reaches over all that was read and written; llama.cpp's over the last so many tokens, and -1
/// means all.
fn sampling(sampling: &Sampling) -> impl Iterator<Item = (&'static str, Option<Value>)> {
    let number = |value: f64| Value::F32(value as f32);
    let count = |value: usize| Value::I32(i32::try_from(value).unwrap_or(i32::MAX));
    let penalised = sampling.repetition_penalty != 1.0;
    [
        ("temp", Some(number(sampling.temperature))),
        ("top_k", sampling.top_k.map(count)),
        ("top_p", sampling.top_p.map(number)),
        ("min_p", sampling.min_p.map(number)),
        ("penalty_repeat", Some(number(sampling.repetition_penalty))),
        ("penalty_last_n", penalised.then_some(Value::I32(-1))),
    ]
    .into_iter()
}
