//! The life of versions on the command line: note, promote, archive, restore, verify, diff.

use crate::program::copy;
use assert_cmd::Command;
use engine::store;
use std::path::Path;
use std::process::Output;
use tempfile::TempDir;

fn pmtune(root: &Path, args: &[&str]) -> Output {
    Command::cargo_bin("pmtune")
        .unwrap()
        .current_dir(root)
        .env_remove("PMTUNE_WORKSPACE")
        .env("PMTUNE_HOME", root.join("home"))
        .args(args)
        .output()
        .unwrap()
}

/// What the program prints when all is well.
fn fine(root: &Path, args: &[&str]) -> String {
    let output = pmtune(root, args);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{args:?}: {text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.lines().all(|line| line.chars().count() <= 80 || line.contains('/')), "{text}");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What it says when it refuses, with exit code 1.
fn refused(root: &Path, args: &[&str]) -> String {
    let output = pmtune(root, args);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{args:?}: {text}");
    assert!(text.contains("help:"), "{text}");
    text + &String::from_utf8_lossy(&output.stdout)
}

/// The shipped versions with their data, in a folder of their own.
fn workspace() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    for name in ["pmtune.yaml", "models", "training-data", "examples"] {
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join(name), &root.path().join(name));
    }
    let models = root.path().join("models");
    let _ = std::fs::remove_file(models.join("primary"));
    let _ = std::fs::remove_dir_all(models.join("archive"));
    root
}

/// Hashes of every file below, by path.
fn hashes(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        for path in std::fs::read_dir(next).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                open.push(path);
            } else {
                found.push((path.display().to_string(), store::hash_file(&path, |_| ()).unwrap()));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn the_shipped_versions_are_what_their_manifests_say() {
    let root = workspace();
    let text = fine(root.path(), &["models", "verify"]);
    assert!(text.contains("✓ PM-General-v1: 8 files as they were"), "{text}");
    assert!(text.contains("the base smollm2-135m-instruct is not on this computer"), "{text}");
    assert!(text.ends_with("No damage."), "{text}");
}

#[test]
fn an_edited_manifest_is_damage_until_somebody_says_that_it_is_meant() {
    let root = workspace();
    let file = root.path().join("models/PM-General-v2/manifest.yaml");
    let edit = |from: &str, to: &str| {
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.contains(from), "{from} is missing in\n{text}");
        std::fs::write(&file, text.replacen(from, to, 1)).unwrap();
    };
    fine(root.path(), &["models", "verify", "v2", "--accept"]);
    edit("notes: '", "notes: 'Read by Ann. ");
    edit("format: 1\n", "# a remark\nformat: 1\n");
    fine(root.path(), &["models", "note", "v2", "a note"]);
    fine(root.path(), &["models", "promote", "v2"]);
    fine(root.path(), &["models", "verify", "v2"]);
    for (from, to) in [("base:\n", "system: Be rude.\nbase:\n"), ("rank: 16", "rank: 8"), ("system: Be rude.\n", "")] {
        edit(from, to);
        let text = refused(root.path(), &["models", "verify"]);
        assert!(text.contains("manifest.yaml was edited since it was written"), "{to}: {text}");
    }
    assert!(refused(root.path(), &["models", "promote", "v2"]).contains("is damaged"));
    edit("rank: 8", "rank: 16");
    fine(root.path(), &["models", "verify", "v2"]);
    edit("base:\n", "system: Be kind.\nbase:\n");
    let before = std::fs::read_to_string(&file).unwrap();
    fine(root.path(), &["models", "verify", "v2", "--accept"]);
    let after = std::fs::read_to_string(&file).unwrap();
    let rest = |text: &str| text.lines().filter(|line| !line.starts_with("digest:")).collect::<Vec<_>>().join("\n");
    assert_eq!(rest(&before), rest(&after), "only the digest is touched");
    fine(root.path(), &["models", "verify"]);
}

#[test]
fn a_version_is_archived_and_restored_bit_for_bit() {
    let root = workspace();
    fine(root.path(), &["models", "note", "v1", "First of the line"]);
    let folder = root.path().join("models/PM-General-v1");
    let before = hashes(&folder);
    assert!(before.len() >= 6);
    let text = fine(root.path(), &["models", "archive", "v1"]);
    assert!(text.contains("Archived PM-General-v1: models/archive/PM-General-v1.zip (6 files"), "{text}");
    assert!(!folder.exists());
    let list = fine(root.path(), &["models", "list"]);
    assert!(list.contains("(archived)"), "{list}");
    for args in [&["models", "note", "v1", "x"][..], &["chat", "v1"]] {
        let text = refused(root.path(), args);
        assert!(text.contains("is archived") && text.contains("pmtune models restore PM-General-v1"), "{text}");
    }
    // What a kill between packing and removing leaves goes when the same command is run again.
    let left = root.path().join("models/archive/.removing-PM-General-v1");
    std::fs::create_dir(&left).unwrap();
    assert!(fine(root.path(), &["models", "archive", "v1"]).contains("is archived already"));
    assert!(!left.exists());
    fine(root.path(), &["models", "restore", "v1"]);
    assert_eq!(hashes(&folder), before);
    assert!(refused(root.path(), &["models", "restore", "v1"]).contains("is there already"));
    assert!(refused(root.path(), &["models", "restore", "v9"]).contains("there is no archived version"));
    let notes = fine(root.path(), &["models", "note", "v1"]);
    assert!(notes.ends_with("First of the line"), "{notes}");
}

