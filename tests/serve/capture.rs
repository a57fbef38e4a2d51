//! What is written down with `--capture`, and what never is.

use super::fixture::{Served, pmtune, workspace};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Everything below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// The lines of the inbox, once there are `wanted`: an answer is written down beside its going out.
fn lines(root: &Path, wanted: usize) -> Vec<Value> {
    let begun = Instant::now();
    loop {
        let months =
            files(&root.join("training-data/.inbox")).into_iter().filter(|f| f.extension() == Some("jsonl".as_ref()));
        let text: String = months.map(|file| std::fs::read_to_string(file).unwrap()).collect();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        if lines.len() >= wanted {
            return lines;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{} of {wanted} lines", lines.len());
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn said(root: &Path, code: i32, args: &[&str]) -> String {
    let output = pmtune(root).args(args).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
    said
}

const RATED: &str =
    r#"{"id": "x", "version": "primary", "question": [{"role": "user", "content": "Hi"}], "answer": "a"}"#;

#[test]
fn without_capture_nothing_is_ever_written() {
    let root = workspace();
    let before = files(root.path());
    let server = Served::start(root.path(), &[]);
    server.get("/");
    server.chat("primary", "When?", json!({}));
    server.chat("v1", "When?", json!({"stream": true}));
    let reply = server.ask("POST", "/capture", &[], RATED);
    assert_eq!((reply.status, reply.code().as_str()), (404, "not_captured"));
    assert!(!server.said.contains("Capture"), "{}", server.said);
    #[cfg(unix)]
    assert_eq!(server.end(), Some(0));
    assert_eq!(files(root.path()), before);
}

#[test]
fn questions_and_answers_of_every_client_are_written_down_and_said_at_the_start() {
    let root = workspace();
    let server = Served::start(root.path(), &["--capture"]);
    let start = server.said.replace('\n', " ");
    assert!(start.contains("Capture is on") && start.contains("training-data/.inbox/"), "{start}");
    let whole = server.chat("v1", "When is it due?", json!({}));
    lines(root.path(), 1);
    let asked = json!({"model": "primary", "stream": true, "messages": [
        {"role": "system", "content": "Be kind."}, {"role": "user", "content": [{"type": "text", "text": "Name it"}]}]});
    let pieces = server.post("/v1/chat/completions", &asked).pieces();
    let streamed: String = pieces.iter().filter_map(|p| p["choices"][0]["delta"]["content"].as_str()).collect();
    let found = lines(root.path(), 2);
    // As it was asked: the version's system prompt and examples are none of the question.
    assert_eq!(found[0]["question"], json!([{"role": "user", "content": "When is it due?"}]));
    assert_eq!((found[0]["version"].as_str(), found[0]["answer"].as_str()), (Some("Tiny-v1"), Some(&*whole.text())));
    assert_eq!(found[1]["question"][0], json!({"role": "system", "content": "Be kind."}));
    assert_eq!(found[1]["question"][1], json!({"role": "user", "content": "Name it"}));
    assert_eq!((found[1]["version"].as_str(), found[1]["answer"].as_str()), (Some("Tiny-v2"), Some(&*streamed)));
    assert_eq!((&found[1]["number"], &found[1]["cut"], &found[1]["thumb"]), (&json!(2), &json!(true), &Value::Null));
    assert!(found[1]["at"].as_str().is_some_and(|at| at.ends_with('Z')));

    // What a reader says of an answer takes its place.
    let rated = json!({"id": pieces[0]["id"], "version": "primary", "question": found[1]["question"],
        "answer": streamed, "cut": true, "thumb": "down", "corrected": "It is Ada."});
    assert_eq!(server.post("/capture", &rated).json(), json!({"number": 2}));
    assert_eq!(lines(root.path(), 3)[2]["corrected"], "It is Ada.");
    let new = server.ask("POST", "/capture", &[], RATED);
    assert_eq!(new.json(), json!({"number": 3}), "an answer of before the start");
    for (body, status) in [
        ("{}".to_string(), 400),
        (RATED.replace("primary", "v9"), 404),
        (RATED.replace("user", "assistant"), 400),
        (RATED.replace("\"id\"", "\"number\": 1, \"id\""), 400),
        (RATED.replace("\"a\"", &format!("\"{}\"", "a".repeat(256 << 10))), 400),
    ] {
        let reply = server.ask("POST", "/capture", &[], &body);
        assert_eq!(reply.status, status, "{}", reply.body);
    }
    assert_eq!(server.get("/capture").status, 405);
    assert_eq!(lines(root.path(), 4).len(), 4);
}

#[test]
fn what_a_program_asks_by_itself_is_not_written_down_and_what_is_broken_off_neither() {
    let root = workspace();
    let server = Served::start(root.path(), &["--capture"]);
    for task in [
        "### Task:\nGenerate a concise, 3-5 word title with an emoji summarizing the chat history.",
        "### Task:\nGenerate 1-3 broad tags categorizing the main themes of the chat history.",
        "  ### Task:\nSuggest 3-5 relevant follow-up questions",
    ] {
        server.chat("primary", task, json!({}));
    }
    server.post("/v1/completions", &json!({"model": "primary", "prompt": "The plan is", "max_tokens": 3}));
    server.chat("primary", "A task: do it", json!({}));
    let found = lines(root.path(), 1);
    assert_eq!((found.len(), found[0]["question"][0]["content"].as_str()), (1, Some("A task: do it")));
}

#[test]
fn a_token_guards_what_is_written_down() {
    let root = workspace();
    let server = Served::start(root.path(), &["--capture", "--token", "0123456789abcdef"]);
    assert_eq!(server.ask("POST", "/capture", &[], RATED).status, 401);
    let key = [("Authorization", "Bearer 0123456789abcdef")];
    assert_eq!(server.ask("POST", "/capture", &key, RATED).status, 200);
    let page = [("Authorization", "Bearer 0123456789abcdef"), ("Origin", "https://evil.example")];
    assert_eq!(server.ask("POST", "/capture", &page, RATED).status, 403);
}

#[test]
fn nothing_that_waits_is_read_and_an_approved_answer_is_an_example() {
    let root = workspace();
    let server = Served::start(root.path(), &["--capture"]);
    server.chat("primary", "List the open risks of the move", json!({}));
    lines(root.path(), 1);
    for (question, corrected) in [("Sum up the week", json!("All is well.")), ("Name the owner", json!("Ada."))] {
        let rated = json!({"id": question, "version": "v1", "question": [{"role": "user", "content": question}],
            "answer": "x", "thumb": "down", "corrected": corrected});
        assert_eq!(server.post("/capture", &rated).status, 200);
    }
    drop(server);
    let root = root.path();
    // Every way to training data passes it over, and refuses it by name.
    assert!(said(root, 1, &["data", "check"]).contains("no example"));
    for args in [&["data", "stats"][..], &["data", "split"], &["train", "--name", "Tiny-v3"]] {
        assert!(!pmtune(root).args(args).output().unwrap().status.success(), "{args:?}");
    }
    for args in
        [&["data", "check", "training-data/.inbox"][..], &["data", "convert", "training-data/.inbox", "--to", "chat"]]
    {
        assert!(!pmtune(root).args(args).output().unwrap().status.success(), "{args:?}");
    }

    let list = said(root, 0, &["data", "inbox"]);
    assert!(list.contains("List the open risks") && list.contains("Tiny-v1 · not good · corrected"), "{list}");
    assert!(list.lines().all(|line| line.chars().count() <= 80), "{list}");
    assert!(said(root, 0, &["data", "inbox", "show", "2"]).contains("Corrected:\n  All is well."));
    assert!(said(root, 1, &["data", "inbox", "approve", "1"]).contains("entry 1: its answer was cut off"));
    let to = "training-data/weekly/updates.jsonl";
    let approved = said(root, 0, &["data", "inbox", "approve", "2", "--into", to]);
    assert!(approved.contains("entry 2 is now") && approved.contains("updates.jsonl:1"), "{approved}");
    let line: Value = serde_json::from_str(&std::fs::read_to_string(root.join(to)).unwrap()).unwrap();
    assert_eq!(
        (line["instruction"].as_str(), line["output"].as_str()),
        (Some("Sum up the week"), Some("All is well."))
    );
    assert!(line["source"].as_str().unwrap().ends_with("answer of Tiny-v1, corrected"), "{line}");
    assert!(said(root, 1, &["data", "inbox", "approve", "2"]).contains("no entry 2 waits"));
    said(root, 0, &["data", "inbox", "approve", "3"]);
    let usual = files(&root.join("training-data/captured"));
    assert_eq!(usual.len(), 1);
    std::fs::write(root.join("better.md"), "One: rain.\n").unwrap();
    said(root, 0, &["data", "inbox", "approve", "1", "--edit", "better.md", "--into", to]);
    assert_eq!(std::fs::read_to_string(root.join(to)).unwrap().lines().count(), 2);
    assert!(said(root, 0, &["data", "inbox"]).contains("Nothing waits"));
    assert!(said(root, 0, &["data", "stats"]).contains('3'));
}

#[test]
fn approving_after_a_kill_doubles_nothing_and_rejecting_removes() {
    let root = workspace();
    let server = Served::start(root.path(), &["--capture"]);
    for question in ["Sum up the week", "Name the owner", "Draft the invite", "Say hello"] {
        let rated = json!({"id": question, "version": "v1", "question": [{"role": "user", "content": question}],
            "answer": "x", "thumb": "up"});
        assert_eq!(server.post("/capture", &rated).status, 200);
    }
    drop(server);
    let root = root.path();
    let inbox = root.join("training-data/.inbox");
    let waiting: Vec<(PathBuf, Vec<u8>)> =
        files(&inbox).into_iter().map(|file| (file.clone(), std::fs::read(file).unwrap())).collect();
    said(root, 0, &["data", "inbox", "approve", "1", "2"]);
    // The example was written and the entry not yet struck.
    waiting.iter().for_each(|(file, bytes)| std::fs::write(file, bytes).unwrap());
    let again = said(root, 0, &["data", "inbox", "approve", "1", "2", "2", "--into", "training-data/other/x.jsonl"]);
    assert!(again.contains("entry 1 stands already as") && !root.join("training-data/other").exists(), "{again}");
    assert!(said(root, 0, &["data", "inbox", "reject", "3"]).contains("1 entry removed"));
    let left: String = files(&inbox).iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
    assert!(!left.contains("Draft the invite") && !left.contains("owner"), "{left}");
    for bad in
        ["training-data/.hidden/x.jsonl", "training-data/x.json", "training-data/.inbox/x.jsonl", "elsewhere/x.jsonl"]
    {
        said(root, 2, &["data", "inbox", "approve", "4", "--into", bad]);
    }
}
