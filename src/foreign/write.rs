use super::case::Case;
use serde_json::{Map, Value};
use std::fmt::Write;

/// Keys that stay with their case even where all cases have the same.
const OWN: [&str; 3] = ["id", "vars", "checks"];

/// The suite as YAML: what all cases share stands in `defaults`, and what was left out is said above each.
pub(super) fn suite(head: &[String], description: &str, cases: &[Case]) -> String {
    let mut cases = cases.to_vec();
    let defaults = shared(&mut cases);
    let mut text = String::new();
    for line in head {
        let _ = writeln!(text, "# {}", one_line(line));
    }
    let mut header = Map::new();
    header.insert("description".into(), description.into());
    text.push_str(&plain(&Value::Object(header)));
    if !defaults.is_empty() {
        let _ = writeln!(text, "\ndefaults:");
        text.push_str(&indented(&plain(&Value::Object(defaults))));
    }
    let _ = writeln!(text, "\ncases:");
    for case in &cases {
        for note in &case.notes {
            let _ = writeln!(text, "# {}", one_line(note));
        }
        text.push_str(&as_yaml(&case.keys));
    }
    text
}

/// One case as an entry of the list.
pub(super) fn as_yaml(keys: &Map<String, Value>) -> String {
    plain(&Value::Array(vec![Value::Object(keys.clone())]))
}

fn plain(value: &Value) -> String {
    serde_yaml::to_string(value).unwrap_or_default()
}

fn indented(text: &str) -> String {
    let line = |line: &str| if line.is_empty() { "\n".to_string() } else { format!("  {line}\n") };
    text.lines().map(line).collect()
}

/// Takes out of the cases what they all have alike: keys, and the checks they all begin with.
fn shared(cases: &mut [Case]) -> Map<String, Value> {
    let mut defaults = Map::new();
    let [first, rest @ ..] = &*cases else { return defaults };
    if rest.is_empty() {
        return defaults;
    }
    for (key, value) in &first.keys {
        if !OWN.contains(&key.as_str()) && rest.iter().all(|case| case.keys.get(key) == Some(value)) {
            defaults.insert(key.clone(), value.clone());
        }
    }
    let alike = |at: usize| rest.iter().all(|case| case.checks().get(at) == first.checks().get(at));
    let checks: Vec<Value> =
        (0..first.checks().len()).take_while(|at| alike(*at)).map(|at| first.checks()[at].clone()).collect();
    for case in cases.iter_mut() {
        case.keys.retain(|key, _| !defaults.contains_key(key));
        let own: Vec<Value> = case.checks().iter().skip(checks.len()).cloned().collect();
        case.keys.retain(|key, _| key != "checks");
        if !own.is_empty() {
            case.set("checks", own);
        }
    }
    if !checks.is_empty() {
        defaults.insert("checks".into(), Value::Array(checks));
    }
    defaults
}

/// A remark of a stranger's words on one line.
fn one_line(text: &str) -> String {
    crate::words::clip(&text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>(), 300)
}
