//! `pmtune gate` as a CI system meets it: exit codes, the ten lines, the files, and a kill at any moment. No model is
//! needed: the runs are answered by a script.

use pmtune::provider::Scripted;
use pmtune::run::{self, Plan, Reports, VersionRef};
use pmtune::suite;
use rand::{Rng, SeedableRng};
use serde_json::Value;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;
use tempfile::TempDir;

const SETTINGS: &str = "line: x\ncompare: {resamples: 1000}\n";

fn pmtune(root: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pmtune"));
    command.current_dir(root).env("PMTUNE_HOME", root.join("home"));
    for variable in ["PMTUNE_WORKSPACE", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"] {
        command.env_remove(variable);
    }
    command
}

fn gate(root: &Path, arguments: &[&str]) -> Output {
    pmtune(root).arg("gate").args(arguments).output().unwrap()
}

fn said(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// A workspace with finished runs of v1, which answers everything well, and of v2, which fails the cases from 15 on;
/// the last case is asked ten times.
fn workspace() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "pmtune.yaml", SETTINGS);
    let mut suite = "category: c\ncases:\n".to_string();
    for case in 0..20 {
        let repeat = if case == 19 { ", repeat: 10" } else { "" };
        suite += &format!(
            "  - {{id: case-{case:02}, split: held-out, prompt: Question {case}{repeat}, checks: [{{type: contains, value: yes}}]}}\n"
        );
    }
    write(root.path(), "suites/s.yaml", &suite);
    answer(root.path(), "x-v1", 20);
    answer(root.path(), "x-v2", 15);
    root
}

fn answer(root: &Path, version: &str, good: usize) -> PathBuf {
    let suites = suite::load(root, &[root.join("suites/s.yaml")]).unwrap();
    let version = VersionRef {
        name: version.into(),
        base: "0".into(),
        adapter: Some(version.into()),
        system: None,
        examples: Vec::new(),
        sampling: engine::generate::Sampling::default(),
        template: None,
        thinks: false,
        weights: None,
        routed: None,
    };
    let mut runs = [Reports::new(root.join("reports")).create(Plan::new(version, &suites)).unwrap()];
    let script = Scripted::new(move |request| {
        let number = request.messages[0].content.rsplit(' ').next().and_then(|n| n.parse::<usize>().ok());
        Ok(if number.is_some_and(|n| n < good) { "yes" } else { "no" }.to_string())
    });
    run::execute(&mut runs, &script, None, &mut |_| ControlFlow::Continue(())).unwrap();
    runs[0].folder.clone()
}

