//! A tokenizer from a `tokenizer.json`, made fit for what `guard` relies on.

use std::collections::HashSet;

use serde_json::Value;
use tokenizers::normalizers::Sequence as Normalizers;
use tokenizers::{NormalizerWrapper, Tokenizer as Inner};

use super::vocabulary::unmark;
use crate::error::{Error, Result};

/// Builds the tokenizer. Errors when the file is no tokenizer the library can use.
pub(super) fn build(bytes: &[u8]) -> Result<Inner> {
    let mut json: Value = serde_json::from_slice(bytes).map_err(|e| unusable("it is not valid JSON").caused_by(e))?;
    check_merges(&json)?;
    separate_control_tokens(&mut json);
    let bytes = serde_json::to_vec(&json).map_err(|e| unusable("it cannot be read").caused_by(e))?;
    let mut tokenizer = Inner::from_bytes(bytes).map_err(|e| unusable("it is of an unknown kind").caused_by(e))?;
    let mut normalizers = vec![unmark()?];
    normalizers.extend(tokenizer.get_normalizer().cloned());
    let normalizer: NormalizerWrapper = Normalizers::new(normalizers).into();
    tokenizer.with_normalizer(Some(normalizer)).map_err(|e| unusable("its normalizer fails").caused_by(e))?;
    // Settings a file may carry from training; a prompt is neither cut nor filled up.
    tokenizer.with_truncation(None).map_err(|e| unusable("its truncation fails").caused_by(e))?;
    tokenizer.with_padding(None);
    Ok(tokenizer)
}

/// Control tokens are looked for in the text as it is, before the normalizer removes the marks.
fn separate_control_tokens(json: &mut Value) {
    for token in json.get_mut("added_tokens").and_then(Value::as_array_mut).into_iter().flatten() {
        if token.get("special") == Some(&Value::Bool(true))
            && let Some(token) = token.as_object_mut()
        {
            token.insert("normalized".to_string(), Value::Bool(false));
        }
    }
}

/// The library panics on a merge whose result is longer than every token.
fn check_merges(json: &Value) -> Result<()> {
    let model = json.get("model");
    let field = |name: &str| model.and_then(|model| model.get(name));
    let (Some(vocab), Some(merges)) =
        (field("vocab").and_then(Value::as_object), field("merges").and_then(Value::as_array))
    else {
        return Ok(());
    };
    let prefix = field("continuing_subword_prefix").and_then(Value::as_str).unwrap_or_default();
    let tokens: HashSet<&str> = vocab.keys().map(String::as_str).collect();
    for (number, merge) in merges.iter().enumerate() {
        let pair = match merge {
            Value::String(text) => text.split_once(' '),
            Value::Array(pair) => pair.first().and_then(Value::as_str).zip(pair.get(1).and_then(Value::as_str)),
            _ => None,
        };
        let joined = pair.and_then(|(left, right)| Some(format!("{left}{}", right.strip_prefix(prefix)?)));
        if !joined.is_some_and(|joined| tokens.contains(joined.as_str())) {
            return Err(unusable(&format!("merge {number} does not give one of its tokens")));
        }
    }
    Ok(())
}

fn unusable(what: &str) -> Error {
    Error::model(format!("tokenizer.json is unusable: {what}")).hint("download the model's `tokenizer.json` again")
}
