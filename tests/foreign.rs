//! Coming from other tools, and checks that run programs: as a user meets them.

use assert_cmd::Command;
use pmtune::foreign::TABLE;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Output;
use tempfile::TempDir;

fn pmtune(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::cargo_bin("pmtune").unwrap();
    command.current_dir(folder).env_remove("PMTUNE_WORKSPACE").env_remove("PMTUNE_ALLOW_COMMANDS");
    command.env("PMTUNE_HOME", folder.join("home")).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A workspace with promptfoo's files in it.
fn workspace() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    assert!(pmtune(root.path(), &["init"]).status.success());
    let from = repository().join("tests/data/foreign/support");
    for name in ["promptfooconfig.yaml", "more.csv", "prompts/chat.json", "prompts/short.txt"] {
        let to = root.path().join("support").join(name);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(from.join(name), to).unwrap();
    }
    root
}

const CONFIG: &str = "support/promptfooconfig.yaml";

#[test]
fn an_import_that_would_leave_something_out_writes_nothing() {
    let root = workspace();
    let refused = pmtune(root.path(), &["suite", "import", CONFIG]);
    assert_eq!(refused.status.code(), Some(3), "{}", text(&refused.stderr));
    let told = text(&refused.stdout);
    assert!(
        told.contains("left out:") && told.contains("llm-rubric") && told.contains("promptfooconfig.yaml:33"),
        "{told}"
    );
    assert!(text(&refused.stderr).contains("--allow-partial"));
    assert!(told.lines().all(|line| line.chars().count() <= 80), "{told}");
    assert!(!root.path().join("suites/support.yaml").exists());
}

#[test]
fn an_imported_suite_is_valid_and_is_never_written_over() {
    let root = workspace();
    let made = pmtune(root.path(), &["suite", "import", CONFIG, "--allow-partial"]);
    assert!(made.status.success(), "{}", text(&made.stderr));
    let valid = pmtune(root.path(), &["validate"]);
    assert!(valid.status.success(), "{}", text(&valid.stderr));
    assert!(text(&valid.stdout).contains("support: 13 cases"), "{}", text(&valid.stdout));
    let before = std::fs::read(root.path().join("suites/support.yaml")).unwrap();
    let again = pmtune(root.path(), &["suite", "import", CONFIG, "--allow-partial"]);
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again.stderr).contains("there already"), "{}", text(&again.stderr));
    assert_eq!(std::fs::read(root.path().join("suites/support.yaml")).unwrap(), before);
    let json = pmtune(root.path(), &["suite", "import", CONFIG, "--allow-partial", "--name", "other", "--json"]);
    let told: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!((&told["format"], &told["suites"][0]["cases"]), (&1.into(), &13.into()));
    assert!(
        told["suites"][0]["remarks"].as_array().unwrap().iter().any(|r| r["fate"] == "left-out" && r["line"] == 33)
    );
}

#[test]
fn programs_are_named_and_run_only_where_allowed() {
    let root = workspace();
    let made = pmtune(root.path(), &["suite", "import", CONFIG, "--allow-partial", "--with-commands"]);
    assert!(made.status.success(), "{}", text(&made.stderr));
    assert!(text(&made.stderr).contains("runs programs"), "{}", text(&made.stderr));
    assert!(root.path().join("checks/support/1.mjs").is_file());
    let valid = pmtune(root.path(), &["validate"]);
    assert!(text(&valid.stderr).contains("node checks/support/1.mjs"), "{}", text(&valid.stderr));
    for command in [&["eval", "base", "--suite", "support"][..], &["suite", "audit", "support"]] {
        let refused = pmtune(root.path(), command);
        assert_eq!(refused.status.code(), Some(2), "{}", text(&refused.stderr));
        let said = text(&refused.stderr);
        assert!(said.contains("node checks/support/1.mjs") && said.contains("--allow-commands"), "{said}");
    }
}

/// The audit needs no model: a program that judges is run on what it makes of the reference.
#[cfg(unix)]
#[test]
fn an_allowed_program_judges_in_the_workspace_s_folder() {
    let root = tempfile::tempdir().unwrap();
    assert!(pmtune(root.path(), &["init"]).status.success());
    let script = "asked=$(cat)\necho \"$asked\" >> heard.jsonl\ncase \"$asked\" in *'\"answer\":\"42\"'*) echo '{\"pass\": true}';; *) echo '{\"pass\": false, \"reason\": \"no 42\"}';; esac\n";
    std::fs::write(root.path().join("judge.sh"), script).unwrap();
    let suite = "cases:\n  - {id: a, prompt: 'Six times {{ n }}?', vars: {n: seven}, reference: '42', distractors: [{text: '43', why: wrong}], \
                 checks: [{type: command, run: [sh, judge.sh]}]}\n";
    std::fs::write(root.path().join("suites/own.yaml"), suite).unwrap();
    let audited = pmtune(root.path(), &["suite", "audit", "own", "--allow-commands", "--json", "audit.json"]);
    assert!(audited.status.success(), "{}", text(&audited.stderr));
    assert!(
        text(&audited.stderr).contains("run programs on this computer: `sh judge.sh` (1 case)"),
        "{}",
        text(&audited.stderr)
    );
    let heard = std::fs::read_to_string(root.path().join("heard.jsonl")).unwrap();
    let first: Value = serde_json::from_str(heard.lines().next().unwrap()).unwrap();
    assert_eq!(first["case"], "own/a");
    assert_eq!((&first["prompt"], &first["variables"]["n"]), (&"Six times seven?".into(), &"seven".into()));
    let audit: Value = serde_json::from_str(&std::fs::read_to_string(root.path().join("audit.json")).unwrap()).unwrap();
    assert_eq!(audit["all"]["sensitivity"]["right"], audit["all"]["sensitivity"]["of"], "{audit:#}");
}

