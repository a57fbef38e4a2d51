//! `pmtune eval` over an endpoint, as a user meets it: labels, settings that a server refuses, answers kept.

use assert_cmd::Command;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tempfile::TempDir;

fn workspace() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir(root.path().join("suites")).unwrap();
    std::fs::write(root.path().join("pmtune.yaml"), "line: Trial\nendpoint: {concurrency: 2}\n").unwrap();
    let case = "cases:\n  - id: when\n    prompt: When?\n    checks: [{type: contains, value: Friday}]\n";
    std::fs::write(root.path().join("suites/one.yaml"), case).unwrap();
    root
}

fn eval(root: &Path, args: &[&str]) -> Output {
    let mut command = Command::cargo_bin("pmtune").unwrap();
    command.current_dir(root).env("NO_COLOR", "1").env_remove("OPENAI_API_KEY").env_remove("PMTUNE_API_KEY");
    command.args(args).output().unwrap()
}

/// Both streams of a command that ended with `code`.
fn said(output: &Output, code: i32) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{text}");
    text
}

/// A server that takes no `seed`: its address below `/v1beta/openai`, and how often it answered.
fn server() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("openai:http://{}/v1beta/openai#m", listener.local_addr().unwrap());
    let answered = Arc::new(AtomicUsize::new(0));
    let count = answered.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let Some((line, body)) = request(&stream) else { continue };
            assert!(line.starts_with("POST /v1beta/openai/chat/completions "), "{line}");
            let (status, reply) = if body.get("seed").is_some() {
                (422, json!({"detail": [{"type": "extra_forbidden", "loc": ["body", "seed"], "msg": "extra"}]}))
            } else {
                count.fetch_add(1, Ordering::SeqCst);
                (200, json!({"choices": [{"message": {"content": "On Friday."}}], "usage": null}))
            };
            let reply = reply.to_string();
            let head = format!("HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", reply.len());
            let _ = stream.write_all((head + &reply).as_bytes());
        }
    });
    (address, answered)
}

/// The first line and the JSON body of a request.
pub fn request(stream: &TcpStream) -> Option<(String, Value)> {
    let (mut reader, mut first, mut length) = (BufReader::new(stream), String::new(), 0);
    reader.read_line(&mut first).ok()?;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((first, serde_json::from_slice(&body).ok()?))
}

fn manifests(root: &Path) -> Vec<Value> {
    let runs = std::fs::read_dir(root.join("reports")).unwrap().flatten();
    let files = runs.filter_map(|run| std::fs::read(run.path().join("run.json")).ok());
    files.map(|file| serde_json::from_slice(&file).unwrap()).collect()
}

#[test]
fn a_label_is_what_an_endpoint_is_called_from_then_on() {
    let (root, (address, _)) = (workspace(), server());
    let (small, big) = (format!("small={address}"), format!("big={address}2"));
    let text = said(&eval(root.path(), &["eval", "--concurrency", "256", &small]), 0);
    assert!(
        text.contains("small passes 1 of 1") && text.contains("How it was asked\n! the endpoint refuses `seed`"),
        "{text}"
    );
    let notes = manifests(root.path())[0]["notes"].clone();
    assert!(notes[0].as_str().unwrap().contains("`seed`") && notes.as_array().unwrap().len() == 1, "{notes}");
    said(&eval(root.path(), &["eval", &big]), 0);
    let text = said(&eval(root.path(), &["compare", "small", "big"]), 0);
    assert!(text.contains("small") && text.contains("big"), "{text}");

    let twice = format!("small={address}2");
    let text = said(&eval(root.path(), &["eval", "--compare", &small, &twice]), 2);
    assert!(text.contains("two models are called `small`"), "{text}");
    let text = said(&eval(root.path(), &["eval", &format!("v1={address}")]), 2);
    assert!(text.contains("already names a version"), "{text}");
    said(&eval(root.path(), &["eval", &twice]), 0);
    let text = said(&eval(root.path(), &["compare", "small", "big"]), 2);
    assert!(text.contains("`small` was the label of"), "{text}");
}

#[test]
fn an_endpoint_is_asked_anew_unless_the_user_says_that_it_is_the_same() {
    let (root, (address, answered)) = (workspace(), server());
    for (flags, asked) in [(&[][..], 1), (&[][..], 2), (&["--reuse-answers"][..], 2)] {
        let text = said(&eval(root.path(), &[&["eval", &address][..], flags].concat()), 0);
        assert_eq!(answered.load(Ordering::SeqCst), asked, "{text}");
        assert_eq!(text.contains("some answers came from"), !flags.is_empty(), "{text}");
    }
    let text = said(&eval(root.path(), &["eval", "--concurrency", "0", &address]), 2);
    assert!(text.contains("1..=256"), "{text}");
}

#[test]
fn several_are_asked_and_stand_in_one_table_with_what_was_known_of_the_asking() {
    let (root, (address, answered)) = (workspace(), server());
    let named: Vec<String> = ["one", "two", "three"].iter().map(|label| format!("{label}={address}")).collect();
    let compare = |further: &[&str]| {
        let models = named.iter().map(String::as_str);
        eval(
            root.path(),
            &["eval", "--compare"].into_iter().chain(models).chain(further.iter().copied()).collect::<Vec<_>>(),
        )
    };
    for (flag, part) in [("--gate", "a gate judges one version"), ("--until-settled", "asks two versions")] {
        assert!(said(&compare(&[flag]), 2).contains(part));
    }
    assert_eq!(answered.load(Ordering::SeqCst), 0, "nothing was asked in vain");
    let text = said(&compare(&["--json", "results.json"]), 0);
    assert!(text.contains("to tell two and three from one") || text.contains("Dev cases"), "{text}");
    assert!(text.contains("! one: the endpoint refuses `seed`"), "{text}");
    let results: Value = serde_json::from_slice(&std::fs::read(root.path().join("results.json")).unwrap()).unwrap();
    assert_eq!(results["runs"].as_array().unwrap().len(), 3);
    let labels: Vec<_> = results["comparisons"]["versions"].as_array().unwrap().iter().map(|v| &v["label"]).collect();
    assert_eq!(labels, ["two", "three"]);
    let pages = std::fs::read_dir(root.path().join("reports")).unwrap().flatten();
    let pages: Vec<_> = pages.map(|entry| entry.path().join("report.html")).filter(|page| page.is_file()).collect();
    // Three runs, two pairs and the table.
    assert_eq!(pages.len(), 6, "{pages:?}");
    for page in pages {
        let text =
            std::fs::read_to_string(&page).unwrap() + &std::fs::read_to_string(page.with_extension("md")).unwrap();
        // The page's section and its heading, and a paragraph in Markdown.
        assert_eq!(text.matches("How it was asked").count(), 3, "{}", page.display());
    }
}
