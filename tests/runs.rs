//! Stored runs as evidence: which one stands for a version, when one no longer speaks of the workspace, and how to be rid
//! of one. No model is needed: the runs are answered by a script.

use crate::program::{command, said};
use engine::generate::Sampling;
use pmtune::provider::Scripted;
use pmtune::run::{self, Filter, Plan, Reports, VersionRef};
use pmtune::suite;
use std::io::{Read, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::Output;
use tempfile::TempDir;

const SETTINGS: &str = "line: x\ncompare: {resamples: 1000}\ngate: {half: all, pass-rate: 0.2}\n";

fn pmtune(root: &Path, args: &[&str]) -> Output {
    command(root, args).output().unwrap()
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn edit(root: &Path, path: &str, from: &str, to: &str) {
    let text = std::fs::read_to_string(root.join(path)).unwrap();
    assert!(text.contains(from), "{from} is missing in\n{text}");
    write(root, path, &text.replacen(from, to, 1));
}

fn manifest(version: &str, more: &str) -> String {
    format!("name: {version}\ncreated: 2026-11-21\nbase: {{name: smollm2-135m-instruct}}\nsystem: Be brief.\n{more}")
}

/// Two versions and a suite of forty cases, with a whole run of each: v1 passes thirty of them, v2 all.
fn workspace() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "pmtune.yaml", SETTINGS);
    let case = |i: usize| {
        format!(
            "  - {{id: case-{i:02}, split: held-out, prompt: Question {i}, checks: [{{type: contains, value: yes}}]}}\n"
        )
    };
    let cases: String = (0..40).map(case).collect();
    write(root.path(), "suites/s.yaml", &format!("category: c\ncases:\n{cases}"));
    for version in ["x-v1", "x-v2"] {
        write(root.path(), &format!("models/{version}/manifest.yaml"), &manifest(version, ""));
    }
    answer(root.path(), "x-v1", 30, None, Sampling::default());
    answer(root.path(), "x-v2", 40, None, Sampling::default());
    root
}

/// Makes a run and gives its id.
fn answer(root: &Path, version: &str, good: usize, limit: Option<usize>, sampling: Sampling) -> String {
    let suites = suite::load(root, &[root.join("suites/s.yaml")]).unwrap();
    let suites = run::select(&suites, &Filter { limit, ..Filter::default() }).unwrap();
    let version = VersionRef {
        name: version.into(),
        base: "0".into(),
        adapter: None,
        system: Some("Be brief.".into()),
        examples: Vec::new(),
        sampling,
        template: Some("t".into()),
        thinks: false,
        weights: None,
        routed: None,
    };
    let mut runs = [Reports::new(root.join("reports")).create(Plan::new(version, &suites)).unwrap()];
    let script = Scripted::new(move |request| {
        let last = request.messages.last().map(|message| message.content.clone()).unwrap_or_default();
        let number = last.rsplit(' ').next().and_then(|n| n.parse::<usize>().ok());
        Ok(if number.is_some_and(|n| n < good) { "yes" } else { "no" }.to_string())
    });
    run::execute(&mut runs, &script, None, &mut |_| ControlFlow::Continue(())).unwrap();
    runs[0].manifest.id.clone()
}

const COMPARE: &[&str] = &["compare", "v1", "v2"];
const GATE: &[&str] = &["gate", "v2", "--against", "v1"];

#[test]
fn what_is_as_it_was_compares_and_passes() {
    let root = workspace();
    for args in [COMPARE, GATE] {
        let output = pmtune(root.path(), args);
        assert!(output.status.success() && output.stderr.is_empty(), "{}", said(&output));
    }
}

