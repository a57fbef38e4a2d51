//! `pmtune review` as a reviewer meets it: prompts in the terminal, sheets sent and taken in, a model as judge.

use crate::endpoint_eval::request;
use assert_cmd::Command;
use serde_json::{Value, json};
use std::io::{BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Output, Stdio};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

/// A workspace with two finished runs, hand-written, of three cases each.
fn workspace() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "pmtune.yaml", "line: Zebra\n");
    add_run(root.path(), "2026-01-01-a", "Zebra-v1", true, "early");
    add_run(root.path(), "2026-01-02-b", "Zebra-v2", true, "late");
    root
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, text).unwrap();
}

fn add_run(root: &Path, id: &str, version: &str, finished: bool, mark: &str) {
    let texts = [
        ("s/story", format!("- As a user, I want {mark}.\n- And more")),
        ("s/okr", format!("=Objective \u{1b}[31m{mark}")),
        ("t/update", "The same update".to_string()),
    ];
    let manifest = json!({
        "format": 1, "id": id, "suites": [], "pmtune": "0.1.0", "started": format!("{}T10:00:00Z", &id[..10]),
        "finished": finished.then(|| format!("{}T11:00:00Z", &id[..10])),
        "cases": texts.iter().map(|(case, _)| json!([case, 1])).collect::<Vec<_>>(),
        "version": {
            "name": version, "base": "b", "adapter": null, "system": null, "examples": [], "template": null,
            "sampling": {"temperature": 0.0, "top_k": null, "top_p": null, "min_p": null, "repetition_penalty": 1.0,
                         "seed": 0, "stop": [], "max_tokens": 320},
        },
    });
    write(root, &format!("reports/{id}/run.json"), &manifest.to_string());
    let line = |(case, text): &(&str, String)| {
        let record = json!({
            "case": case, "repeat": 0, "category": &case[..1], "split": "held-out", "weight": 1.0,
            "prompt": format!("Please write {case}."), "answer_key": "k", "judge_hash": "j", "outcome": "judged",
            "answer": {"text": text, "stop": "end", "prompt_tokens": 1, "output_tokens": 1, "seconds": 0.1},
            "verdicts": [{"check": "contains", "criterion": "format", "weight": 1.0, "verdict": "pass", "score": 1.0, "reason": ""}], "score": 1.0, "passed": true, "at": "2026-01-01T10:30:00Z",
        });
        format!("{record}\n")
    };
    write(root, &format!("reports/{id}/results.jsonl"), &texts.iter().map(line).collect::<String>());
}

