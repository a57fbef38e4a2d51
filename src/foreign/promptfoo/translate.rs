//! Assertions to checks.

use super::assertion::{Assertion, separated};
use super::names::row;
use super::reader::Reader;
use super::vars::is_program;
use crate::foreign::draft::{Draft, check};
use crate::foreign::remark::Fate;
use crate::yaml;
use serde_json::{Map, Value, json};

/// Where promptfoo's measures of likeness pass unless they say otherwise.
const ALIKE: f64 = 0.75;
const BLEU: f64 = 0.5;
/// Its usual edit distance.
const DISTANCE: f64 = 5.0;

impl Reader<'_> {
    /// The checks that an assertion becomes.
    ///
    /// # Errors
    /// In words, why it becomes none.
    pub(super) fn translate(
        &mut self,
        assertion: &Assertion,
        draft: &mut Draft,
    ) -> Result<Vec<Map<String, Value>>, String> {
        let row = row(&assertion.kind).ok_or("promptfoo's guide has no such assertion")?;
        let Some(ours) = row.ours else { return Err(row.note.to_string()) };
        if assertion.kind == "assert-set" {
            return self.set(assertion, draft);
        }
        let mut check = match assertion.kind.as_str() {
            "javascript" | "python" => self.script(assertion)?,
            _ => {
                let value = self.value(assertion)?;
                translated(assertion, ours, &value)?
            }
        };
        if assertion.negated {
            turn(&mut check)?;
        }
        if let Some(weight) = assertion.weight {
            check.insert("weight".into(), json!(weight));
        }
        let name = check.get("type").and_then(Value::as_str).unwrap_or(ours).to_string();
        match row.fate {
            Fate::Kept => draft.remarks.kept(&assertion.place, assertion.name(), ""),
            _ => draft.remarks.changed(&assertion.place, assertion.name(), format!("as `{name}`: {}", row.note)),
        }
        Ok(vec![check])
    }

    fn set(&mut self, set: &Assertion, draft: &mut Draft) -> Result<Vec<Map<String, Value>>, String> {
        if set.threshold.is_some() || set.negated {
            return Err("a share of its assertions decides; write a case with a `threshold`".into());
        }
        let mut checks = Vec::new();
        for node in &set.inner {
            let inner = Assertion::of(node, &self.root)?;
            checks.extend(self.translate(&inner, draft)?);
        }
        draft.remarks.changed(&set.place, "assert-set", "its assertions stand on their own");
        Ok(checks)
    }

    /// The value, with a file that it names in its place.
    fn value(&self, assertion: &Assertion) -> Result<Value, String> {
        let Some(name) = assertion.value.as_str().and_then(|text| text.strip_prefix("file://")) else {
            return Ok(assertion.value.clone());
        };
        if is_program(name) {
            return Err("its value is computed by a program".into());
        }
        let (path, text) = self.files.read(&assertion.place.file, name)?;
        match [".json", ".yaml", ".yml"].iter().any(|end| name.ends_with(end)) {
            true => yaml::parse(&text, &path).map(|node| node.to_json()).map_err(|error| error.message),
            false => Ok(text.trim().into()),
        }
    }
}

