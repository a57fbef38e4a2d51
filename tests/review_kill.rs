//! A review killed with `kill -9` at any moment: every rating that was acknowledged is in the reviewer's book.
//!
//! The test starts itself again as a child that rates at random and says so after each rating; it kills it at a random
//! time, a hundred times over, and looks into the books after each.

use pmtune::check::Criterion;
use pmtune::review::{Assignment, Draft, Flag, Reviewer, ReviewerKind, Session, assign};
use pmtune::run::Reports;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const FOLDER: &str = "PMTUNE_TEST_REVIEW_FOLDER";
const FROM: &str = "PMTUNE_TEST_REVIEW_FROM";
const CASES: usize = 12;

fn make(folder: &Path, id: &str) {
    let place = folder.join(id);
    std::fs::create_dir_all(&place).unwrap();
    let manifest = json!({
        "format": 1, "id": id, "suites": [], "pmtune": "0.1.0", "started": "2026-01-01T10:00:00Z",
        "finished": "2026-01-01T11:00:00Z", "cases": (0..CASES).map(|n| json!([format!("s/{n}"), 1])).collect::<Vec<_>>(),
        "version": {
            "name": id, "base": "b", "adapter": null, "system": null, "examples": [], "template": null,
            "sampling": {"temperature": 0.0, "top_k": null, "top_p": null, "min_p": null, "repetition_penalty": 1.0,
                         "seed": 0, "stop": [], "max_tokens": 320},
        },
    });
    std::fs::write(place.join("run.json"), manifest.to_string()).unwrap();
    let line = |n: usize| {
        let record = json!({
            "case": format!("s/{n}"), "repeat": 0, "category": "x", "split": "dev", "weight": 1.0, "prompt": "?",
            "answer_key": "k", "judge_hash": "j", "outcome": "judged", "verdicts": [{"check": "contains", "criterion": "format", "weight": 1.0, "verdict": "pass", "score": 1.0, "reason": ""}], "score": 1.0, "passed": true,
            "answer": {"text": format!("{id} {n}"), "stop": "end", "prompt_tokens": 1, "output_tokens": 1, "seconds": 0.1},
            "at": "2026-01-01T10:30:00Z",
        });
        format!("{record}\n")
    };
    std::fs::write(place.join("results.jsonl"), (0..CASES).map(line).collect::<String>()).unwrap();
}

fn open(folder: &Path) -> Session {
    let reports = Reports::new(folder);
    let (a, b) = (reports.load("one").unwrap(), reports.load("two").unwrap());
    let (sheet, key) = assign(&[&a, &b], &Assignment::all("ann")).unwrap();
    Session::open(&reports, sheet, key, &Reviewer { name: "ann".into(), kind: ReviewerKind::Person }).unwrap()
}

/// The child: rates at random for ever; the comment counts up, and is said aloud once it is safe.
#[test]
#[ignore = "only the test below starts it"]
fn child() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let from: u64 = std::env::var(FROM).unwrap().parse().unwrap();
    let mut session = open(Path::new(&folder));
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(from);
    let mut stdout = std::io::stdout();
    for count in from.. {
        let answer = format!("{}{}", random.random_range(1..=CASES), ["a", "b"][random.random_range(0..2)]);
        let points: BTreeMap<Criterion, u8> =
            Criterion::ALL.into_iter().map(|criterion| (criterion, random.random_range(1..=5))).collect();
        let flags = if random.random_bool(0.5) { BTreeSet::from([Flag::Best]) } else { BTreeSet::new() };
        let (comment, reason) = (count.to_string(), Some("again".to_string()));
        let done = random.random_bool(0.8);
        session.rate(&Draft { answer: answer.clone(), points, comment, flags, done, reason }).unwrap();
        writeln!(stdout, "SAFE {answer} {count}").unwrap();
        stdout.flush().unwrap();
    }
}

#[test]
fn a_hundred_kills_lose_no_rating_that_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    make(folder.path(), "one");
    make(folder.path(), "two");
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(5);
    let mut acknowledged: BTreeMap<String, u64> = BTreeMap::new();
    let mut all = BTreeSet::new();
    for kill in 0..100u64 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["review_kill::child", "--exact", "--ignored", "--nocapture"])
            .env(FOLDER, folder.path())
            .env(FROM, (kill * 1_000_000).to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let stdout = child.stdout.take().unwrap();
        let reader =
            std::thread::spawn(move || BufReader::new(stdout).lines().map_while(Result::ok).collect::<Vec<_>>());
        std::thread::sleep(Duration::from_micros(random.random_range(2_000..100_000)));
        child.kill().unwrap();
        assert!(!child.wait().unwrap().success(), "the child never ends by itself");
        for line in reader.join().unwrap() {
            // The test harness writes its own words before the first one.
            let Some((_, safe)) = line.split_once("SAFE ") else { continue };
            let (answer, count) = safe.split_once(' ').unwrap();
            let count: u64 = count.parse().unwrap();
            acknowledged.insert(answer.to_string(), count);
            all.insert(count);
        }
        let state = open(folder.path()).state();
        for (answer, count) in &acknowledged {
            let saved = state.iter().find(|saved| saved.answer == *answer).unwrap();
            assert!(saved.comment.parse::<u64>().unwrap() >= *count, "kill {kill}: {answer} lost {count}");
        }
        let best = |number: usize| {
            let of = |saved: &&pmtune::review::Saved| saved.answer[..saved.answer.len() - 1] == number.to_string();
            state.iter().filter(of).filter(|saved| saved.flags.contains(&Flag::Best)).count()
        };
        assert!((1..=CASES).all(|number| best(number) <= 1), "kill {kill}: a pair has one best answer");
    }
    assert!(all.len() > 100, "only {} ratings were acknowledged", all.len());
    let written = |run: &str| -> BTreeSet<u64> {
        let text = std::fs::read_to_string(folder.path().join(run).join("reviews/by-ann.jsonl")).unwrap();
        let lines = text.lines().skip(1).map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.map(|line| line["comment"].as_str().unwrap().parse().unwrap()).collect()
    };
    let written: BTreeSet<u64> = written("one").union(&written("two")).copied().collect();
    assert!(all.is_subset(&written), "the whole history is there");
    println!("{} ratings acknowledged over 100 kills, {} recorded", all.len(), written.len());
}
