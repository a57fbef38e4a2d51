use super::section::{Material, TrainSection};
use crate::workspace::{Section, Workspace};
use crate::yaml;
use engine::chat::LentTemplate;
use engine::error::Result;
use engine::train::{Facts, Preset, Recipe, Schedule, TooLong, TrainSettings};
use std::path::{Path, PathBuf};

fn read(text: &str) -> Result<TrainSection> {
    TrainSection::read(&yaml::parse(text, Path::new("pmtune.yaml"))?)
}

#[test]
fn every_key_is_read() {
    let text = "preset: documents\nsystem: Be brief.\ntemplate: gemma\ndata: [training-data, more.jsonl]\nvalidation: [held-out]\nrank: 4\n\
                alpha: 8\ndropout: 0.1\ntargets: [q_proj]\nrslora: true\nlearning-rate: 2e-4\nschedule: linear\n\
                warmup: 0\nepochs: 7\nbatch-size: 3\ncontext-length: 900\ntoo-long: skip\nweight-decay: 0.01\n\
                clip: 0.5\npatience: 1\nseed: 9\n";
    let material = Material {
        system: Some("Be brief.".into()),
        template: Some(LentTemplate::Gemma),
        data: Some(vec![PathBuf::from("training-data"), PathBuf::from("more.jsonl")]),
        validation: Some(vec![PathBuf::from("held-out")]),
    };
    let numbers = TrainSettings {
        preset: Some(Preset::Documents),
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
    let wanted = TrainSection { material, numbers: numbers.clone() };
    assert_eq!(read(text).unwrap(), wanted);
    assert_eq!(read(&text.replace("-rate", "_rate").replace("validation:", "held-out:")).unwrap(), wanted);
    assert_eq!(numbers.clone().over(&Preset::Balanced.settings()), numbers);
    assert_eq!(TrainSettings::default().over(&numbers), numbers);
}

#[test]
fn faults_are_told_with_their_place() {
    let said = read("learn-rate: 1e-4\npreset: document\nvalidations: [a]\ndata: a\ntargets: [' ']\n")
        .unwrap_err()
        .to_string();
    for part in [
        "pmtune.yaml:1:1",
        "did you mean `learning-rate`",
        "pmtune.yaml:2:9",
        "documents",
        "pmtune.yaml:3:1",
        "did you mean `validation`",
        "pmtune.yaml:4:7: expected a list",
        "pmtune.yaml:5:11: `train.targets` is ` `",
        "name layers, such as q_proj",
    ] {
        assert!(said.contains(part), "{part} is missing in\n{said}");
    }
}

/// The bounds stand at the settings, for files, and in the recipe, for flags.
#[test]
fn the_bounds_are_those_of_the_recipe() {
    let facts = Facts { examples: 90, parameters: 134_515_008, context_length: 8192 };
    let values = ["-1", "-1e-9", "0", "1e-9", "0.5", "1", "1.5", "2", "300", ".inf", ".nan"];
    let keys = "rank alpha dropout learning-rate warmup epochs batch-size context-length weight-decay clip patience";
    let (mut taken, mut refused) = (0, 0);
    for key in keys.split(' ') {
        for value in values {
            let node = yaml::parse(&format!("{key}: {value}"), Path::new("pmtune.yaml")).unwrap();
            // Where the type is wrong there is no setting that the recipe could take.
            let Ok(numbers) = yaml::read::<TrainSettings>(&node, &[]) else { continue };
            let resolves = Recipe::resolve(&numbers, &TrainSettings::default(), &facts).is_ok();
            assert_eq!(TrainSection::read(&node).is_ok(), resolves, "{key}: {value}");
            *if resolves { &mut taken } else { &mut refused } += 1;
        }
    }
    assert!(taken > 20 && refused > 20, "{taken} {refused}");
}

#[test]
fn training_data_is_the_folder_or_what_the_file_names() {
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("pmtune.yaml"), "line: x\n").unwrap();
    let workspace = Workspace::open(root.path()).unwrap();
    let plain = TrainSection::default();
    assert_eq!((plain.data(&workspace), plain.validation(&workspace)), (vec![workspace.training_data()], None));
    let named = read("data: [a, b/c.jsonl]\nvalidation: [d]\n").unwrap();
    assert_eq!(named.data(&workspace), [root.path().join("a"), root.path().join("b/c.jsonl")]);
    assert_eq!(named.validation(&workspace), Some(vec![root.path().join("d")]));
}
