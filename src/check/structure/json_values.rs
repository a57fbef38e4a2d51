use super::payload::payload;
use crate::check::text::wording::{listing, quote};
use crate::check::{Judge, Subject, Verdict};
use crate::words::count;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

/// JSON may fit its schema and still say the wrong thing.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct JsonValues {
    /// What must stand where: a JSON pointer (`/owner`, `/items/0/price`) and its value. Numbers are compared by value,
    /// lists and mappings part by part; other keys may stand beside them. The score is the share that is right.
    values: Map<String, Value>,
    /// Take texts for the same whatever their case and spaces, and `"12"` for 12.
    #[serde(default)]
    loose: bool,
}

impl Judge for JsonValues {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let answer: Value = match serde_json::from_str(payload(subject.text()).trim()) {
            Ok(value) => value,
            Err(error) => return Verdict::fail(format!("not JSON: {error}")),
        };
        let faults: Vec<String> =
            self.values.iter().filter_map(|(at, wanted)| self.fault(&answer, at, wanted)).collect();
        let (all, met) = (self.values.len(), self.values.len() - faults.len());
        let reason = match faults.is_empty() {
            true => format!("{} as wanted", count(all, "value")),
            false => format!("{met} of {}; {}", count(all, "value"), listing(&faults)),
        };
        Verdict::part(met, all, reason)
    }

    fn faults(&self) -> Option<String> {
        if self.values.is_empty() {
            return Some("`values` is empty; give at least one JSON pointer with its value".into());
        }
        let wrong = self.values.keys().find(|at| !at.is_empty() && !at.starts_with('/'))?;
        Some(format!("`{wrong}` is no JSON pointer; write `/{wrong}`"))
    }
}

impl JsonValues {
    fn fault(&self, answer: &Value, at: &str, wanted: &Value) -> Option<String> {
        let Some(found) = answer.pointer(at) else {
            return Some(format!("nothing at {at}"));
        };
        let told = || format!("{} at {at}, wanted {}", quote(&found.to_string()), quote(&wanted.to_string()));
        (!self.same(found, wanted)).then(told)
    }

    fn same(&self, found: &Value, wanted: &Value) -> bool {
        match (found, wanted) {
            (Value::Number(a), Value::Number(b)) => a.as_f64().zip(b.as_f64()).is_some_and(|(a, b)| close(a, b)),
            (Value::String(a), Value::String(b)) => a == b || self.loose && plain(a) == plain(b),
            (Value::String(text), Value::Number(number)) | (Value::Number(number), Value::String(text)) => {
                let read = text.trim().parse::<f64>().ok();
                self.loose && read.zip(number.as_f64()).is_some_and(|(a, b)| close(a, b))
            }
            (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| self.same(a, b)),
            (Value::Object(a), Value::Object(b)) => {
                b.iter().all(|(key, wanted)| a.get(key).is_some_and(|found| self.same(found, wanted)))
            }
            (a, b) => a == b,
        }
    }
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0)
}

/// A text without differences of case and spaces.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::text::testing::{check, judge, sorts};

    #[test]
    fn values_stand_where_they_should() {
        let values = check::<JsonValues>("values: {/owner: Ana, /items/0/price: 12, /done: false, /tags: [a, b]}");
        sorts(
            &values,
            &[
                r#"{"owner": "Ana", "items": [{"price": 12.0, "name": "x"}], "done": false, "tags": ["a", "b"]}"#,
                "Here:\n```json\n{\"owner\": \"Ana\", \"items\": [{\"price\": 1.2e1}], \"done\": false, \"tags\": [\"a\", \"b\"]}\n```",
            ],
            &[
                r#"{"owner": "ana", "items": [{"price": 12}], "done": false, "tags": ["a", "b"]}"#,
                r#"{"owner": "Ana", "items": [{"price": "12"}], "done": false, "tags": ["a", "b"]}"#,
                r#"{"owner": "Ana", "items": [{"price": 12}], "done": false, "tags": ["b", "a"]}"#,
                "Ana, 12",
                "",
            ],
        );
        let verdict = judge(&values, r#"{"owner": "Ben", "done": false, "tags": ["a", "b"]}"#);
        assert_eq!(verdict.reason(), "2 of 4 values; “\"Ben\"” at /owner, wanted “\"Ana\"”, nothing at /items/0/price");
        assert_eq!(verdict.score(), Some(0.5));
    }

    #[test]
    fn case_and_spaces_can_be_let_go() {
        let loose = check::<JsonValues>("{values: {/owner: Ana Lind, /price: 12}, loose: true}");
        sorts(&loose, &[r#"{"owner": " ana  lind", "price": "12"}"#], &[r#"{"owner": "Ana", "price": 12}"#]);
    }

    #[test]
    fn faults() {
        assert!(check::<JsonValues>("values: {}").faults().is_some());
        assert_eq!(
            check::<JsonValues>("values: {owner: Ana}").faults().as_deref(),
            Some("`owner` is no JSON pointer; write `/owner`")
        );
    }
}
