//! OpenAI evals: lines with `input` and `ideal`.

use super::case::Case;
use super::draft::{Draft, check, literal};
use super::options::{Class, Options, Source};
use super::question::question;
use super::remark::Place;
use engine::error::{Error, Result};
use serde_json::{Map, Value};
use std::path::Path;

/// Keys that decide nothing about an answer.
const NEUTRAL: [&str; 4] = ["id", "sample_id", "metadata", "tags"];

/// Whether this is such a file, by its first line.
pub(super) fn is(text: &str) -> bool {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    serde_json::from_str::<Map<String, Value>>(first).is_ok_and(|sample| sample.contains_key("input"))
}

pub(super) fn read(source: &Source<'_>, text: &str, options: &Options, draft: &mut Draft) -> Result<()> {
    let start = Place::at(source.file, 1);
    match options.class {
        Some(_) => {}
        None => draft.remarks.changed(
            &start,
            "the eval's class",
            "samples do not say how they are judged; taken as Match (begins with an ideal); see --class",
        ),
    }
    let class = options.class.unwrap_or_default();
    if class == Class::FuzzyMatch {
        let why = "as `icontains-any`; the original drops articles and punctuation first, and also takes an answer that \
                   is part of the ideal";
        draft.remarks.changed(&start, "FuzzyMatch", why);
    }
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let place = Place::at(source.file, at + 1);
        let sample: Map<String, Value> =
            serde_json::from_str(line).map_err(|error| not_json(source.file, at + 1, &error))?;
        sample_into(&place, &sample, class, draft)?;
    }
    Ok(())
}

fn not_json(file: &Path, line: usize, error: &serde_json::Error) -> Error {
    Error::input(format!("{}:{line}: this line is no JSON object: {error}", file.display()))
        .hint("every line is a JSON object with `input` and `ideal`")
}

fn sample_into(place: &Place, sample: &Map<String, Value>, class: Class, draft: &mut Draft) -> Result<()> {
    let known = |key: &str| ["input", "ideal"].contains(&key) || NEUTRAL.contains(&key);
    for key in sample.keys().filter(|key| !known(key)) {
        draft.remarks.left_out(place, format!("key `{key}`"), "not known here");
    }
    let asked = match question(sample.get("input")) {
        Ok(asked) => asked,
        Err(why) => {
            draft.remarks.left_out(place, "sample", why);
            return Ok(());
        }
    };
    let ideals = match ideals(sample.get("ideal")) {
        Some(ideals) => ideals,
        None => {
            draft.remarks.left_out(place, "sample", "it has no `ideal` text or list of texts");
            return Ok(());
        }
    };
    let mut case = Case::new(place.clone());
    if let Some(system) = &asked.system {
        case.set("system", literal(system));
    }
    case.set("prompt", literal(&asked.prompt));
    if let [one] = ideals.as_slice() {
        case.set("reference", literal(one));
    }
    case.set("checks", vec![Value::Object(held_against(class, &ideals))]);
    draft.remarks.kept(place, "sample", "");
    draft.take(&asked.prompt, case)
}

fn held_against(class: Class, ideals: &[String]) -> Map<String, Value> {
    let texts: Vec<String> = ideals.iter().map(|ideal| literal(ideal)).collect();
    let (kind, value) = match (class, texts.as_slice()) {
        (Class::Match, [one]) => ("starts-with", Value::from(one.as_str())),
        (Class::Match, _) => {
            let any: Vec<String> = ideals.iter().map(|ideal| regex::escape(ideal)).collect();
            ("regex", Value::from(literal(&format!(r"\A\s*(?:{})", any.join("|")))))
        }
        (Class::Includes, _) => ("contains-any", Value::from(texts.clone())),
        (Class::FuzzyMatch, _) => ("icontains-any", Value::from(texts.clone())),
    };
    let mut check = check(kind);
    check.insert("value".into(), value);
    // Match speaks for what is said, whatever the shape of the check.
    check.insert("criterion".into(), "accuracy".into());
    check
}

fn ideals(value: Option<&Value>) -> Option<Vec<String>> {
    let text = |value: &Value| match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    match value? {
        Value::Array(items) if !items.is_empty() => items.iter().map(text).collect(),
        one => text(one).map(|one| vec![one]),
    }
}
