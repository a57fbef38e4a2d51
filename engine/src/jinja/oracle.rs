//! Every case of `tests/oracle/jinja.json`, which jinja2 rendered with `transformers`' settings.

use super::*;
use serde::Deserialize;
use std::collections::BTreeMap;

const CHAT: Settings = Settings { chat: true, steps: 1_000_000 };

#[derive(Deserialize)]
struct Oracle {
    data: serde_json::Value,
    cases: Vec<Case>,
    /// Templates that print where in memory something lies.
    addresses: Vec<String>,
}

#[derive(Deserialize)]
struct Case {
    template: String,
    /// `None`: jinja2 raises an error.
    text: Option<String>,
}

fn oracle() -> Oracle {
    serde_json::from_str(include_str!("../../tests/oracle/jinja.json")).unwrap()
}

fn data(json: &serde_json::Value) -> Data {
    use serde_json::Value as Json;
    match json {
        Json::Null => Data::None,
        Json::Bool(value) => Data::Bool(*value),
        Json::Number(number) => number.as_i64().map_or_else(|| Data::Float(number.as_f64().unwrap()), Data::Int),
        Json::String(text) => Data::text(text.as_str()),
        Json::Array(items) => Data::List(items.iter().map(data).collect()),
        Json::Object(entries) => Data::Dict(entries.iter().map(|(k, v)| (k.as_str().into(), data(v))).collect()),
    }
}

fn rendered(template: &str, variables: &Data) -> Result<String, Fault> {
    Template::new(template, CHAT)?.render(variables)
}

#[test]
fn equal_to_jinja2_or_refused_by_name() {
    let oracle = oracle();
    let variables = data(&oracle.data);
    let mut wrong = Vec::new();
    let mut refused: BTreeMap<String, usize> = BTreeMap::new();
    for case in &oracle.cases {
        match (rendered(&case.template, &variables), &case.text) {
            (Ok(text), Some(wanted)) if text == *wanted => {}
            (Err(_), None) => {}
            (Err(fault), Some(_)) if matches!(fault.kind, Kind::Unsupported | Kind::Syntax) => {
                *refused.entry(fault.message).or_default() += 1;
            }
            (found, wanted) => {
                let found = found.map_err(|fault| fault.to_string());
                wrong.push(format!("{:?}\n  jinja2 {wanted:?}\n  here   {found:?}", case.template));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), oracle.cases.len(), wrong.join("\n"));
    assert!(oracle.cases.len() > 4_000);
    // What is refused is the exception, and says what it is: the filters that escape, `random`, views of dictionaries …
    let count: usize = refused.values().sum();
    let list: Vec<String> = refused.iter().map(|(what, count)| format!("{count:3} {what}")).collect();
    assert!(count < oracle.cases.len() / 10, "{count} are refused:\n{}", list.join("\n"));
}

#[test]
fn what_prints_an_address_is_refused() {
    let oracle = oracle();
    let variables = data(&oracle.data);
    for template in &oracle.addresses {
        let kind = rendered(template, &variables).map_err(|fault| fault.kind);
        assert!(matches!(kind, Err(Kind::Unsupported)), "{template}: {kind:?}");
    }
    assert!(oracle.addresses.len() > 10);
}