#[test]
fn no_edit_of_suites_checks_or_version_goes_unseen_and_insisting_says_so() {
    let edits: [(&str, &str, &str, &str, &str); 7] = [
        (
            "suites/s.yaml",
            "prompt: Question 7,",
            "prompt: Why 7,",
            "the prompt changed: 1 case (s/case-07)",
            "--compare",
        ),
        (
            "suites/s.yaml",
            "  - {id: case-39, split: held-out, prompt: Question 39, checks: [{type: contains, value: yes}]}\n",
            "",
            "removed from the suites: 1 case (s/case-39)",
            "--compare v1 v2",
        ),
        ("suites/s.yaml", "value: yes", "value: no", "the checks, their word lists", "eval --rescore"),
        ("suites/s.yaml", "split: held-out", "split: dev", "the half (dev, held-out) changed", "eval --rescore"),
        ("models/x-v2/manifest.yaml", "Be brief.", "Be long.", "the version's system prompt changed", "eval v2"),
        (
            "models/x-v2/manifest.yaml",
            "system:",
            "examples: [{user: a, assistant: b}]\nsystem:",
            "the version's examples changed",
            "eval v2",
        ),
        (
            "models/x-v2/manifest.yaml",
            "{name: smollm2-135m-instruct}",
            "{name: smollm2-135m-instruct, sha256: 'ab'}",
            "the version's base is another",
            "eval v2",
        ),
    ];
    for (file, from, to, words, command) in edits {
        let root = workspace();
        edit(root.path(), file, from, to);
        for args in [COMPARE, GATE] {
            let refused = pmtune(root.path(), args);
            let text = said(&refused);
            assert_eq!(refused.status.code(), Some(1), "{to}: {text}");
            assert!(text.contains(words) && text.contains(command), "{words}, {command}: {text}");
            let insisted = pmtune(root.path(), &[args, &["--allow-differences"]].concat());
            let text = said(&insisted);
            assert!(insisted.status.success() && text.contains(words), "{words}: {text}");
        }
    }
}

#[test]
fn a_case_that_was_added_is_missed_and_named() {
    let root = workspace();
    edit(root.path(), "suites/s.yaml", "cases:\n", "cases:\n  - {id: new, prompt: A new one}\n");
    let text = said(&pmtune(root.path(), GATE));
    assert!(
        text.contains("asked 40 of 41 cases") && text.contains("never asked, in a suite edited since: 1 case (s/new)"),
        "{text}"
    );
    let runs = std::fs::read_dir(root.path().join("reports")).unwrap().flatten();
    let ids: Vec<String> = runs.map(|run| run.file_name().to_string_lossy().into_owned()).collect();
    let id = ids.iter().find(|id| id.ends_with("x-v2")).unwrap();
    let text = said(&pmtune(root.path(), &["gate", id]));
    assert!(text.contains("never asked, in a suite edited since: 1 case (s/new)"), "{text}");
}

#[test]
fn a_small_or_otherwise_set_run_never_stands_for_its_version() {
    let root = workspace();
    let few = answer(root.path(), "x-v2", 0, Some(1), Sampling::default());
    let short = answer(root.path(), "x-v2", 0, None, Sampling { max_tokens: 1, ..Sampling::default() });
    for args in [COMPARE, GATE, &["gate"]] {
        let output = pmtune(root.path(), args);
        let text = said(&output);
        assert!(output.status.success(), "the whole run passes: {text}");
        assert!(text.contains(&format!("{few} (asked 1 of 40 cases)")), "{text}");
        let default = Sampling::default().max_tokens;
        assert!(text.contains(&format!("{short} (longest answer in tokens 1, not {default})")), "{text}");
    }
    let text = said(&pmtune(root.path(), &["history"]));
    assert!(text.contains(&format!("run {short} is passed over")), "{text}");
    // Whoever names the run itself means it.
    let named = pmtune(root.path(), &["gate", &few]);
    let text = said(&named);
    assert!(named.status.code() == Some(100) && text.contains("asked 1 of 40 cases of the suites"), "{text}");
}

#[test]
fn without_a_whole_run_there_is_nothing_to_decide_on() {
    let root = workspace();
    write(root.path(), "models/x-v3/manifest.yaml", &manifest("x-v3", ""));
    let few = answer(root.path(), "x-v3", 40, Some(3), Sampling::default());
    for args in [&["gate", "v3"][..], &["compare", "v1", "v3"]] {
        let refused = pmtune(root.path(), args);
        let text = said(&refused);
        assert_eq!(refused.status.code(), Some(1), "{text}");
        assert!(
            text.contains("asked 3 of 40 cases") && text.contains("pmtune eval x-v3") && text.contains(&few),
            "{text}"
        );
    }
}

