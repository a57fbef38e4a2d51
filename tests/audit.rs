//! `pmtune suite audit` as a person and a CI system meet it: what it says, its files, exit code 100, and the warning of
//! `pmtune eval`.

use pmtune::provider::Scripted;
use pmtune::run::{self, Plan, Reports, VersionRef};
use pmtune::suite;
use serde_json::Value;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

/// The question names its facts and its layout; the checks of the first case pin the facts, those of the second do not.
const SUITE: &str = r#"
category: updates
cases:
  - id: trams
    tags: [status]
    prompt: How many trams have validators, and since when? One sentence.
    input: "Validators are on 46 of 80 trams since 5 April, 6 more than planned."
    reference: Since 5 April, 46 of 80 trams have validators.
    distractors:
      - {text: "Since 6 April, 40 of 80 trams have validators.", why: It is the plan.}
    checks:
      - {type: regex, value: '^(Since|From) (5 Apr(il)?|Apr(il)? 5), 46 of 80 trams have validators\.\s*$'}
  - id: ferries
    tags: [status]
    prompt: When do the kiosks go live?
    input: "Planned: 3 June. New: 24 June. The bank's test is on 12 June."
    reference: The kiosks go live on 24 June.
    distractors:
      - {text: "The kiosks go live on 12 June.", why: That is the bank's test.}
    checks:
      - {type: icontains, value: kiosks}
"#;

const CHOICES: &str = r#"
category: knowledge
cases:
  - {id: capital, prompt: What is the capital of Italy?, choices: [Rome, Milan, Turin], reference: Rome}
  - {id: planet, prompt: Which planet is red?, choices: [Mars, Venus], reference: Mars}
"#;

/// On the tiny base that speaks ChatML.
fn workspace() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    workspace_in(root.path());
    root
}

pub fn workspace_in(root: &Path) {
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("engine/tests/data/tiny-qwen2.gguf");
    write(root, "pmtune.yaml", &format!("line: x\nbase: {}\n", base.display()));
    write(root, "suites/updates.yaml", SUITE);
    write(root, "suites/choices.yaml", CHOICES);
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn pmtune(root: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pmtune"));
    command.args(arguments).current_dir(root).env("PMTUNE_HOME", root.join("home")).env_remove("PMTUNE_WORKSPACE");
    command.output().unwrap()
}

fn audit(root: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = pmtune(root, &[&["suite", "audit"], arguments].concat());
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), said(&output.stdout), said(&output.stderr))
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn a_leaky_case_is_named_with_its_remedy_and_fails_the_gate_with_100() {
    let root = workspace();
    let (code, said, error) = audit(root.path(), &[]);
    assert_eq!((code, error.as_str()), (Some(0), ""), "without --gate it only tells\n{said}");
    for part in [
        "✗ 1 of 2 suites does not tell good answers from bad well enough",
        "1 sound, 1 leaky",
        "2 weighed only",
        "updates/ferries",
        "a distractor passes (That is the bank's test.) → add a check",
        "add `not-echo`",
        "Kept: reports/audit.json",
    ] {
        let flat = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(part), "{part} is missing in\n{said}");
    }
    assert!(!said.contains("updates/trams"), "nothing is to mend there:\n{said}");
    assert!(said.lines().all(|line| line.chars().count() <= 80), "{said}");

    let (code, _, error) = audit(root.path(), &["--gate"]);
    assert_eq!(code, Some(100), "{error}");
    assert!(error.starts_with("error: The audit failed\n  updates: ") && error.contains("bad answers fail"), "{error}");
    let (code, ..) = audit(root.path(), &["--gate", "--sensitivity", "0.3", "--specificity", "1"]);
    assert_eq!(code, Some(0));
    let (code, ..) = audit(root.path(), &["choices", "--gate"]);
    assert_eq!(code, Some(102), "there is nothing to judge without a model, and that is no pass");
    assert_eq!(audit(root.path(), &["--sensitivity", "95"]).0, Some(2));
    let (code, _, error) = audit(root.path(), &["update"]);
    assert!(code == Some(1) && error.contains("did you mean updates?"), "{error}");
}

