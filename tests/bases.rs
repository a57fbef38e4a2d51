//! `pmtune bases` as a user meets it, without any base on the computer.

use crate::program::{command, said};
use serde_json::Value;

#[test]
fn the_table_fits_a_terminal_and_begins_with_an_advice() {
    let root = tempfile::tempdir().unwrap();
    let output = command(root.path(), &["bases"]).env("HOME", root.path()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && text.starts_with("For your "), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    for name in ["smollm2-135m-instruct", "qwen3-4b", "gemma3-270m", "llama3.2-3b-instruct", "phi4-mini-instruct"] {
        assert!(text.contains(name), "{name}: {text}");
    }
    assert!(!text.contains("minilm"), "the sentence model is no base");
}

#[test]
fn one_base_is_shown_in_full_and_every_number_as_json() {
    let root = tempfile::tempdir().unwrap();
    let pmtune = |arguments: &[&str]| command(root.path(), arguments).env("HOME", root.path()).output().unwrap();
    let text = said(&pmtune(&["bases", "gemma3-270m"]));
    for part in [
        "Google's list of prohibited uses",
        "268.1 million weights",
        "pmtune pull gemma3-270m",
        "(estimated)",
        "--template",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let json: Value = serde_json::from_slice(&pmtune(&["bases", "--json"]).stdout).unwrap();
    let bases = json["bases"].as_array().unwrap();
    assert_eq!(bases.len(), 12);
    for base in bases {
        let bytes = |key: &str| base[key].as_u64().unwrap();
        assert!(bytes("answer_bytes") > bytes("bytes") && bytes("least_training_bytes") > bytes("bytes"), "{base}");
        assert_eq!((&base["on_disk"], &base["tokens_per_second"]), (&Value::Bool(false), &Value::Null));
    }
    let unknown = pmtune(&["bases", "gpt-9"]);
    assert!(!unknown.status.success() && said(&unknown).contains("`pmtune bases` lists them"));
}
