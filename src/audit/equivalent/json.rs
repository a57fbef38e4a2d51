//! JSON in a code fence, on one line, with its keys in another order.

use crate::audit::asks::Asks;
use crate::audit::kind::{Kind, Mutant};
use serde_json::{Map, Value};

/// The whole text as JSON, perhaps in a code fence.
pub(in crate::audit) fn value(text: &str) -> Option<Value> {
    let bare = text.trim();
    let inner = bare.strip_prefix("```json").or(bare.strip_prefix("```")).and_then(|rest| rest.strip_suffix("```"));
    let value: Value = serde_json::from_str(inner.unwrap_or(bare)).ok()?;
    (value.is_object() || value.is_array()).then_some(value)
}

pub(super) fn equivalents(asks: &Asks, gold: &str, value: &Value) -> Vec<Mutant> {
    let mut all = Vec::new();
    if !asks.nothing_else() && !gold.trim_start().starts_with("```") {
        all.push(Mutant::new(Kind::Json, "in a code fence", format!("```json\n{gold}\n```")));
    }
    all.push(Mutant::new(Kind::Json, "on one line", value.to_string()));
    if !asks.names(&["order"]) {
        all.push(Mutant::new(Kind::Json, "keys in another order", reversed(value).to_string()));
    }
    all
}

/// Keys in the opposite order, those of the values too; lists stay, for their order may mean something.
fn reversed(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            Value::Object(map.iter().rev().map(|(key, value)| (key.clone(), reversed(value))).collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.iter().map(reversed).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(prompt: &str, gold: &str) -> Vec<String> {
        let value = value(gold).unwrap();
        equivalents(&Asks::of(None, prompt), gold, &value).into_iter().map(|m| m.text).collect()
    }

    #[test]
    fn json_is_fenced_flattened_and_turned_round() {
        let gold = "{\n  \"a\": 1,\n  \"b\": [{\"c\": 2, \"d\": 3}]\n}";
        assert_eq!(
            made("Give me JSON", gold),
            [
                format!("```json\n{gold}\n```"),
                "{\"a\":1,\"b\":[{\"c\":2,\"d\":3}]}".into(),
                "{\"b\":[{\"d\":3,\"c\":2}],\"a\":1}".into()
            ]
        );
        assert_eq!(made("JSON and nothing else, keys in this order", gold).len(), 1);
    }

    #[test]
    fn only_the_whole_text_is_json() {
        assert!(value("Here: {\"a\": 1}").is_none() && value("3").is_none());
        assert!(value("```json\n[1]\n```").is_some());
    }
}