fn pmtune(root: &Path, args: &[&str], input: &str) -> Output {
    let mut command = Command::cargo_bin("pmtune").unwrap();
    command.current_dir(root).env_remove("PMTUNE_WORKSPACE").env("PMTUNE_HOME", root.join("home"));
    command.arg("review").args(args).write_stdin(input).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn fine(output: Output) -> String {
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

fn refused(output: Output, code: i32) -> String {
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(said.contains("help:"), "{said}");
    said
}

/// Every rating in a reviewer's books, oldest first in each.
fn book(root: &Path, file: &str) -> Vec<Value> {
    let mut lines = Vec::new();
    for run in ["2026-01-01-a", "2026-01-02-b"] {
        let path = root.join("reports").join(run).join("reviews").join(file);
        let text = std::fs::read_to_string(path).unwrap_or_default();
        lines.extend(text.lines().skip(1).map(|line| serde_json::from_str::<Value>(line).unwrap()));
    }
    lines
}

/// Reviews in the terminal as a person does: reads up to each prompt and types what `answer` says to it; `None` closes the
/// terminal. Gives all that was shown.
fn converse(root: &Path, args: &[&str], mut answer: impl FnMut(&str) -> Option<String>) -> String {
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_pmtune"))
        .current_dir(root)
        .env_remove("PMTUNE_WORKSPACE")
        .arg("review")
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut stdin, stdout) = (child.stdin.take(), child.stdout.take().unwrap());
    let mut shown = Vec::new();
    for byte in BufReader::new(stdout).bytes() {
        shown.push(byte.unwrap());
        if shown.ends_with(b": ") || shown.ends_with(b"change? ") {
            let all = text(&shown);
            match (stdin.as_mut(), answer(all.rsplit('\n').next().unwrap())) {
                (Some(pipe), Some(line)) => writeln!(pipe, "{line}").unwrap(),
                _ => stdin = None,
            }
        }
    }
    assert!(child.wait().unwrap().success(), "{}", text(&shown));
    text(&shown)
}

/// Four points everywhere, nothing else, the left answer better.
fn fours(prompt: &str) -> Option<String> {
    let typed = if prompt.contains("1–5") {
        "4"
    } else if prompt.contains("better") {
        "1"
    } else {
        ""
    };
    Some(typed.to_string())
}

const PAIRS: [&str; 5] = ["v1", "v2", "--tui", "--reviewer", "Ann"];

#[test]
fn prompts_take_scores_are_blind_and_go_on_where_the_reviewer_left() {
    let root = workspace();
    let mut left = 12;
    let shown = converse(root.path(), &PAIRS, |prompt| {
        left -= 1;
        if left == 0 { None } else { fours(prompt) }
    });
    assert!(shown.contains("answers are done") && shown.contains("the same command goes on"), "{shown}");
    assert!(!shown.contains("Zebra") && !shown.contains("2026-01-0"), "blind: {shown}");
    assert!(!shown.contains('\u{1b}'), "answers do not act on the terminal");
    let asked = std::cell::Cell::new(0);
    let shown = converse(root.path(), &PAIRS, |prompt| {
        asked.set(asked.get() + 1);
        if prompt.contains("[4]") { Some(String::new()) } else { fours(prompt) }
    });
    assert!(shown.contains("[4]"), "what was typed before is there to keep: {shown}");
    assert!(shown.contains("All 5 answers are done"), "{shown}");
    let ratings = book(root.path(), "by-ann.jsonl");
    let best = |line: &&Value| line["flags"].as_array().is_some_and(|flags| flags.contains(&json!("best")));
    let best: std::collections::BTreeSet<&str> =
        ratings.iter().filter(best).map(|l| l["case"].as_str().unwrap()).collect();
    assert_eq!(best.into_iter().collect::<Vec<_>>(), ["s/okr", "s/story"], "the update is one answer by both");
    let status = fine(pmtune(root.path(), &["status", "v1", "v2"], ""));
    assert!(status.lines().any(|line| line.split_whitespace().take(3).eq(["Ann", "5", "5"])), "{status}");
    let told = fine(pmtune(root.path(), &["status", "v1", "v2", "--json"], ""));
    let told: Value = serde_json::from_str(&told).unwrap();
    let ann = told["reviewers"].as_array().unwrap().iter().find(|reviewer| reviewer["name"] == "Ann").unwrap();
    assert_eq!(
        (told["format"].as_u64(), ann["done"].as_u64(), ann["kind"].as_str()),
        (Some(1), Some(5), Some("person"))
    );
}

#[test]
fn prompts_explain_refuse_go_back_and_ask_why_what_was_done_changes() {
    let root = workspace();
    let args = ["v1", "--tui", "--reviewer", "ann", "--limit", "1"];
    let mut typed = vec!["?", "9", "four", "5", "b", "2", "3", "3", "3", "3", "e", "so\u{7} so", "", ""].into_iter();
    let shown = converse(root.path(), &args, |_| typed.next().map(str::to_string));
    assert!(shown.contains("Nothing to correct: facts"), "? says what the points mean");
    assert_eq!(shown.matches("A number from 1 to 5, please").count(), 2, "{shown}");
    assert!(shown.contains("accuracy 1–5 [5]"), "back to what was typed");
    let mut typed = vec!["1", "5", "", "too strict", "", "", "", "", "", "", "q"].into_iter();
    let shown = converse(root.path(), &args, |_| typed.next().map(str::to_string));
    assert_eq!(shown.matches("Why does it change?").count(), 2, "an empty reason is none: {shown}");
    let last = book(root.path(), "by-ann.jsonl").pop().unwrap();
    assert_eq!(last["points"], json!({"accuracy": 5, "format": 3, "relevance": 3, "completeness": 3, "tone": 3}));
    assert_eq!(
        (&last["reason"], &last["done"], &last["flags"]),
        (&json!("too strict"), &json!(true), &json!(["factual-error"]))
    );
    let before = book(root.path(), "by-ann.jsonl").len();
    let mut typed = vec!["1", "4", "b", "q"].into_iter();
    let shown = converse(root.path(), &args, |_| typed.next().map(str::to_string));
    assert_eq!(shown.matches("accuracy 1–5 [5]").count(), 2, "b takes a change back before it is saved: {shown}");
    let mut typed = vec!["1", "4", "q"].into_iter();
    converse(root.path(), &args, |_| typed.next().map(str::to_string));
    assert_eq!(book(root.path(), "by-ann.jsonl").len(), before, "neither b nor q is a reason");
}

#[test]
fn names_of_runs_and_reviewers_are_understood_or_refused_with_a_remedy() {
    let root = workspace();
    add_run(root.path(), "2026-01-03-c", "Zebra-v2", false, "never");
    let tui = |run: &str| pmtune(root.path(), &[run, "--tui", "--reviewer", "ann"], "");
    for run in ["v2", "Zebra-v2", "2026-01-02-b", "reports/2026-01-02-b"] {
        assert!(fine(tui(run)).contains("0 of 3 answers"), "the newest finished run");
    }
    assert!(refused(tui("v9"), 1).contains("no finished run of v9"));
    assert!(refused(tui("2026-01-03-c"), 1).contains("eval --resume"));
    assert!(refused(tui("nonsense"), 1).contains("no finished run of nonsense"));
    refused(pmtune(root.path(), &["v1", "v1", "--tui", "--reviewer", "ann"], ""), 2);
    assert_eq!(pmtune(root.path(), &["v1", "--tui", "--limit", "0"], "").status.code(), Some(2));
    let twins = ["v1", "--tui", "--reviewer", "ann", "--reviewers", "ann,ben,Ben"];
    assert!(refused(pmtune(root.path(), &twins, ""), 2).contains("cannot be told apart"));
    refused(pmtune(root.path(), &["v1", "--tui", "--reviewer", "!?"], ""), 2);
    let listed = ["v1", "--tui", "--reviewers", "ben, cem", "--reviewer", "ann"];
    assert!(refused(pmtune(root.path(), &listed, ""), 2).contains("--reviewer one of ben, cem"));
    write(root.path(), "pmtune.yaml", "line: Zebra\nreview: {reviewers: [ben, cem], overlap: 0}\n");
    assert!(refused(tui("v1"), 2).contains("--reviewer one of ben, cem"));
    let dealt: usize = ["ben", "cem"]
        .iter()
        .map(|name| fine(pmtune(root.path(), &["v1", "--tui", "--reviewer", name], "")))
        .map(|shown| shown.split(" of ").nth(2).unwrap().split(' ').next().unwrap().parse::<usize>().unwrap())
        .sum();
    assert_eq!(dealt, 3, "each answer is read by one of the two");
    let status = fine(pmtune(root.path(), &["status", "v1"], ""));
    assert!(status.contains("ben") && status.contains("cem"), "{status}");
}

/// The only file of the folder with this ending.
fn only(root: &Path, ending: &str) -> std::path::PathBuf {
    let found = std::fs::read_dir(root).unwrap().map(|e| e.unwrap().path());
    let found: Vec<_> = found.filter(|p| p.extension().is_some_and(|e| e == ending)).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    found.into_iter().next().unwrap()
}

#[test]
fn a_sheet_leaves_is_filled_and_comes_back_once() {
    let root = workspace();
    let said = fine(pmtune(root.path(), &["export", "v1", "v2", "--reviewer", "ann", "--to", "out"], ""));
    let out = root.path().join("out");
    let (table, page) = (only(&out, "csv"), only(&out, "html"));
    assert!(said.contains("5 answers to read") && said.contains("pmtune review import"), "{said}");
    let (before, html) = (std::fs::read_to_string(&table).unwrap(), std::fs::read_to_string(&page).unwrap());
    for secret in ["Zebra", "2026-01-0"] {
        assert!(!before.contains(secret) && !html.contains(secret), "{secret} left the workspace");
    }
    let filled = before.replace(",,,,,,,,", ",4,4,4,4,4,,fine,").replace(",,,,,,,", ",4,4,4,4,4,,");
    std::fs::write(&table, &filled).unwrap();
    let path = table.to_str().unwrap();
    let first = fine(pmtune(root.path(), &["import", path], ""));
    assert!(first.contains("ann: 5 answers rated"), "{first}");
    let ratings = book(root.path(), "by-ann.jsonl");
    assert_eq!((ratings.len(), &ratings[0]["points"]["tone"]), (5, &json!(4)));
    let again = fine(pmtune(root.path(), &["import", path], ""));
    assert!(again.contains("0 answers rated, 5 empty or as before"), "{again}");
    assert_eq!(book(root.path(), "by-ann.jsonl").len(), 5);
    let altered = filled.replace("The same update", "A better update").replacen(",4,4,", ",4,7,", 1);
    std::fs::write(&table, altered).unwrap();
    let error = refused(pmtune(root.path(), &["import", path], ""), 1);
    assert!(error.contains("was altered") && error.contains("format is 7"), "every fault at once: {error}");
    assert!(!error.contains("report"), "what was refused changes no report: {error}");
    assert_eq!(book(root.path(), "by-ann.jsonl").len(), 5, "all or nothing");
    let mut compare = Command::cargo_bin("pmtune").unwrap();
    let compare = compare.current_dir(root.path()).env_remove("PMTUNE_WORKSPACE").args(["compare", "v1", "v2"]);
    let compare = compare.args(["--allow-differences", "--full"]);
    assert!(fine(compare.output().unwrap()).contains("What people say"), "versions name runs here, too");
    let elsewhere = workspace();
    std::fs::write(&table, filled).unwrap();
    assert!(refused(pmtune(elsewhere.path(), &["import", path], ""), 1).contains("not exported from this workspace"));
}

#[test]
fn two_reviewers_work_at_once_and_one_reviewer_only_once() {
    let root = workspace();
    let names = ["ann", "ben", "cem", "dan"];
    std::thread::scope(|scope| {
        for name in names {
            let root = root.path();
            scope.spawn(move || converse(root, &["v1", "v2", "--tui", "--reviewer", name], fours));
        }
    });
    for name in names {
        let done = book(root.path(), &format!("by-{name}.jsonl")).iter().filter(|line| line["done"] == true).count();
        assert_eq!(done, 5, "{name}");
    }
    let mut tried = false;
    converse(root.path(), &["v1", "--tui", "--reviewer", "eve"], |prompt| {
        if !std::mem::replace(&mut tried, true) {
            let second = pmtune(root.path(), &["v1", "--tui", "--reviewer", "eve"], "");
            assert!(refused(second, 1).contains("being written by another pmtune"));
        }
        fours(prompt)
    });
    assert!(tried);
}

/// An endpoint that answers each conversation by `script`; the address, and what it was asked.
fn endpoint(script: impl Fn(&[Value]) -> String + Send + 'static) -> (String, Arc<Mutex<Vec<Value>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("openai:http://{}/v1#org/judge", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = asked.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let Some((_, body)) = request(&stream) else { continue };
            let messages = body["messages"].as_array().unwrap().clone();
            let reply = json!({
                "choices": [{"message": {"role": "assistant", "content": script(&messages)}, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 1, "completion_tokens": 1},
            })
            .to_string();
            seen.lock().unwrap().push(body);
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close";
            let _ = write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{reply}", reply.len());
        }
    });
    (address, asked)
}