#[test]
fn every_file_is_written_and_says_the_same() {
    let root = workspace();
    let outside = tempfile::tempdir().unwrap();
    let path = |name: &str| outside.path().join(name);
    let file = |name: &str| path(name).to_string_lossy().into_owned();
    let (code, ..) =
        audit(root.path(), &["--html", &file("a.html"), "--markdown", &file("a.md"), "--json", &file("a.json")]);
    assert_eq!(code, Some(0));
    let audit = json(&path("a.json"));
    assert_eq!(audit["format"], 1);
    let updates = audit["suites"].as_array().unwrap().iter().find(|suite| suite["name"] == "updates").unwrap();
    assert_eq!(updates["cases"][0]["standing"], "sound", "{:#}", updates["cases"][0]);
    assert_eq!(updates["cases"][1]["standing"], "leaky");
    let kept = json(&root.path().join("reports/audit.json"));
    assert_eq!(kept["suites"].as_array().unwrap().len(), 2);
    assert_eq!(kept["all"], audit["all"]);
    let read = |name: &str| std::fs::read_to_string(path(name)).unwrap();
    let (page, markdown) = (read("a.html"), read("a.md"));
    assert!(page.contains("The kiosks go live on 12 June."), "the text that passed");
    assert!(!page.contains("<script") && !page.contains("src=") && !page.contains("href="));
    for text in [&page, &markdown] {
        assert!(text.contains("updates/ferries") && text.contains("not-echo") && text.contains("Kinds of answer"));
    }
    assert!(markdown.contains("\n| ✗ | updates | 70\u{a0}% (40 to 89) of 10 |"), "{markdown}");
}

#[test]
fn an_evaluation_warns_until_the_suites_are_audited_and_fine() {
    let root = workspace();
    let warned = || {
        let output =
            pmtune(root.path(), &["eval", "base", "--max-tokens", "2", "--suite", "updates", "--suite", "choices"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        let lines: Vec<String> = said.lines().filter(|l| l.contains("not proven")).map(str::to_string).collect();
        lines
    };
    let never = warned();
    assert!(never.len() == 1 && never[0].contains("(never audited: updates)"), "{never:?}");
    audit(root.path(), &[]);
    assert!(warned()[0].contains("(fell short in the audit: updates)"));
    audit(root.path(), &["--sensitivity", "0", "--specificity", "0"]);
    assert!(warned().is_empty());
    write(root.path(), "suites/updates.yaml", &SUITE.replace("kiosks}", "kiosk}"));
    assert!(warned()[0].contains("(changed since the audit: updates)"));
    audit(root.path(), &["--split", "held-out"]);
}

#[test]
fn a_version_says_which_cases_need_no_question() {
    let root = workspace();
    let (code, said, error) = audit(root.path(), &["--model", "base", "--json", "audit-base.json"]);
    assert_eq!(code, Some(0), "{error}");
    assert!(said.contains("Without the question") && said.contains("tiny-qwen2"), "{said}");
    assert!(said.lines().all(|line| line.chars().count() <= 80), "{said}");
    let told = json(&root.path().join("audit-base.json"));
    let asked = &told["unasked"][0];
    let cases = asked["cases"].as_array().unwrap();
    // Two of choices, two with distractors.
    assert_eq!((cases.len(), asked["asked"]["of"].as_u64()), (4, Some(4)));
    assert!(cases.iter().all(|case| case["unasked"] == "yes" || case["unasked"] == "no"), "{cases:?}");
    let capital = cases.iter().find(|case| case["case"] == "choices/capital").unwrap();
    assert_eq!((&capital["shortest"], &capital["of"]), (&Value::Bool(true), &Value::from(3)));
    let kept = json(&root.path().join("reports/audit.json"));
    assert_eq!(kept["unasked"], told["unasked"]);
    audit(root.path(), &[]);
    let kept = json(&root.path().join("reports/audit.json"));
    assert_eq!(kept["unasked"], told["unasked"], "what a version said stays");
}

/// A finished run of a version that writes the same to every question.
fn answer(root: &Path, version: &str, text: &'static str) {
    let suites = suite::load(root, &[root.join("suites/updates.yaml")]).unwrap();
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
    let script = Scripted::new(move |_| Ok(text.to_string()));
    run::execute(&mut runs, &script, None, &mut |_| ControlFlow::Continue(())).unwrap();
}

#[test]
fn floor_and_ceiling_are_told_from_runs_that_judged_alike() {
    let root = workspace();
    let flat = |said: String| said.split_whitespace().collect::<Vec<_>>().join(" ");
    answer(root.path(), "x-v1", "Kiosks are nice.");
    assert!(!audit(root.path(), &[]).1.contains("Past runs"), "one run says nothing");
    answer(root.path(), "x-v2", "The kiosks come.");
    let said = flat(audit(root.path(), &[]).1);
    for part in ["Of 2 cases", "Never passed, 1 case: updates/trams.", "Always passed, 1 case: updates/ferries."] {
        assert!(said.contains(part), "{part} is missing in\n{said}");
    }
    write(root.path(), "suites/updates.yaml", &SUITE.replace("kiosks}", "kiosk}"));
    let said = flat(audit(root.path(), &[]).1);
    assert!(said.contains("Of 1 case ") && !said.contains("updates/ferries."), "it is judged otherwise now:\n{said}");
}
