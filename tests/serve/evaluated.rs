//! Evaluating a version through its own server gives what evaluating it here gives.

use super::fixture::{Served, pmtune, workspace};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// The answers of a run by case and repeat: text, and both counts of tokens.
fn answers(root: &Path, reports: &str, model: &str) -> BTreeMap<String, Value> {
    let output = pmtune(root).args(["eval", model]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    let folder = std::fs::read_dir(root.join("reports")).unwrap().flatten().map(|entry| entry.path());
    let run = folder.into_iter().find(|path| path.join("results.jsonl").is_file()).unwrap();
    let lines = std::fs::read_to_string(run.join("results.jsonl")).unwrap();
    std::fs::rename(root.join("reports"), root.join(reports)).unwrap();
    let record = |line: &str| {
        let record: Value = serde_json::from_str(line).unwrap();
        let answer = find(&record, "answer").unwrap_or_else(|| panic!("{record}"));
        let told = ["text", "stop", "prompt_tokens", "output_tokens"].map(|key| answer[key].clone());
        (format!("{} {}", record["case"], record["repeat"]), Value::from(told.to_vec()))
    };
    lines.lines().map(record).collect()
}

/// The first value under `key`, however deep.
fn find<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    let map = value.as_object()?;
    map.get(key).or_else(|| map.values().find_map(|inner| find(inner, key)))
}

#[test]
fn an_evaluation_through_the_server_gives_the_same_answers_bit_for_bit() {
    let root = workspace();
    let server = Served::start(root.path(), &[]);
    for id in ["v1", "v2"] {
        let here = answers(root.path(), &format!("here-{id}"), id);
        let address = format!("openai:http://127.0.0.1:{}/v1#{id}", server.port);
        let served = answers(root.path(), &format!("served-{id}"), &address);
        assert_eq!(here.len(), 5);
        assert_eq!(here, served, "{id}");
    }
}
