//! The real sentence model: its vectors against sentence-transformers' (`engine/tests/oracle/embeddings.py`), the check
//! `similar`, and how long it takes (`cargo test --test pmtune sentences:: -- --nocapture`).

use crate::base::sentence_model;
use engine::embed::Embedder;
use pmtune::check::{self, Subject, Verdict};
use pmtune::provider::{Answer, Stop};
use pmtune::yaml;
use serde::Deserialize;
use std::path::Path;
use std::time::Instant;

#[derive(Deserialize)]
struct Expected {
    text: String,
    vector: Vec<f32>,
}

#[test]
fn vectors_of_the_real_model_are_those_of_sentence_transformers() {
    let expected: Vec<Expected> = serde_json::from_str(include_str!("../engine/tests/oracle/embeddings.json")).unwrap();
    assert!(expected.len() >= 30);
    let folder = sentence_model();
    let (before, began) = (resident_mb(), Instant::now());
    let embedder = Embedder::open(&folder).unwrap();
    println!("opened in {:.2} s; {} MB resident, {before} before", began.elapsed().as_secs_f64(), resident_mb());
    let texts: Vec<&str> = expected.iter().map(|row| row.text.as_str()).collect();
    let mut worst = 0.0f32;
    for (row, vector) in expected.iter().zip(embedder.vectors(&texts).unwrap()) {
        let off = row.vector.iter().zip(&vector).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(vector.len() == 384 && off < 1e-5, "{:?} is off by {off}", row.text);
        worst = worst.max(off);
    }
    println!("{} texts, largest difference of a number: {worst:.1e}", expected.len());
    time(&embedder);
}

/// A hundred texts of sixty words.
fn time(embedder: &Embedder) {
    let words = "we move the launch to april because moving the data of old orders is harder than we planned and every \
                 team that waits for the new checkout page has to know who owns which step by when";
    let words: Vec<&str> = words.split(' ').collect();
    let text = |n: usize| (0..60).map(|at| words[(at * (n + 3) + n) % words.len()]).collect::<Vec<_>>().join(" ");
    let texts: Vec<String> = (0..100).map(text).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let began = Instant::now();
    assert_eq!(embedder.vectors(&texts).unwrap().len(), 100);
    let seconds = began.elapsed().as_secs_f64();
    println!("100 texts of 60 words in {seconds:.2} s: {:.0} a second; {} MB resident", 100.0 / seconds, resident_mb());
}

/// What this process holds in memory, where the system says so in a file; else 0.
fn resident_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) / 1024
}

#[test]
fn similar_hears_the_same_in_other_words() {
    sentence_model();
    let node =
        yaml::parse("{type: similar, value: The launch is delayed by three weeks.}", Path::new("s.yaml")).unwrap();
    let check = check::parse(&node).unwrap();
    let judge = |text: &str| {
        let answer = Answer {
            text: text.into(),
            thoughts: String::new(),
            stop: Stop::End,
            prompt_tokens: 1,
            output_tokens: 1,
            seconds: 0.1,
            reference_nll: None,
            likelihoods: Vec::new(),
        };
        check.judge(&Subject { prompt: "p", reference: None, choices: &[], answer: &answer })
    };
    let close = judge("We ship three weeks later than planned.");
    assert!(close.passed(), "{close:?}");
    assert_eq!(close.reason(), "similarity of meaning 0.59 on a scale from 0 to 1");
    let far = judge("Bananas are rich in potassium.");
    assert!(matches!(far, Verdict::Fail { score: 0.0, .. }), "{far:?}");
}