#[test]
fn a_run_of_whole_suites_stands_where_there_is_no_larger_one() {
    let root = workspace();
    write(root.path(), "suites/t.yaml", "category: t\ncases: [{id: a, prompt: one}]\n");
    let output = pmtune(root.path(), COMPARE);
    let text = said(&output);
    assert!(output.status.success() && text.contains("no run asked every case; the largest asked 40 of 41"), "{text}");
}

#[test]
fn a_whole_half_stands_too_and_a_run_of_two_cases_does_not() {
    let root = workspace();
    edit(
        root.path(),
        "suites/s.yaml",
        "cases:\n",
        "cases:\n  - {id: d, prompt: A dev case}\n  - {id: e, prompt: Another}\n",
    );
    let output = pmtune(root.path(), &["gate", "v2", "--allow-differences"]);
    let text = said(&output);
    assert!(text.contains("the largest asked 40 of 42"), "{text}");
    let few = answer(root.path(), "x-v2", 40, Some(1), Sampling::default());
    let text = said(&pmtune(root.path(), &["gate", "v2", "--allow-differences"]));
    assert!(text.contains(&format!("{few} (asked 1 of 42 cases)")), "{text}");
}

#[test]
fn runs_are_listed_with_what_they_asked() {
    let root = workspace();
    let few = answer(root.path(), "x-v2", 0, Some(1), Sampling { temperature: 0.5, ..Sampling::default() });
    let output = pmtune(root.path(), &["runs", "list"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert_eq!(text.matches("all 40").count(), 2, "{text}");
    assert!(text.contains("1 of 40") && text.contains("temperature 0.5, not 0") && text.contains("kB"), "{text}");
    assert!(text.contains(&few), "{text}");
    let empty = tempfile::tempdir().unwrap();
    write(empty.path(), "pmtune.yaml", SETTINGS);
    write(empty.path(), "suites/s.yaml", "category: c\ncases: [{id: a, prompt: one}]\n");
    assert!(said(&pmtune(empty.path(), &["runs", "list"])).contains("No runs yet"));
}

#[test]
fn runs_are_removed_when_somebody_says_so_and_reviewed_ones_only_when_told() {
    let root = workspace();
    let few = answer(root.path(), "x-v2", 0, Some(1), Sampling::default());
    let folder = root.path().join("reports").join(&few);
    let asked = pmtune(root.path(), &["runs", "remove", &few]);
    assert_eq!(asked.status.code(), Some(2), "nobody can be asked: {}", said(&asked));
    assert!(folder.is_dir());
    let reviewer = r#"{"line":"reviewer","format":1,"name":"Ann","kind":"person"}"#;
    let rating = r#"{"line":"rating","case":"s/case-00","repeat":0,"answer":"h","points":{},"at":"2026-11-21T00:00:00Z","done":false}"#;
    write(&folder, "reviews/ann.jsonl", &format!("{reviewer}\n{rating}\n"));
    let refused = pmtune(root.path(), &["runs", "remove", "--yes", &few]);
    let text = said(&refused);
    assert!(refused.status.code() == Some(1) && text.contains("1 rating") && text.contains("--with-reviews"), "{text}");
    for bad in ["nothing-like-it", "../reports", "."] {
        assert_ne!(
            pmtune(root.path(), &["runs", "remove", "--yes", "--with-reviews", &few, bad]).status.code(),
            Some(0),
            "{bad}"
        );
    }
    assert!(folder.is_dir(), "one fault, and nothing is removed");
    let removed = pmtune(root.path(), &["runs", "remove", "--yes", "--with-reviews", &few, &few]);
    assert!(removed.status.success() && said(&removed).contains("Removed 1 run"), "{}", said(&removed));
    assert!(!folder.exists());
    let text = said(&pmtune(root.path(), GATE));
    assert!(!text.contains(&few), "{text}");
}

/// Refuses every request, as a server of another kind of models does.
fn refusing() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 16 * 1024];
            let _ = stream.read(&mut request);
            let body = r#"{"error": {"message": "this model takes no such request"}}"#;
            let head = "HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\nconnection: close";
            let _ = write!(stream, "{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        }
    });
    format!("openai:http://{address}/v1#m")
}

