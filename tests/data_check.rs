//! `pmtune data check` as a user meets it: exit codes, formats, `--fix`.

use assert_cmd::Command;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Output;
use tempfile::TempDir;

/// The workspace with planted faults, copied.
fn planted() -> TempDir {
    let from = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/lint");
    let root = tempfile::tempdir().unwrap();
    for (source, target) in [
        ("pmtune.yaml", "pmtune.yaml"),
        ("suites/held.yaml", "suites/held.yaml"),
        ("kpi-definitions.jsonl", "training-data/analytics/kpi-definitions.jsonl"),
    ] {
        let target = root.path().join(target);
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        std::fs::copy(from.join(source), target).unwrap();
    }
    root
}

fn check(folder: &Path, args: &[&str]) -> (i32, String, String) {
    let mut command = Command::cargo_bin("pmtune").unwrap();
    command.current_dir(folder).env_remove("PMTUNE_WORKSPACE").env("PMTUNE_HOME", folder.join("home"));
    let Output { status, stdout, stderr } = command.args(["data", "check"]).args(args).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

#[test]
fn findings_are_grouped_by_file_and_fail_with_100() {
    let root = planted();
    let (code, out, err) = check(root.path(), &[]);
    assert_eq!(code, 100, "{err}");
    assert!(out.starts_with("training-data/analytics/kpi-definitions.jsonl\n"), "{out}");
    assert!(out.contains("held/shared-boards"), "{out}");
    assert!(out.contains("write \"daily return\""), "{out}");
    assert!(out.lines().last().is_some_and(|l| l.starts_with("38 examples in 1 file: ")), "{out}");
    assert!(err.contains("findings of severity error"), "{err}");
    assert_eq!(check(root.path(), &["--fail-on", "off"]).0, 0);
}

#[test]
fn other_formats_hold_the_same_findings() {
    let root = planted();
    let json: Value = serde_json::from_str(&check(root.path(), &["--format", "json"]).1).unwrap();
    let count = json["findings"].as_array().unwrap().len();
    assert_eq!(count, 30);
    let sarif: Value = serde_json::from_str(&check(root.path(), &["--format", "sarif"]).1).unwrap();
    assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), count);
    let github = check(root.path(), &["--format", "github"]).1;
    assert_eq!(github.lines().count(), count);
    assert!(github.starts_with("::warning file=training-data/analytics/kpi-definitions.jsonl,line=1,title=bom::"));
}

#[test]
fn fix_mends_the_files_and_the_workspace_decides_what_fails() {
    let root = planted();
    let file = root.path().join("training-data/analytics/kpi-definitions.jsonl");
    let (_, out, err) = check(root.path(), &["--fix", "--format", "github"]);
    assert!(err.contains("mended 5 lines of training-data"), "{err}");
    assert!(!out.contains("title=bom") && !out.contains("title=mojibake"), "{out}");
    assert!(!std::fs::read(&file).unwrap().starts_with(b"\xEF\xBB\xBF"));
    let good = "{\"instruction\": \"Name the owner.\", \"input\": \"\", \"output\": \"Ida owns it, from the first of \
                May until the summer is over.\"}\r\n";
    std::fs::write(&file, good).unwrap();
    assert_eq!(check(root.path(), &[]).0, 0);
    std::fs::write(root.path().join("pmtune.yaml"), "line: x\ndata: {fail-on: warning}\n").unwrap();
    assert_eq!(check(root.path(), &[]).0, 100);
    std::fs::write(root.path().join("pmtune.yaml"), "line: x\ndata: {fail-on: warning, severity: {crlf: note}}\n")
        .unwrap();
    assert_eq!(check(root.path(), &[]).0, 0);
}

#[test]
fn a_single_file_needs_no_workspace() {
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("mine.jsonl"), "{\"instruction\": \"x\"\n").unwrap();
    let (code, out, _) = check(root.path(), &["mine.jsonl"]);
    assert_eq!(code, 100);
    assert!(out.contains("not-json"), "{out}");
    let (code, _, err) = check(root.path(), &[]);
    assert_eq!(code, 1);
    assert!(err.contains("pmtune init"), "{err}");
    assert_eq!(check(root.path(), &["nowhere.jsonl"]).0, 1);
}
