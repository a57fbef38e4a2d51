//! `train:` in `pmtune.yaml`.

use super::Config;
use engine::train::{Preset, Schedule, TooLong, TrainSettings};
use std::path::{Path, PathBuf};

fn read(text: &str) -> engine::error::Result<Config> {
    Config::read(text, Path::new("pmtune.yaml"))
}

#[test]
fn every_key_is_read() {
    let text = "line: x\ntrain:\n  preset: documents\n  system: Be brief.\n  data: [training-data, more.jsonl]\n  \
                held-out: [held-out]\n  rank: 4\n  alpha: 8\n  dropout: 0.1\n  targets: [q_proj]\n  rslora: true\n  \
                learning-rate: 2e-4\n  schedule: linear\n  warmup: 0\n  epochs: 7\n  batch-size: 3\n  \
                context-length: 900\n  too-long: skip\n  weight-decay: 0.01\n  clip: 0.5\n  patience: 1\n  seed: 9\n";
    let wanted = TrainSettings {
        preset: Some(Preset::Documents),
        system: Some("Be brief.".into()),
        data: Some(vec![PathBuf::from("training-data"), PathBuf::from("more.jsonl")]),
        held_out: Some(vec![PathBuf::from("held-out")]),
        rank: Some(4),
        alpha: Some(8.0),
        dropout: Some(0.1),
        targets: Some(vec!["q_proj".into()]),
        rslora: Some(true),
        learning_rate: Some(2e-4),
        schedule: Some(Schedule::Linear),
        warmup: Some(0.0),
        epochs: Some(7),
        batch_size: Some(3),
        context_length: Some(900),
        too_long: Some(TooLong::Skip),
        weight_decay: Some(0.01),
        clip: Some(0.5),
        patience: Some(1),
        seed: Some(9),
    };
    assert_eq!(read(text).unwrap().train, wanted);
    assert_eq!(wanted.clone().over(&Preset::Balanced.settings()), wanted);
    assert_eq!(TrainSettings::default().over(&wanted), wanted);
}

#[test]
fn a_misspelt_key_or_preset_is_told_with_its_place() {
    let said = read("line: x\ntrain:\n  learn-rate: 1e-4\n  preset: document\n").unwrap_err().to_string();
    assert!(said.contains("pmtune.yaml:3:3") && said.contains("learning-rate"), "{said}");
    assert!(said.contains("pmtune.yaml:4:11") && said.contains("documents"), "{said}");
}
