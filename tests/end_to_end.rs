//! The main job on the real model, through the program: compare, resume after a kill, rescore, render, chat.

use assert_cmd::cargo::cargo_bin;
use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

fn pmtune(folder: &Path) -> Command {
    crate::base::default_base();
    let mut command = Command::new(cargo_bin("pmtune"));
    command.current_dir(folder).env_remove("PMTUNE_WORKSPACE").stdin(Stdio::null());
    command
}

fn workspace() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    succeed(pmtune(root.path()).arg("init"));
    root
}

fn succeed(command: &mut Command) -> String {
    let output: Output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}\n{said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Folders in `reports/` whose name ends so, oldest first.
fn runs(root: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(root.join("reports"))
        .map(|entries| entries.flatten().map(|e| e.path()).collect())
        .unwrap_or_default();
    found.retain(|p| p.file_name().unwrap().to_string_lossy().contains(ending));
    found.sort();
    found
}

fn records(run: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(run.join("results.jsonl")).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// What must be equal however often a run was interrupted: case, answer and verdicts.
fn substance(run: &Path) -> Vec<(String, String, String)> {
    let part = |r: &Value, key: &str| r[key].to_string();
    let mut all: Vec<_> =
        records(run).iter().map(|r| (part(r, "case"), r["answer"]["text"].to_string(), part(r, "verdicts"))).collect();
    all.sort();
    all
}

#[test]
fn two_versions_are_compared_and_the_answers_reused() {
    let root = workspace();
    let table = succeed(pmtune(root.path()).args([
        "eval",
        "--compare",
        "v1",
        "v2",
        "--suite",
        "first-look",
        "--max-tokens",
        "24",
    ]));
    assert!(table.contains("Held-out") && table.contains("v1") && table.contains("v2"), "{table}");
    let short = |line: &str| line.contains("reports/") || line.chars().count() <= 80;
    assert!(table.lines().all(short), "80 columns without a terminal\n{table}");
    for run in [runs(root.path(), "General-v1"), runs(root.path(), "General-v2")].concat() {
        assert_eq!(records(&run).len(), 4, "{}", run.display());
        for file in ["run.json", "report.html", "report.md"] {
            assert!(run.join(file).is_file(), "{file}");
        }
    }
    let comparison = &runs(root.path(), "v1-vs-v2")[0];
    for file in ["comparison.json", "report.html", "report.md"] {
        assert!(comparison.join(file).is_file(), "{file}");
    }
    let output =
        pmtune(root.path()).args(["eval", "v2", "--suite", "first-look", "--max-tokens", "24"]).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("4 are reused"), "an answer is not generated twice");
    let [first, again] = &runs(root.path(), "General-v2")[..] else { panic!("two runs of v2") };
    assert_eq!(substance(first), substance(again));
}

#[test]
fn an_evaluation_ends_with_the_gate_and_its_exit_code() {
    let root = workspace();
    let settings = root.path().join("pmtune.yaml");
    let before = std::fs::read_to_string(&settings).unwrap();
    let gate = |rules: &str| {
        let text = before.replace("no-regression: true", rules);
        assert_ne!(text, before);
        std::fs::write(&settings, text).unwrap();
        let args = ["eval", "v2", "--suite", "first-look", "--gate", "--max-tokens", "12"];
        pmtune(root.path()).args(args).output().unwrap()
    };
    let failed = gate("half: all\n  pass-rate: 1.0");
    let said = String::from_utf8_lossy(&failed.stderr);
    assert_eq!(failed.status.code(), Some(100), "twelve tokens are too few to pass everything\n{said}");
    assert!(said.contains("pass-rate") && said.contains("of 4 cases pass; 100"), "{said}");
    let decision = std::fs::read(runs(root.path(), "General-v2")[0].join("gate.json")).unwrap();
    let decision: Value = serde_json::from_slice(&decision).unwrap();
    assert_eq!(decision["baseline"]["version"], "PM-General-v1", "the version before was evaluated too");
    let passed = gate("pass-rate: 0");
    assert_eq!(passed.status.code(), Some(0), "{}", String::from_utf8_lossy(&passed.stderr));
    assert!(String::from_utf8_lossy(&passed.stdout).contains("The gate is passed, 2 rules"));
}

#[test]
fn a_killed_evaluation_ends_as_if_it_had_not_been_killed() {
    let (killed, whole) = (workspace(), workspace());
    let args = ["eval", "v1", "--suite", "first-look", "--max-tokens", "40"];
    succeed(pmtune(whole.path()).args(args));
    let expected = substance(&runs(whole.path(), "General-v1")[0]);
    assert_eq!(expected.len(), 4);
    for wait in [150, 600, 1500] {
        let mut child = pmtune(killed.path()).args(args).stderr(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(wait));
        // SIGKILL on Unix, TerminateProcess on Windows: nothing is tidied up.
        child.kill().unwrap();
        child.wait().unwrap();
    }
    succeed(pmtune(killed.path()).args(args));
    let finished = runs(killed.path(), "General-v1");
    assert_eq!(substance(finished.last().unwrap()), expected);
}

#[test]
fn stored_answers_are_judged_again_by_edited_checks() {
    let root = workspace();
    succeed(pmtune(root.path()).args(["eval", "base", "--max-tokens", "12", "--limit", "2"]));
    let run = runs(root.path(), "-base").remove(0);
    let suite = root.path().join("suites/first-look.yaml");
    let text = std::fs::read_to_string(&suite).unwrap().replace("type: user-story", "type: word-count\n        max: 1");
    std::fs::write(&suite, text).unwrap();
    succeed(pmtune(root.path()).args(["eval", "--rescore"]).arg(run.file_name().unwrap()));
    let again = runs(root.path(), "-base").pop().unwrap();
    assert_ne!(run, again);
    let texts = |run: &Path| records(run).iter().map(|r| r["answer"]["text"].to_string()).collect::<Vec<_>>();
    assert_eq!(texts(&run), texts(&again), "the answers are the stored ones");
    assert!(records(&again)[0]["verdicts"].to_string().contains("word-count"));
}

#[test]
fn failing_cases_are_asked_again_and_two_runs_are_compared_later() {
    let root = workspace();
    for version in ["v1", "v2"] {
        succeed(pmtune(root.path()).args(["eval", version, "--max-tokens", "12", "--limit", "4"]));
    }
    let id = |ending: &str| runs(root.path(), ending)[0].file_name().unwrap().to_string_lossy().into_owned();
    let (a, b) = (id("General-v1"), id("General-v2"));
    assert!(succeed(pmtune(root.path()).args(["compare", &a, &b])).contains("v1"));
    let failed = records(&runs(root.path(), "General-v1")[0]).iter().filter(|r| r["passed"] == false).count();
    assert!(failed > 0, "twelve tokens are too few for any of these cases");
    succeed(pmtune(root.path()).args(["eval", "base", "--max-tokens", "12", "--failing", &a]));
    assert_eq!(records(&runs(root.path(), "-base")[0]).len(), failed);
}

#[test]
fn render_shows_the_exact_prompt_and_its_tokens() {
    let root = workspace();
    let shown = succeed(pmtune(root.path()).args(["render", "--model", "v1", "--prompt", "Hello"]));
    let expected = "<|im_start|>system\nYou are a helpful assistant for product managers.<|im_end|>\n\
                    <|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n";
    assert!(shown.starts_with(expected), "{shown}");
    assert!(shown.contains("tokens:\n1:\"<|im_start|>\""), "{shown}");
}

#[test]
fn chat_answers_what_is_piped_in() {
    let root = workspace();
    let mut child = pmtune(root.path())
        .args(["chat", "v1", "--max-tokens", "16"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"Name one colour.\nAnd another one?\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let lines = String::from_utf8_lossy(&output.stdout).lines().filter(|l| !l.trim().is_empty()).count();
    assert!(lines >= 2, "two answers: {}", String::from_utf8_lossy(&output.stdout));
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_cleanly_and_says_how_to_go_on() {
    let root = workspace();
    let child = pmtune(root.path())
        .args(["eval", "v1", "--max-tokens", "600"])
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(2500));
    let pid = child.id().to_string();
    Command::new("kill").args(["-INT", &pid]).status().unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(said.contains("--resume"), "{said}");
}
