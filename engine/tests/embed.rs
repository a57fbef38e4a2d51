//! Sentence vectors against sentence-transformers (`oracle/embeddings.py`), on a tiny encoder.

use pmtune_engine::embed::{Embedder, cosine};
use serde::Deserialize;
use std::path::{Path, PathBuf};

#[derive(Deserialize)]
struct Expected {
    text: String,
    vector: Vec<f32>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/tiny-bert")
}

#[test]
fn vectors_are_those_of_sentence_transformers() {
    let expected: Vec<Expected> = serde_json::from_str(include_str!("oracle/tiny-bert/expected.json")).unwrap();
    assert!(expected.len() >= 30);
    let texts: Vec<&str> = expected.iter().map(|row| row.text.as_str()).collect();
    let embedder = Embedder::open(&folder()).unwrap();
    let found = embedder.vectors(&texts).unwrap();
    for (row, vector) in expected.iter().zip(&found) {
        let off = row.vector.iter().zip(vector).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(vector.len() == 16 && off < 1e-5, "{:?} is off by {off}", row.text);
        assert!((cosine(vector, vector) - 1.0).abs() < 1e-6);
    }
}

#[test]
fn a_vector_does_not_depend_on_its_company() {
    let embedder = Embedder::open(&folder()).unwrap();
    let texts = ["we ship", "the launch is delayed by three weeks", "", "we ship"];
    let together = embedder.vectors(&texts).unwrap();
    let alone: Vec<Vec<f32>> = texts.iter().map(|text| embedder.vectors(&[text]).unwrap().remove(0)).collect();
    assert_eq!(together, alone);
    assert_eq!(together[0], together[3]);
    assert!(embedder.vectors(&[]).unwrap().is_empty());
}

#[test]
fn what_cannot_be_opened_is_named() {
    let error = Embedder::open(Path::new("/nonexistent")).unwrap_err().to_string();
    assert!(error.contains("config.json"), "{error}");
    let copy = tempfile::tempdir().unwrap();
    for file in ["config.json", "tokenizer.json"] {
        std::fs::copy(folder().join(file), copy.path().join(file)).unwrap();
    }
    std::fs::write(copy.path().join("model.safetensors"), "not weights").unwrap();
    let error = Embedder::open(copy.path()).unwrap_err().to_string();
    assert!(error.contains("model.safetensors"), "{error}");
}