#[test]
fn a_judge_is_asked_twice_at_most_recorded_apart_and_not_asked_again() {
    let root = workspace();
    let points = r#"{"accuracy": 2, "format": 3, "relevance": 4, "completeness": 5, "tone": 1, "comment": "because"}"#;
    let (address, asked) = endpoint(move |messages| {
        let about = messages[0]["content"].as_str().unwrap();
        match (about.contains("s/okr"), about.contains("s/story"), messages.len()) {
            (true, ..) => "I would rather not.".to_string(),
            (_, true, 1) => "Here you are: 4".to_string(),
            _ => points.to_string(),
        }
    });
    let run = || pmtune(root.path(), &["v1", "--judge", &address], "");
    let output = run();
    let (said, noted) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{noted}");
    assert!(said.contains("2 of 3 answers of 2026-01-01-a are judged"), "{said}");
    assert!(noted.contains("s/okr: the judge gave no points"), "{noted}");
    assert_eq!(asked.lock().unwrap().len(), 3 + 2, "two answers were asked for again, once");
    let first = asked.lock().unwrap()[0]["messages"][0]["content"].as_str().unwrap().to_string();
    assert!(first.contains("The text between the marks is what is judged"), "{first}");
    assert!(!first.contains("Zebra"));
    let ratings = book(root.path(), "judge-org-judge--prompt-1.jsonl");
    assert_eq!(ratings.len(), 2);
    assert_eq!((&ratings[0]["points"]["completeness"], &ratings[0]["comment"]), (&json!(5), &json!("because")));
    fine(run());
    assert_eq!(asked.lock().unwrap().len(), 5 + 2, "only what is still open is asked");
    let status = fine(pmtune(root.path(), &["status", "v1"], ""));
    assert!(status.contains("org/judge (prompt 1) (judge model)  2"), "{status}");
    let (hopeless, _) = endpoint(|_| "42".to_string());
    let other = hopeless.replace("org/judge", "hopeless");
    assert!(refused(pmtune(root.path(), &["v2", "--judge", &other], ""), 1).contains("gave no points"));
}