/// The folder of a version's only run.
fn folder(root: &Path, version: &str) -> PathBuf {
    let mut folders = std::fs::read_dir(root.join("reports")).unwrap().flatten().map(|entry| entry.path());
    folders.find(|path| path.to_string_lossy().ends_with(version)).unwrap()
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn a_worse_version_fails_with_100_and_says_why_in_ten_lines() {
    let root = workspace();
    let output = gate(root.path(), &["v2", "--against", "v1"]);
    let (table, error) = (said(&output.stdout), said(&output.stderr));
    assert_eq!(output.status.code(), Some(100), "{error}");
    assert!(error.starts_with("error: The gate failed on 1 of 2 rules (v2 against v1, held-out cases)\n"), "{error}");
    for part in ["✗ no-regression: −0.25", "s/case-15, s/case-16", "gate.md"] {
        assert!(error.contains(part), "{part} is missing in\n{error}");
    }
    assert!(error.lines().count() <= 10 && table.contains("✓ errors"), "{error}\n{table}");
    assert!(table.contains("s/case-19: 0 of 10 answers pass."), "never hidden:\n{table}");
    assert!((table + &error).lines().all(|line| line.chars().count() <= 80 || line.contains("report: ")));
    let run = folder(root.path(), "x-v2");
    assert_eq!(json(&run.join("gate.json"))["passed"], false);
    assert!(std::fs::read_to_string(run.join("gate.md")).unwrap().starts_with("<!-- pmtune gate -->\n"));
}

#[test]
fn a_version_that_is_no_worse_passes_with_0() {
    let root = workspace();
    let output = gate(root.path(), &["v1", "--against", "v2"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output.stderr));
    assert!(said(&output.stdout).starts_with("✓ The gate is passed"), "{}", said(&output.stdout));
    assert!(output.stderr.is_empty());
}

#[test]
fn the_exit_code_is_the_users() {
    let root = workspace();
    let code = |arguments: &[&str]| gate(root.path(), arguments).status.code();
    assert_eq!(code(&["v2", "--against", "v1", "--exit-code", "7"]), Some(7));
    for refused in ["0", "2", "130", "256", "many"] {
        assert_eq!(code(&["v2", "--exit-code", refused]), Some(2), "{refused} means something else");
    }
    write(root.path(), "pmtune.yaml", &format!("{SETTINGS}gate: {{exit-code: 9, against: v1, no-regression: true}}\n"));
    assert_eq!(code(&["v2"]), Some(9), "and `against` is read");
    assert_eq!(code(&["v2", "--exit-code", "7"]), Some(7));
    assert_eq!(code(&["v9"]), Some(1), "an error is no failed gate");
    write(root.path(), "pmtune.yaml", &format!("{SETTINGS}gate: {{pass-rate: 80}}\n"));
    let output = gate(root.path(), &["v2"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output.stderr).contains("pmtune.yaml:3:19: `gate.pass-rate` is `80`"), "{}", said(&output.stderr));
}

#[test]
fn runs_and_versions_are_found_and_what_is_missing_is_told() {
    let root = workspace();
    let id = folder(root.path(), "x-v1").file_name().unwrap().to_string_lossy().into_owned();
    let decided = |arguments: &[&str]| {
        gate(root.path(), arguments);
        json(&folder(root.path(), "x-v2").join("gate.json"))["baseline"]["run"].clone()
    };
    assert_eq!(decided(&["--against", &id]), id.as_str(), "the newest run is v2's");
    write(root.path(), "models/primary", "x-v1\n");
    assert_eq!(decided(&["v2"]), id.as_str(), "the primary version");
    assert_eq!(decided(&["primary", "--against", "v2"]), id.as_str(), "that went into the folder of v1");
    let error = |arguments: &[&str]| said(&gate(root.path(), arguments).stderr);
    let unknown = error(&["v7"]);
    assert!(unknown.contains("no finished run of v7: there is no model `x-v7`"), "{unknown}");
    assert!(error(&["base"]).contains("pmtune eval base"), "{}", error(&["base"]));
    assert!(error(&["v2", "--json", "-"]).contains("not standard output"));
    let torn = root.path().join("reports/torn");
    std::fs::create_dir(&torn).unwrap();
    std::fs::write(torn.join("run.json"), "{").unwrap();
    assert!(error(&["v2", "--against", &id]).contains("left out"));
    std::fs::remove_dir_all(&torn).unwrap();
    assert!(error(&["v2", "--against", "v2"]).contains("compared with itself"));
    let open = root.path().join("reports").join(&id).join("run.json");
    let mut manifest = json(&open);
    manifest["finished"] = Value::Null;
    std::fs::write(&open, manifest.to_string()).unwrap();
    assert!(error(&[&id]).contains("pmtune eval --resume"), "{}", error(&[&id]));
    assert!(error(&["v1"]).contains("no finished run"));
}

#[test]
fn every_output_is_written_where_the_user_says() {
    let root = workspace();
    let outside = tempfile::tempdir().unwrap();
    let path = |name: &str| outside.path().join("made").join(name);
    let mut command = pmtune(root.path());
    command.args(["gate", "v2", "--against", "v1"]).env("GITHUB_ACTIONS", "true");
    command.env("GITHUB_STEP_SUMMARY", outside.path().join("summary.md"));
    for flag in ["junit", "gitlab", "markdown", "badge", "json"] {
        command.arg(format!("--{flag}")).arg(path(flag));
    }
    std::fs::write(outside.path().join("summary.md"), "before\n").unwrap();
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(100), "{}", said(&output.stderr));
    let annotation = "::error file=suites/s.yaml,line=18,title=Gate%3A no-regression::";
    assert!(said(&output.stdout).lines().any(|line| line.starts_with(annotation)), "{}", said(&output.stdout));
    let text = |name: &str| std::fs::read_to_string(path(name)).unwrap();
    let summary = std::fs::read_to_string(outside.path().join("summary.md")).unwrap();
    assert_eq!(summary, format!("before\n{}\n", text("markdown")));
    assert!(text("junit").contains("<testcase classname=\"s\" name=\"case-19\""));
    assert!(text("badge").contains("<title>gate: ✗ v2: 1 of 2 rules</title>"));
    let findings: Value = serde_json::from_str(&text("gitlab")).unwrap();
    assert_eq!(findings[0]["location"], serde_json::json!({"path": "suites/s.yaml", "lines": {"begin": 18}}));
    let published = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/gate.schema.json");
    jsonschema::draft202012::new(&json(&published)).unwrap().validate(&json(&path("json"))).unwrap();
    assert_eq!(text("json"), std::fs::read_to_string(folder(root.path(), "x-v2").join("gate.json")).unwrap());
}

