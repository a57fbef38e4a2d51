//! `is-json` and `json-schema`.

use super::payload::payload;
use crate::check::text::wording::quote;
use crate::check::{Judge, Subject, Verdict};
use jsonschema::Validator;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use std::sync::OnceLock;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct IsJson {
    /// A JSON Schema that the answer must fit; without it any JSON will do.
    #[serde(default)]
    value: Option<Value>,
    #[serde(skip)]
    compiled: Compiled,
}

/// The `json-schema` check.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct JsonSchemaCheck {
    /// The JSON Schema that the answer must fit.
    value: Value,
    #[serde(skip)]
    compiled: Compiled,
}

/// The `contains-json` check.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ContainsJson {
    /// A JSON Schema that one of the objects and lists must fit; without it any will do.
    #[serde(default)]
    value: Option<Value>,
    #[serde(skip)]
    compiled: Compiled,
}

/// A schema made ready once.
#[derive(Debug, Default)]
struct Compiled(OnceLock<Result<Validator, String>>);

impl Compiled {
    fn get(&self, schema: &Value) -> Result<&Validator, &String> {
        let build = || match schema {
            Value::Object(_) | Value::Bool(_) => {
                jsonschema::validator_for(schema).map_err(|e| format!("value is not a valid JSON Schema: {e}"))
            }
            _ => Err("value is not a JSON Schema; it must be a mapping".to_string()),
        };
        self.0.get_or_init(build).as_ref()
    }
}

impl Judge for IsJson {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let schema = self.value.as_ref().map(|schema| self.compiled.get(schema)).transpose();
        schema.map_or_else(|reason| Verdict::Error { reason: reason.clone() }, |schema| judge(subject.text(), schema))
    }

    fn faults(&self) -> Option<String> {
        self.value.as_ref().and_then(|schema| self.compiled.get(schema).err().cloned())
    }
}

impl Judge for JsonSchemaCheck {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let schema = self.compiled.get(&self.value);
        schema.map_or_else(|reason| Verdict::Error { reason: reason.clone() }, |s| judge(subject.text(), Some(s)))
    }

    fn faults(&self) -> Option<String> {
        self.compiled.get(&self.value).err().cloned()
    }
}

impl Judge for ContainsJson {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let schema = match self.value.as_ref().map(|schema| self.compiled.get(schema)).transpose() {
            Ok(schema) => schema,
            Err(reason) => return Verdict::Error { reason: reason.clone() },
        };
        let found = values_in(subject.text());
        if found.is_empty() {
            return Verdict::fail("no JSON object or list stands in the answer");
        }
        match schema {
            None => Verdict::pass("a JSON object or list stands in the answer"),
            Some(schema) if found.iter().any(|value| schema.is_valid(value)) => {
                Verdict::pass("JSON that fits the schema stands in the answer")
            }
            Some(_) => Verdict::fail("no JSON in the answer fits the schema"),
        }
    }

    fn faults(&self) -> Option<String> {
        self.value.as_ref().and_then(|schema| self.compiled.get(schema).err().cloned())
    }
}

/// How many brackets of a text are tried: each costs up to the rest of it.
const MOST_STARTS: usize = 1000;

/// The JSON objects and lists that stand in a text, from left to right, none within another.
fn values_in(text: &str) -> Vec<Value> {
    let mut values = Vec::new();
    let mut at = 0;
    for _ in 0..MOST_STARTS {
        let Some(start) = text[at..].find(['{', '[']).map(|found| at + found) else { break };
        let mut stream = serde_json::Deserializer::from_str(&text[start..]).into_iter::<Value>();
        at = match stream.next() {
            Some(Ok(value)) => {
                values.push(value);
                start + stream.byte_offset()
            }
            _ => start + 1,
        };
    }
    values
}

fn judge(answer: &str, schema: Option<&Validator>) -> Verdict {
    let value: Value = match serde_json::from_str(payload(answer).trim()) {
        Ok(value) => value,
        Err(error) => return Verdict::fail(format!("not JSON: {error}")),
    };
    let Some(schema) = schema else {
        return Verdict::pass("the answer is JSON");
    };
    let mut errors = schema.iter_errors(&value);
    let Some(first) = errors.next() else {
        return Verdict::pass("the answer is JSON and fits the schema");
    };
    let path = first.instance_path().to_string();
    let place = if path.is_empty() { String::new() } else { format!(" at {}", quote(&path)) };
    let more = match errors.count() {
        0 => String::new(),
        more => format!(" (and {more} more)"),
    };
    Verdict::fail(format!("does not fit the schema{place}: {}{more}", shortened(&first.to_string())))
}

/// The library quotes the offending value whole; a reason must stay short.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 120;
    let mut short: String = text.chars().take(LONGEST).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::text::testing::{check, judge, sorts};

    #[test]
    fn json_bare_or_in_its_only_block() {
        sorts(
            &check::<IsJson>("{}"),
            &["{\"a\": 1}", " [1, 2]\n", "Here it is:\n```json\n{\"a\": [\n1]}\n```\nDone.", "```\n3\n```"],
            &["{'a': 1}", "{\"a\": 1} there", "```json\n{\"a\":\n```", "```\n1\n```\n```\n2\n```", ""],
        );
        let reason = judge(&check::<IsJson>("{}"), "{\"a\": }").reason().to_string();
        assert_eq!(reason, "not JSON: expected value at line 1 column 7");
    }

    #[test]
    fn schemas() {
        let yaml =
            "value: {type: object, required: [title, points], properties: {points: {type: integer, minimum: 1}}}";
        let schema = check::<JsonSchemaCheck>(yaml);
        sorts(
            &schema,
            &[r#"{"title": "x", "points": 3}"#],
            &[r#"{"title": "x", "points": 0}"#, r#"{"points": 1}"#, "x"],
        );
        sorts(&check::<IsJson>(yaml), &[r#"{"title": "x", "points": 3}"#], &[r#"{"title": "x"}"#]);
        assert_eq!(
            judge(&schema, r#"{"title": "x", "points": 0}"#).reason(),
            "does not fit the schema at “/points”: 0 is less than the minimum of 1"
        );
        let long = format!("\"{}\"", "word ".repeat(200));
        assert!(judge(&schema, &long).reason().len() < 200);
    }

    #[test]
    fn bad_schemas_are_faults() {
        assert!(
            check::<JsonSchemaCheck>("value: {type: strnig}").faults().is_some_and(|f| f.contains("valid JSON Schema"))
        );
        assert!(check::<JsonSchemaCheck>("value: text").faults().is_some());
        assert!(
            check::<IsJson>("value: {$ref: 'https://example.com/s.json'}").faults().is_some(),
            "nothing is fetched"
        );
        assert_eq!(check::<IsJson>("{}").faults(), None);
    }
}