#[test]
fn the_number_of_an_archived_version_is_not_given_again() {
    let root = workspace();
    fine(root.path(), &["models", "archive", "v4"]);
    let workspace = pmtune::workspace::Workspace::open(root.path()).unwrap();
    let (newest, next) = pmtune::registry::next(&workspace).unwrap();
    assert_eq!((newest.unwrap().name.as_str(), next.as_str()), ("PM-General-v3", "PM-General-v5"));
}

#[test]
fn promoting_moves_primary_and_is_noted_in_both_logs() {
    let root = workspace();
    let primary = || std::fs::read_to_string(root.path().join("models/primary")).unwrap();
    assert!(fine(root.path(), &["models", "promote", "v1"]).contains("no version was before"));
    assert_eq!(primary(), "PM-General-v1\n");
    let text = fine(root.path(), &["models", "promote", "v2", "--because", "better \u{1b}[31m on held-out"]);
    assert!(text.contains("before, PM-General-v1 was"), "{text}");
    assert_eq!(primary(), "PM-General-v2\n");
    let [one, two] = ["v1", "v2"].map(|version| fine(root.path(), &["models", "note", version]));
    assert!(one.contains("PM-General-v2 became primary instead: better") && !one.contains('\u{1b}'), "{one}");
    assert!(two.contains("became primary instead of PM-General-v1: better"), "{two}");
    assert!(fine(root.path(), &["models", "promote", "v2"]).contains("already"));
    assert_eq!(fine(root.path(), &["models", "note", "v2"]), two, "nothing new is noted");
    assert!(refused(root.path(), &["models", "archive", "v2"]).contains("is primary"));
    // A manifest is printed as it stands, however long its lines are.
    let show = String::from_utf8(pmtune(root.path(), &["models", "show", "v2"]).stdout).unwrap();
    assert!(show.contains("# Notes") && show.contains("became primary"), "{show}");
}

#[test]
fn damage_anywhere_is_found_and_a_damaged_version_is_not_promoted() {
    for (path, words) in [
        ("PM-General-v2/adapter/adapter_model.safetensors", "adapter/adapter_model.safetensors is not what it was"),
        ("PM-General-v2/adapter/adapter_config.json", "adapter/adapter_config.json is not what it was"),
        ("PM-General-v2/loss.csv", "loss.csv is not what it was"),
        ("archive/PM-General-v1.zip", "is damaged"),
    ] {
        let root = workspace();
        fine(root.path(), &["models", "archive", "v1"]);
        let file = root.path().join("models").join(path);
        let mut bytes = std::fs::read(&file).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(&file, bytes).unwrap();
        let text = refused(root.path(), &["models", "verify"]);
        assert!(text.contains(words), "{path}: {text}");
        if path.starts_with("PM") {
            for args in [["models", "promote", "v2"], ["models", "archive", "v2"]] {
                assert!(refused(root.path(), &args).contains("is damaged"));
            }
            assert!(!root.path().join("models/primary").exists());
            assert!(file.exists());
        } else {
            assert!(refused(root.path(), &["models", "restore", "v1"]).contains("is damaged"));
            assert!(!root.path().join("models/PM-General-v1").exists());
        }
    }
}

#[test]
fn changed_training_data_is_a_remark_and_no_damage() {
    let root = workspace();
    let file = root.path().join("training-data/analytics/kpi-definitions.jsonl");
    let mut text = std::fs::read_to_string(&file).unwrap();
    text.push('\n');
    std::fs::write(&file, text).unwrap();
    std::fs::remove_file(root.path().join("training-data/user-stories/basic-features.jsonl")).unwrap();
    let text = fine(root.path(), &["models", "verify", "v1"]);
    assert!(text.contains("changed since the training: training-data/analytics/kpi-definitions.jsonl"), "{text}");
    assert!(text.contains("no longer there: training-data/user-stories/basic-features.jsonl"), "{text}");
}

#[test]
fn a_diff_names_data_results_and_the_missing_comparison() {
    let root = workspace();
    let text = fine(root.path(), &["models", "diff", "v1", "v2"]);
    for part in [
        "+ training-data/short-answers/ideas.jsonl: 11 examples, 1 for validation",
        "~ examples trained on: 76 → 258",
        "~ adapter: 077c157b5d19 → 436848ae4333",
        "pmtune eval --compare PM-General-v1 PM-General-v2",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(
        text.contains("~ best epoch: 3 → 2") && !text.contains("learning-rate"),
        "what differs, and nothing else: {text}"
    );
    fine(root.path(), &["models", "archive", "v1"]);
    let archived = fine(root.path(), &["models", "diff", "v1", "v2"]);
    assert!(archived.contains("~ examples trained on: 76 → 258"), "{archived}");
    let same = fine(root.path(), &["models", "diff", "v2", "v2"]);
    assert!(same.contains("Nothing differs"), "{same}");
}

#[test]
fn a_diff_is_told_to_programs() {
    let root = workspace();
    fine(root.path(), &["models", "note", "v2", "a note"]);
    let output = pmtune(root.path(), &["models", "diff", "v1", "v2", "--json"]);
    let diff: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((diff["format"].as_u64(), diff["after"].as_str()), (Some(1), Some("PM-General-v2")));
    let changes = diff["sections"].as_array().unwrap().iter().flat_map(|s| s["changes"].as_array().unwrap());
    let epochs = changes.into_iter().find(|change| change["what"] == "best epoch").unwrap();
    assert_eq!((epochs["before"].as_str(), epochs["after"].as_str()), (Some("3"), Some("2")));
    assert_eq!(diff["notes"]["after"]["since"][0]["text"], "a note");
    assert!(diff["compared"].is_null());
}