fn translated(assertion: &Assertion, ours: &str, value: &Value) -> Result<Map<String, Value>, String> {
    let mut check = check(ours);
    let mut set = |key: &str, value: Value| _ = check.insert(key.to_string(), value);
    match assertion.kind.as_str() {
        "equals" if value.is_object() || value.is_array() => {
            set("type", "is-json".into());
            set("value", json!({"const": value}));
        }
        "equals" | "contains" | "icontains" | "starts-with" | "regex" => set("value", text(value)?.into()),
        "contains-all" | "contains-any" | "icontains-all" | "icontains-any" => set("value", list(value)?.into()),
        "is-json" | "contains-json" => {
            if let Some(schema) = schema(value)? {
                set("value", schema);
            }
        }
        "word-count" => {
            let [min, max] = span(value)?;
            min.into_iter().for_each(|min| set("min", min));
            max.into_iter().for_each(|max| set("max", max));
        }
        "is-refusal" => {}
        "latency" => set("max", json!(assertion.threshold.ok_or("it has no `threshold`")? / 1000.0)),
        "levenshtein" => {
            let text = text(value)?;
            set("threshold", json!(share(assertion, &text)?));
            set("value", text.into());
        }
        "rouge-n" | "similar" | "similar:cosine" => {
            set("value", text(value)?.into());
            set("threshold", json!(assertion.threshold.unwrap_or(ALIKE)));
        }
        "bleu" => {
            set("value", text(value)?.into());
            set("threshold", json!(assertion.threshold.unwrap_or(BLEU)));
        }
        "finish-reason" => match value.as_str() {
            Some("stop") => set("type", "not-truncated".into()),
            Some("length") => {}
            _ => return Err("of reasons only `stop` and `length` are known here".into()),
        },
        other => return Err(format!("nothing here does what `{other}` does")),
    }
    Ok(check)
}

/// Turns a check round. One that passes at a share then passes below it.
fn turn(check: &mut Map<String, Value>) -> Result<(), String> {
    let kind = check.get("type").and_then(Value::as_str).unwrap_or_default().to_string();
    if kind == "levenshtein" {
        return Err("a distance that must be exceeded has no counterpart here".into());
    }
    let turned = kind.strip_prefix("not-").map_or_else(|| format!("not-{kind}"), str::to_string);
    check.insert("type".into(), turned.into());
    if let Some(at) = check.get("threshold").and_then(Value::as_f64) {
        check.insert("threshold".into(), json!(round(1.0 - at)));
    }
    Ok(())
}

fn text(value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err("its value is no text".into()),
    }
}

fn list(value: &Value) -> Result<Vec<String>, String> {
    match value {
        Value::Array(items) => items.iter().map(text).collect(),
        Value::String(text) if text.contains("{{") => Err("its list is made by a template".into()),
        Value::String(list) => Ok(separated(list)),
        _ => Err("its value is no list".into()),
    }
}

/// A JSON Schema, written as a mapping or as JSON in a text.
fn schema(value: &Value) -> Result<Option<Value>, String> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) if text.trim().is_empty() => Ok(None),
        Value::String(text) => {
            let node = yaml::parse(text, std::path::Path::new("schema")).map_err(|error| error.message)?;
            if node.is_map() { Ok(Some(node.to_json())) } else { Err("its value is no JSON Schema".into()) }
        }
        Value::Object(_) => Ok(Some(value.clone())),
        _ => Err("its value is no JSON Schema".into()),
    }
}

/// Fewest and most words.
fn span(value: &Value) -> Result<[Option<Value>; 2], String> {
    match value {
        Value::Object(span) => Ok([span.get("min").cloned(), span.get("max").cloned()]),
        Value::Number(_) => Ok([Some(value.clone()), Some(value.clone())]),
        Value::String(text) => {
            let count: u64 = text.trim().parse().map_err(|_| "its value is no number of words".to_string())?;
            Ok([Some(json!(count)), Some(json!(count))])
        }
        _ => Err("its value is no number of words".into()),
    }
}

/// The share of likeness that an edit distance means for a text: exact for answers no longer than it.
fn share(assertion: &Assertion, text: &str) -> Result<f64, String> {
    if text.contains("{{") {
        return Err("its text is made by a template, so its length is not known".into());
    }
    // As promptfoo reads it, 0 is no threshold.
    let distance = assertion.threshold.filter(|distance| *distance != 0.0).unwrap_or(DISTANCE);
    let letters = text.chars().count().max(1) as f64;
    Ok(round((1.0 - distance / letters).max(0.0)))
}

fn round(share: f64) -> f64 {
    (share * 10_000.0).round() / 10_000.0
}