/// What the scripts of imported assertions say, where their languages are installed.
#[cfg(unix)]
#[test]
fn imported_scripts_judge() {
    for (language, program, code, passes, fails) in [
        ("python", "python3", "len(output) < 4", "yes", "certainly"),
        (
            "python",
            "python3",
            "\n          n = len(output)\n          return {'pass': n < 4, 'score': 0.9, 'reason': context['vars']['q']}",
            "yes",
            "certainly",
        ),
        ("javascript", "node", "output.length < 4", "yes", "certainly"),
        (
            "javascript",
            "node",
            "\n          const n = output.length;\n          return { pass: n < 4, score: 0.9, reason: context.vars.q };",
            "yes",
            "certainly",
        ),
    ] {
        if std::process::Command::new(program).arg("--version").output().is_err() {
            eprintln!("{program} is not installed: left out");
            continue;
        }
        let root = tempfile::tempdir().unwrap();
        assert!(pmtune(root.path(), &["init"]).status.success());
        let value = if code.starts_with('\n') { format!("|{code}") } else { code.to_string() };
        let config = format!(
            "prompts: ['{{{{q}}}}']\ntests:\n  - vars: {{q: Ready}}\n    assert:\n      - type: {language}\n        value: {value}\n"
        );
        std::fs::write(root.path().join("c.yaml"), config).unwrap();
        let made = pmtune(root.path(), &["suite", "import", "c.yaml", "--with-commands"]);
        assert!(made.status.success(), "{}{}", text(&made.stdout), text(&made.stderr));
        let suites = pmtune::suite::load(root.path(), &[root.path().join("suites/c.yaml")]).unwrap();
        pmtune::suite::permit(&suites, root.path());
        let judge = |answer: &str| {
            let answer = pmtune::provider::Answer {
                text: answer.into(),
                thoughts: String::new(),
                stop: pmtune::provider::Stop::End,
                prompt_tokens: 1,
                output_tokens: 1,
                seconds: 0.0,
                reference_nll: None,
                likelihoods: Vec::new(),
            };
            let case = &suites[0].cases[0];
            case.checks[0].judge(&pmtune::check::Subject {
                prompt: &case.prompt,
                reference: None,
                choices: &[],
                answer: &answer,
            })
        };
        assert!(judge(passes).passed(), "{language} {code}: {:?}", judge(passes));
        let failed = judge(fails);
        assert!(matches!(failed, pmtune::check::Verdict::Fail { .. }), "{language} {code}: {failed:?}");
    }
}

#[test]
fn the_guide_has_every_assertion_of_the_table() {
    let page = std::fs::read_to_string(repository().join("docs/coming-from-promptfoo.md")).unwrap();
    for row in TABLE {
        let ours = row.ours.map_or("–".to_string(), |ours| format!("`{ours}`"));
        let note = if row.note.is_empty() { "kept" } else { row.note };
        let line = format!("| `{}` | {ours} | {note} |", row.theirs);
        assert!(page.contains(&line), "the guide lacks: {line}");
    }
}

#[test]
fn tables_are_also_json_with_a_format() {
    let root = workspace();
    for command in [&["models", "list", "--json"][..], &["data", "stats", "--json"]] {
        let output = pmtune(root.path(), command);
        if !output.status.success() && command[0] == "data" {
            continue;
        }
        assert!(output.status.success(), "{command:?}: {}", text(&output.stderr));
        let told: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{command:?}: {e}"));
        assert_eq!(told["format"], 1, "{command:?}");
    }
    let listed = pmtune(root.path(), &["models", "list", "--json"]);
    let told: Value = serde_json::from_slice(&listed.stdout).unwrap();
    let names: Vec<&str> = told["versions"].as_array().unwrap().iter().filter_map(|v| v["name"].as_str()).collect();
    assert!(names.contains(&"PM-General-v2"), "{names:?}");
}

#[test]
fn shells_and_man_are_served() {
    let root = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let output = pmtune(root.path(), &["completions", shell]);
        assert!(output.status.success() && text(&output.stdout).contains("rescore"), "{shell}");
    }
    assert!(text(&pmtune(root.path(), &["man"]).stdout).contains(".TH pmtune 1"));
    assert!(pmtune(root.path(), &["man", "--out", "pages"]).status.success());
    assert!(root.path().join("pages/pmtune-suite-import.1").is_file());
}
