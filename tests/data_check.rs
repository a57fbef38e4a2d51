//! `pmtune data check` as a user meets it: exit codes, formats, `--fix`.

use assert_cmd::Command;
use serde_json::{Value, json};
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
    assert_eq!(count, 31);
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

/// A workspace with a suite of user stories, six stories of one shape, and a file with one line.
fn stories(line: &str) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = root.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("pmtune.yaml", "line: x\n");
    let suite = "category: stories\ncases:\n  - id: lamp\n    tags: [user-story]\n    prompt: Write a user story for \
                 dimming a street lamp by remote control\n    checks: [{type: user-story}]\n";
    write("suites/held.yaml", suite);
    let usual = [
        ("diver", "log a dive", "my club knows how deep I went"),
        ("baker", "see which oven is free", "no dough waits on the table"),
        ("pilot", "file a flight plan from the hangar", "I need not drive to the tower"),
        ("nurse", "note a fall in two taps", "the night shift hears of it"),
        ("farmer", "be told of frost", "I can cover the seedlings in time"),
        ("clerk", "find a file by its old number", "citizens get an answer at once"),
    ];
    let lines: Vec<String> = usual
        .iter()
        .map(|(who, what, why)| {
            let output = format!("**As a** {who}\n**I want to** {what}\n**So that** {why}");
            json!({"instruction": format!("Write a user story for a {who}."), "input": "", "output": output})
                .to_string()
        })
        .collect();
    write("training-data/user-stories/basic-features.jsonl", &format!("{}\n", lines.join("\n")));
    write("training-data/mixed/all.jsonl", &format!("{line}\n"));
    root
}

#[test]
fn a_kind_that_drifts_and_an_invented_owner_are_named() {
    let output = "# Tide table\n\nA harbour master reads the tide on the phone.\n\n- Ask the pilots - Bertrand, 3 May";
    let line = json!({"instruction": "Write a user story for reading the tide.", "input": "Harbour, 3 May.", "output": output});
    let root = stories(&line.to_string());
    let (code, out, err) = check(root.path(), &["--fail-on", "warning"]);
    assert_eq!(code, 100, "{out}{err}");
    assert!(out.contains("kind-drift") && out.contains("basic-features.jsonl (**As a**, **I want to**"), "{out}");
    assert!(out.contains("makes Bertrand responsible"), "{out}");
    assert!(err.contains("leakage in other words is not looked for; `pmtune pull minilm`"), "{err}");
    std::fs::write(
        root.path().join("pmtune.yaml"),
        "line: x\ndata: {severity: {kind-drift: off, ungrounded-owner: note, paraphrase: off}}\n",
    )
    .unwrap();
    let (code, out, err) = check(root.path(), &["--fail-on", "warning"]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(!out.contains("kind-drift") && !err.contains("other words"), "{out}{err}");
}

#[test]
fn examples_are_held_against_the_checks_of_their_kind_where_that_is_asked_for() {
    let output = "**As a** user\n**I want to** read the tide on my phone, whatever the weather is";
    let line =
        json!({"instruction": "Write a user story for reading the tide, one sentence.", "input": "", "output": output});
    let root = stories(&line.to_string());
    assert!(!check(root.path(), &[]).1.contains("fails-check"));
    let (code, out, err) = check(root.path(), &["--against", "suites", "--fail-on", "warning"]);
    assert_eq!(code, 100, "{out}{err}");
    assert_eq!(out.matches("fails-check").count(), 1, "{out}");
    assert!(out.contains("this user story fails the check `user-story`: "), "{out}");
}

#[test]
fn a_broken_suite_is_named_and_the_others_are_searched() {
    let root = planted();
    std::fs::write(root.path().join("suites/broken.yaml"), "cases: [{id: a, prompt: x, cheks: []}]\n").unwrap();
    let (code, out, err) = check(root.path(), &[]);
    assert_eq!(code, 100, "{err}");
    assert!(out.contains("held/shared-boards"), "{out}");
    assert!(err.contains("suites/broken.yaml has 1 mistake, so nobody knows what gives its cases away"), "{err}");
}

#[test]
fn nothing_to_look_at_is_not_fine_and_files_of_other_kinds_are_named() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("training-data/risks");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(root.path().join("pmtune.yaml"), "line: x\n").unwrap();
    std::fs::write(folder.join("examples.json"), "[]").unwrap();
    let (code, out, err) = check(root.path(), &[]);
    assert_eq!(code, 1, "{out}{err}");
    assert!(err.contains("there is no example yet"), "{err}");
    assert!(out.contains("not-read") && out.contains("examples.json") && out.contains("pmtune data convert"), "{out}");
    assert_eq!(check(root.path(), &["--fail-on", "off"]).0, 1);
    assert_eq!(check(root.path(), &["--fail-on", "warning"]).0, 100);
    let good =
        json!({"instruction": "Name the owner.", "output": "Ida owns it, from the first of May until the summer."});
    std::fs::write(folder.join("MORE.JSONL"), format!("{good}\n")).unwrap();
    let (code, out, _) = check(root.path(), &[]);
    assert!(code == 0 && out.contains("1 example in 1 file: 0 errors, 1 warning"), "{code} {out}");
}

#[test]
fn conversations_are_looked_at_turn_by_turn() {
    let turn = |role: &str, content: &str| json!({"role": role, "content": content});
    let talk = |second: &str| {
        let turns = [
            turn("user", "Name the risk of the launch."),
            turn("assistant", "Staffing: two people of the payments team leave in May, before the launch."),
            turn("user", "And the mitigation?"),
            turn("assistant", second),
        ];
        json!({"messages": turns}).to_string()
    };
    let root = stories(&talk("Borrow two people from the search team until the end of May."));
    let (code, out, err) = check(root.path(), &["training-data/mixed"]);
    assert!(code == 0 && out.contains("1 example in 1 file: no findings"), "{out}{err}");
    let root = stories(&talk("Ask [Name] to lend two people of the search team until the end of May."));
    let (code, out, err) = check(root.path(), &["training-data/mixed"]);
    assert!(code == 100 && out.contains("placeholder"), "{out}{err}");
}

/// Half a second and a few times its size: a text that no vocabulary could fit is neither counted nor read to its end.
#[test]
fn a_line_of_megabytes_is_told_to_be_too_long() {
    let root = tempfile::tempdir().unwrap();
    let line = json!({"instruction": "Say it.", "output": "word and word ".repeat(1_000_000)});
    std::fs::write(root.path().join("long.jsonl"), format!("{line}\n")).unwrap();
    let (code, out, err) = check(root.path(), &["long.jsonl"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("too-long") && out.contains("14,000,007 bytes, prompt and output together"), "{out}");
}
