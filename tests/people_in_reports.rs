//! Ratings in a workspace reach the reports of the runs they are about, through the program.

use assert_cmd::cargo::cargo_bin;
use pmtune::check::Criterion;
use pmtune::review::{Book, PeopleCompared, Rating, Reviewer, ReviewerKind, answer_hash};
use pmtune::run::Record;
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Stdio};

const HOSTILE: &str = "ann\u{1b}[31m <script>alert(1)</script>";

fn record(version: &str, case: usize) -> Record {
    let verdict = |check: &str, criterion: &str| json!({"check": check, "criterion": criterion, "weight": 1.0, "verdict": "pass", "score": 1.0, "reason": "as asked"});
    serde_json::from_value(json!({
        "case": format!("s/{case:02}"), "repeat": 0, "category": "format", "split": "held-out", "weight": 1.0,
        "prompt": format!("Question {case}"), "answer_key": format!("{version}{case}"), "judge_hash": "j",
        "outcome": "judged",
        "answer": {"text": format!("{version} answers {case}"), "stop": "end", "prompt_tokens": 3, "output_tokens": 4, "seconds": 0.5},
        "verdicts": [verdict("contains", "format")], "score": 1.0, "passed": true, "at": "2026-11-21T20:31:00Z",
    }))
    .unwrap()
}

fn run(reports: &Path, id: &str, version: &str) -> Vec<Record> {
    let records: Vec<Record> = (0..16).map(|case| record(version, case)).collect();
    let manifest = json!({
        "format": 1, "id": id, "suites": [{"name": "s", "category": "format", "description": "", "hash": "1"}],
        "version": {"name": version, "base": "b", "adapter": null, "system": null, "examples": [],
            "sampling": engine::generate::Sampling::default(), "template": null},
        "cases": records.iter().map(|r| json!([r.case, 1])).collect::<Vec<_>>(),
        "started": "2026-11-21T20:31:00Z", "finished": "2026-11-21T20:41:00Z", "pmtune": "0.1.0",
    });
    std::fs::create_dir_all(reports.join(id)).unwrap();
    std::fs::write(reports.join(id).join("run.json"), manifest.to_string()).unwrap();
    let lines: Vec<String> = records.iter().map(|r| serde_json::to_string(r).unwrap() + "\n").collect();
    std::fs::write(reports.join(id).join("results.jsonl"), lines.concat()).unwrap();
    records
}

/// The reviewer gives every answer the same points, but for one in four.
fn rate(reports: &Path, id: &str, records: &[Record], name: &str, kind: ReviewerKind, points: u8) {
    let mut book = Book::open(&reports.join(id), &Reviewer { name: name.to_string(), kind }).unwrap();
    for (i, record) in records.iter().enumerate() {
        let points = points + u8::from(i % 4 == 0);
        let rating = Rating {
            case: record.case.clone(),
            repeat: 0,
            answer: answer_hash(record).unwrap(),
            points: Criterion::ALL.into_iter().map(|criterion| (criterion, points)).collect(),
            comment: HOSTILE.to_string(),
            flags: Default::default(),
            beside: None,
            done: true,
            reason: None,
            at: "2026-11-22T08:00:00Z".parse().unwrap(),
        };
        book.record(rating).unwrap();
    }
}

fn compare(root: &Path) -> String {
    let mut command = Command::new(cargo_bin("pmtune"));
    command.current_dir(root).env_remove("PMTUNE_WORKSPACE").stdin(Stdio::null());
    let output = command.args(["compare", "one", "two", "--allow-differences", "--full"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn written(root: &Path) -> Value {
    let folders = std::fs::read_dir(root.join("reports")).unwrap().flatten();
    let path = folders.map(|f| f.path().join("comparison.json")).find(|p| p.is_file()).unwrap();
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn ratings_reach_the_comparison_and_a_damaged_book_does_not_stop_it() {
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("pmtune.yaml"), "line: PM\n").unwrap();
    let reports = root.path().join("reports");
    let (one, two) = (run(&reports, "one", "PM-v1"), run(&reports, "two", "PM-v2"));
    let table = compare(root.path());
    assert!(!table.contains("What people say"), "{table}");
    assert_eq!(written(root.path()).get("people"), None);

    for (name, kind, points) in
        [("ann", ReviewerKind::Person, 2), ("ben", ReviewerKind::Person, 3), ("m", ReviewerKind::Judge, 4)]
    {
        rate(&reports, "one", &one, name, kind, points);
        rate(&reports, "two", &two, name, kind, points + u8::from(kind == ReviewerKind::Person));
    }
    // No such name can open a book; whoever sends one may have written it in.
    for run in ["one", "two"] {
        let path = reports.join(run).join("reviews/by-ann.jsonl");
        let book = std::fs::read_to_string(&path).unwrap();
        let renamed = book.replacen("\"ann\"", &json!(HOSTILE).to_string(), 1);
        assert_ne!(renamed, book);
        std::fs::write(&path, renamed).unwrap();
    }
    let table = compare(root.path());
    assert!(table.contains("? Too few rated held-out cases to tell v1 and v2 apart: +1.00 points"), "{table}");
    assert!(table.contains("m: judge model, not a person."), "{table}");
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
    assert!(table.chars().all(|c| c == '\n' || !c.is_control()), "{table:?}");
    let people: PeopleCompared = serde_json::from_value(written(root.path())["people"].clone()).unwrap();
    let paired = people.held_out.unwrap();
    assert_eq!((paired.people, paired.overall.unwrap().cases), (2, 16));
    assert_eq!(people.b.unwrap().held_out.unwrap().overall.unwrap().mean, 3.75, "2.5 + 0.25 and one more, no judge");

    std::fs::write(reports.join("one/reviews/by-ben.jsonl"), "no book\n{}\n").unwrap();
    let table = compare(root.path());
    assert!(!table.contains("What people say"), "{table}");
}
