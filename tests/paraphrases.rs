//! Leakage in other words, by the real sentence model: labelled pairs, and the cache of vectors.
//!
//! `cargo test --test pmtune paraphrases:: -- --nocapture` prints precision and recall of each half. Odd lines of
//! `tests/data/paraphrases/` set the threshold, even ones are what the log reports.

use crate::base::sentence_model;
use pmtune::check::Lexicon;
use pmtune::suite;
use pmtune::training_data::lint::{self, Options};
use pmtune::training_data::{DataSettings, Meanings, Vectors};
use serde::Deserialize;
use serde_json::json;
use std::cell::Cell;
use std::path::Path;

#[derive(Deserialize)]
struct Pair {
    kind: String,
    #[serde(default)]
    question: Option<String>,
    case: String,
    example: String,
}

fn pairs(name: &str) -> Vec<Pair> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/paraphrases").join(name);
    std::fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The codes by which the linter says that the example gives the case away.
fn found(pair: &Pair, meanings: &dyn Meanings) -> Vec<&'static str> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.jsonl");
    let (case, line) = if pair.kind == "answer" {
        let question = pair.question.as_deref().unwrap_or("Say what you know of it in one or two sentences");
        (json!({"id": "c", "prompt": question, "reference": pair.case}), ("Go on.", pair.example.as_str()))
    } else {
        (json!({"id": "c", "prompt": pair.case}), (pair.example.as_str(), "I cannot tell."))
    };
    let line = json!({"instruction": line.0, "input": "", "output": line.1});
    std::fs::write(&file, format!("{line}\n")).unwrap();
    let suites = [suite::load_str("s", &json!({"category": "x", "cases": [case]}).to_string()).unwrap()];
    let settings = DataSettings::default();
    let lexicon = Lexicon::shipped();
    let options = Options {
        settings: &settings,
        lexicon: &lexicon,
        suites: &suites,
        count_tokens: None,
        meanings: Some(meanings),
        against_suites: false,
    };
    let found = lint::lint(&[file], &options, &|_| ()).unwrap().findings;
    found.iter().map(|finding| finding.code).filter(|code| ["paraphrase", "leak"].contains(code)).collect()
}

/// What `leak` tells, by words alone, is no merit and no fault of the sentence model.
#[test]
fn paraphrases_are_found_and_neighbours_left_alone() {
    sentence_model();
    let vectors = Vectors::local().unwrap().unwrap();
    let found = |name: &str| pairs(name).iter().map(|pair| found(pair, &vectors)).collect::<Vec<_>>();
    let (paraphrases, neighbours) = (found("paraphrases.jsonl"), found("neighbours.jsonl"));
    assert_eq!((paraphrases.len(), neighbours.len()), (60, 60));
    for (half, name) in [(0, "set on"), (1, "reported")] {
        let count = |found: &[Vec<&str>], code: &str| {
            found.iter().skip(half).step_by(2).filter(|codes| codes.contains(&code)).count()
        };
        let (right, wrong) = (count(&paraphrases, "paraphrase"), count(&neighbours, "paraphrase"));
        let by_words = (count(&paraphrases, "leak"), count(&neighbours, "leak"));
        let precision = right as f64 / (right + wrong).max(1) as f64;
        println!(
            "half {name}: {right} of 30 paraphrases found, {wrong} of 30 neighbours; precision {precision:.2}; by words \
             alone {} and {}",
            by_words.0, by_words.1
        );
        assert!(right >= 9 && precision >= 0.9, "half {name}: {right} right, {wrong} wrong");
    }
}

#[test]
fn a_text_is_read_once() {
    sentence_model();
    let vectors = Vectors::local().unwrap().unwrap();
    let texts = ["Why do customers leave?", "A lamp that is dimmed from afar", "Why do customers leave?"];
    let first = vectors.vectors(&texts, &|_, _| ()).unwrap();
    assert_eq!((first.len(), &first[0]), (3, &first[2]));
    let read = Cell::new(0);
    let again = vectors.vectors(&texts, &|done, _| read.set(read.get() + done)).unwrap();
    assert_eq!((again == first, read.get()), (true, 0));
}