#[test]
fn flags_of_the_gate_need_the_gate() {
    let root = workspace();
    let code = |arguments: &[&str]| pmtune(root.path()).args(arguments).output().unwrap().status.code();
    assert_eq!(code(&["eval", "v1", "--junit", "x.xml"]), Some(2));
    assert_eq!(code(&["eval", "v1", "--against", "v2"]), Some(2));
    assert_eq!(code(&["eval", "--compare", "v1", "v2", "--gate", "--against", "v1"]), Some(2));
    assert_eq!(code(&["eval", "--rescore", "x", "--gate"]), Some(2));
}

/// The program is killed at a hundred random moments, with rules that change each time: `gate.json` is always one of the
/// two whole decisions, and the run is never touched.
#[test]
fn killed_at_any_moment_the_gate_leaves_one_whole_decision_and_the_run_as_it_was() {
    let root = workspace();
    let run = folder(root.path(), "x-v2");
    let read = |file: &str| std::fs::read(run.join(file)).unwrap();
    let rules = ["gate: {pass-rate: 0.9}\n", "gate: {score: 0.2, no-regression: true}\n"];
    let choose = |which: usize| write(root.path(), "pmtune.yaml", &format!("{SETTINGS}{}", rules[which]));
    let arguments = ["v2", "--against", "v1"];
    let whole = [0, 1].map(|which| {
        choose(which);
        gate(root.path(), &arguments);
        read("gate.json")
    });
    assert_ne!(whole[0], whole[1]);
    let (manifest, results) = (read("run.json"), read("results.jsonl"));
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(5);
    let (mut killed, mut left) = (0, [0, 0]);
    // Grows when the kill came first and shrinks when the end did, so that many kills fall near the writing.
    let mut longest = Duration::from_millis(50);
    for round in 0..2000 {
        choose(round % 2);
        let mut command = pmtune(root.path());
        let command = command.arg("gate").args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        std::thread::sleep(longest.mul_f64(random.random_range(0.5..1.0)));
        let _ = child.kill();
        let before_its_end = !matches!(child.wait().unwrap().code(), Some(0 | 100));
        longest = longest.mul_f64(if before_its_end { 1.05 } else { 0.95 });
        killed += usize::from(before_its_end);
        let now = read("gate.json");
        let which = whole.iter().position(|known| *known == now);
        left[which.unwrap_or_else(|| panic!("torn: {}", said(&now)))] += 1;
        if killed == 100 {
            break;
        }
    }
    println!("{killed} kills before the end; the decisions found after all of them: {left:?}");
    assert_eq!(killed, 100);
    assert_eq!((read("run.json"), read("results.jsonl")), (manifest, results));
    choose(0);
    gate(root.path(), &arguments);
    assert_eq!(read("gate.json"), whole[0]);
}