#[test]
fn an_evaluation_without_any_answer_is_an_error() {
    let root = workspace();
    let endpoint = refusing();
    let output = pmtune(root.path(), &["eval", &endpoint]);
    let text = said(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    for part in ["no case was answered", "40 requests failed", "this model takes no such request", "--resume"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("Report:"), "{text}");
    let text = said(&pmtune(root.path(), &["gate", &endpoint]));
    assert!(text.contains("no case was answered"), "it stands for nothing: {text}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_result_that_cannot_be_printed_is_no_success_and_a_closed_pipe_is_fine() {
    let root = workspace();
    let commands: [&[&str]; 8] =
        [COMPARE, GATE, &["history"], &["runs", "list"], &["models", "list"], &["validate"], &["schema"], &["--help"]];
    for args in commands {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = command(root.path(), args).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{args:?}: {}", said(&output));
        assert!(said(&output).contains("standard output cannot be written"), "{args:?}: {}", said(&output));
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = command(root.path(), args).stdout(writer).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", said(&output));
    }
}

#[test]
fn models_named_wrongly_in_the_settings_are_faults_of_the_settings() {
    let root = workspace();
    assert!(pmtune(root.path(), &["validate"]).status.success());
    for (settings, place) in [
        ("line: x\ngate: {against: v9}\n", "pmtune.yaml:2:17"),
        ("line: x\ngate: {against: primary}\n", "pmtune.yaml:2:17"),
        ("line: x\nbase: gone/model.gguf\n", "pmtune.yaml:2:7"),
    ] {
        write(root.path(), "pmtune.yaml", settings);
        let output = pmtune(root.path(), &["validate"]);
        assert_eq!(output.status.code(), Some(1), "{settings}: {}", said(&output));
        assert!(said(&output).contains(place), "{settings}: {}", said(&output));
    }
    write(root.path(), "pmtune.yaml", "line: x\ngate: {against: v1}\n");
    assert!(pmtune(root.path(), &["validate"]).status.success());
    edit(root.path(), "models/x-v2/manifest.yaml", "smollm2-135m-instruct", "smolm-2");
    let text = said(&pmtune(root.path(), &["validate"]));
    assert!(text.contains("x-v2: no base is called `smolm-2`"), "{text}");
}

#[test]
fn answers_of_no_length_and_of_no_temperature_are_refused() {
    let root = workspace();
    for flags in [["--max-tokens", "0"], ["--temperature", "-1"], ["--temperature", "nan"]] {
        let output = pmtune(root.path(), &["eval", "v1", flags[0], flags[1]]);
        assert_eq!(output.status.code(), Some(2), "{flags:?}: {}", said(&output));
    }
}

#[test]
fn history_goes_by_version_and_not_by_who_was_asked_again() {
    let root = workspace();
    answer(root.path(), "x-v1", 30, None, Sampling::default());
    let outside = tempfile::tempdir().unwrap();
    let file = outside.path().join("h.csv");
    let output = pmtune(root.path(), &["history", "--csv", &file.to_string_lossy()]);
    assert!(output.status.success(), "{}", said(&output));
    let table = std::fs::read_to_string(file).expect("any place can be named");
    let mut versions: Vec<&str> = table.lines().skip(1).filter_map(|line| line.split(',').nth(2)).collect();
    versions.truncate(3);
    assert_eq!(versions, ["x-v1", "x-v1", "x-v2"], "{table}");
}

#[test]
fn a_gate_that_cannot_be_judged_has_an_exit_code_of_its_own() {
    let root = workspace();
    write(root.path(), "pmtune.yaml", "line: x\ngate: {half: all, flaky: 0.1, exit-code: 7}\n");
    let output = pmtune(root.path(), &["gate", "v2"]);
    let text = said(&output);
    assert!(output.status.code() == Some(102) && text.contains("could not be judged on 1 of 2 rules"), "{text}");
    write(root.path(), "pmtune.yaml", "line: x\ngate: {half: all, flaky: 0.1, pass-rate: 1, exit-code: 7}\n");
    assert_eq!(pmtune(root.path(), &["gate", "v1"]).status.code(), Some(7), "a rule failed, whatever the other says");
    write(root.path(), "pmtune.yaml", "line: x\ngate: {latency: {p50: 100}}\n");
    let output = pmtune(root.path(), &["gate", "v2"]);
    let text = said(&output);
    assert!(output.status.code() == Some(102) && text.contains("many at a time"), "{text}");
}

#[test]
fn thresholds_are_proposed_from_what_the_primary_reaches() {
    let root = workspace();
    let none = pmtune(root.path(), &["gate", "--propose"]);
    assert_eq!(none.status.code(), Some(1), "there is no primary: {}", said(&none));
    write(root.path(), "models/primary", "x-v1\n");
    let output = pmtune(root.path(), &["gate", "--propose"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    // statsmodels: proportion_confint(30, 40, method="wilson") begins at 0.5981.
    assert!(text.contains("# 30 of 40 cases pass (75 %):\n  pass-rate: 0.59\n"), "{text}");
    write(root.path(), "pmtune.yaml", &format!("line: x\ncompare: {{resamples: 1000}}\n{text}"));
    let judged = pmtune(root.path(), &["gate", "v2"]);
    assert!(judged.status.success(), "{}", said(&judged));
    // Of two whole runs the lower one counts, and 20 of 40 begin at 0.3520.
    answer(root.path(), "x-v1", 20, None, Sampling::default());
    let text = String::from_utf8_lossy(&pmtune(root.path(), &["gate", "--propose"]).stdout).into_owned();
    assert!(text.contains("newest 2 runs of v1") && text.contains("(50 %):\n  pass-rate: 0.35\n"), "{text}");
    let few = answer(root.path(), "x-v1", 30, Some(29), Sampling::default());
    let refused = pmtune(root.path(), &["gate", "--propose", &few]);
    assert!(refused.status.code() == Some(1) && said(&refused).contains("30 at least"), "{}", said(&refused));
}

/// Two more versions: one that passes what v1 passes, and one that answers nothing right.
fn four_versions() -> TempDir {
    let root = workspace();
    for (version, good) in [("x-v3", 30), ("x-v4", 0)] {
        write(root.path(), &format!("models/{version}/manifest.yaml"), &manifest(version, ""));
        answer(root.path(), version, good, None, Sampling::default());
    }
    root
}

#[test]
fn several_versions_stand_in_one_table_against_the_first() {
    let root = four_versions();
    let output = pmtune(root.path(), &["compare", "v1", "v2", "v3", "v4", "--csv", "cases.csv"]);
    let text = said(&output);
    assert!(output.status.success(), "{text}");
    let first = "v2 is better than v1; v4 is worse than v1; too few cases to tell v3 from v1";
    assert_eq!(text.matches(first).count(), 2, "the verdict stands first and last: {text}");
    for part in [
        "where all versions are equally good, at most 5 % of such tables",
        "(98.3 % interval",
        "v3 by itself: reports/",
    ] {
        assert!(text.replace('\u{a0}', " ").contains(part), "{part} is missing in\n{text}");
    }
    let narrow = String::from_utf8(output.stdout).unwrap();
    assert!(narrow.lines().all(|line| line.chars().count() <= 80 || line.contains("reports/")), "{narrow}");
    let cases = std::fs::read_to_string(root.path().join("cases.csv")).unwrap();
    assert_eq!(cases.lines().count(), 1 + 3 * 40, "each case of each comparison, under one header");
    let folder = std::fs::read_dir(root.path().join("reports")).unwrap().flatten().map(|entry| entry.path());
    let folder = folder.into_iter().find(|folder| folder.join("comparisons.json").is_file()).unwrap();
    let page = std::fs::read_to_string(folder.join("report.html")).unwrap();
    let link = page.split("href=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    assert!(folder.join(link).is_file(), "{link} leads to v2's own comparison");
    let markdown = std::fs::read_to_string(folder.join("report.md")).unwrap();
    assert!(markdown.contains("| v2 | 40 |") && markdown.contains("| v4 | 40 |"), "{markdown}");
}

#[test]
fn the_table_is_told_to_programs_with_corrected_figures() {
    let root = four_versions();
    let json = |args: &[&str]| -> serde_json::Value {
        let output = pmtune(root.path(), args);
        assert!(output.status.success(), "{}", said(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let alone = json(&["compare", "v1", "v2", "--json"]);
    let table = json(&["compare", "v1", "v2", "v3", "v4", "--json"]);
    assert_eq!((table["format"].as_u64(), table["baseline"]["label"].as_str()), (Some(1), Some("v1")));
    let found: Vec<_> = table["versions"].as_array().unwrap().iter().map(|one| &one["held_out"]["finding"]).collect();
    assert_eq!(found, ["improved", "too-few-cases", "regressed"]);
    let p = |value: &serde_json::Value| value.as_f64().unwrap();
    let (one, three) = (p(&alone["held_out"]["overall"]["score"]["p_corrected"]), &table["versions"][0]["held_out"]);
    // v4 lost more, so v2's is the second smallest of three.
    assert!((p(&three["score"]["p_corrected"]) - 2.0 * one).abs() < 1e-12, "{three}");
    assert!((p(&table["interval_confidence"]) - (1.0 - 0.05 / 3.0)).abs() < 1e-12);
}

#[test]
fn a_version_stands_in_a_table_once_and_what_changed_is_said_of_all() {
    let root = four_versions();
    for (args, part) in [
        (["compare", "v1", "v2", "v1"], "would be compared with itself"),
        (["compare", "v1", "v2", "v2"], "would be compared twice"),
        (["compare", "v1", "v2", "v9"], "there is no model `x-v9`"),
    ] {
        let output = pmtune(root.path(), &args);
        assert!(!output.status.success() && said(&output).contains(part), "{}", said(&output));
    }
    edit(root.path(), "suites/s.yaml", "prompt: Question 7,", "prompt: Why 7,");
    let text = said(&pmtune(root.path(), &["compare", "v1", "v2", "v3"]));
    assert!(text.contains("v3 (run") && text.contains("pmtune eval --compare v1 v2 v3"), "{text}");
    let text = said(&pmtune(root.path(), &["compare", "v1", "v2", "v3", "--allow-differences"]));
    assert!(text.contains("Not strictly comparable"), "{text}");
}

#[test]
fn the_list_of_versions_says_what_the_newest_whole_run_of_each_says() {
    let root = four_versions();
    write(root.path(), "models/x-v5/manifest.yaml", &manifest("x-v5", ""));
    answer(root.path(), "x-v4", 40, Some(1), Sampling::default());
    let list = |root: &Path| {
        let output = pmtune(root, &["models", "list"]);
        let text = String::from_utf8(output.stdout.clone()).unwrap();
        assert!(output.status.success() && text.lines().all(|line| line.chars().count() <= 80), "{text}");
        said(&output).replace('\u{a0}', " ")
    };
    let text = list(root.path());
    for part in ["x-v1 2026-11-21 75 % of 40", "x-v2 2026-11-21 100 % of 40", "x-v4 2026-11-21 0 % of 40"] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
    assert!(text.contains("x-v5 2026-11-21 – –") && text.contains("pmtune eval x-v5"), "{text}");
    let json = pmtune(root.path(), &["models", "list", "--json"]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    let run = &json["versions"][0]["newest_run"];
    assert_eq!(
        (run["passed"].as_u64(), run["cases"].as_u64(), run["stale"].as_bool()),
        (Some(30), Some(40), Some(false))
    );
    assert!(json["versions"][4]["newest_run"].is_null());
    edit(root.path(), "models/x-v2/manifest.yaml", "Be brief.", "Be long.");
    let text = list(root.path());
    assert!(text.contains("100 % of 40*") && text.contains("pmtune eval x-v2"), "{text}");
}

#[test]
fn a_promotion_shows_what_speaks_for_it() {
    let root = four_versions();
    let promote = |version: &str| {
        let output = pmtune(root.path(), &["models", "promote", version]);
        assert!(output.status.success(), "{}", said(&output));
        said(&output)
    };
    assert!(promote("v1").contains("no version was before"));
    let text = promote("v2");
    assert!(text.contains("nothing shows that x-v2 is better") && text.contains("eval --compare x-v1 x-v2"), "{text}");
    promote("v1");
    assert!(pmtune(root.path(), &["compare", "v1", "v2", "v3", "v4"]).status.success());
    let text = promote("v4");
    assert!(text.contains("that comparison is against it: x-v4 is worse than x-v1"), "{text}");
    promote("v1");
    assert!(promote("v3").contains("that does not show that x-v3 is better than x-v1"));
    promote("v1");
    edit(root.path(), "models/x-v2/manifest.yaml", "Be brief.", "Be long.");
    let text = promote("v2");
    assert!(text.contains("v2 is better on the held-out cases") && text.contains("not what is here now"), "{text}");
}
