//! A training around a toy model: files, resume, refusals, what the manifest says.

use super::place::Place;
use super::run::{Student, train};
use super::{Job, TrainOptions};
use crate::registry::{self, FewShot};
use crate::work::testing::Heard;
use crate::workspace::Workspace;
use engine::error::{Error, Result};
use engine::train::{Ended, Learner, Pass, Sequence, TooLong, TrainSettings};
use std::cell::Cell;
use std::path::{Path, PathBuf};

fn epochs(epochs: usize) -> TrainOptions {
    TrainOptions { recipe: TrainSettings { epochs: Some(epochs), ..Default::default() }, ..Default::default() }
}

fn recipe(recipe: TrainSettings) -> TrainOptions {
    TrainOptions { recipe, ..Default::default() }
}

fn begin(workspace: &Workspace, options: &TrainOptions) -> Result<Job> {
    Job::begin(workspace, options, &Heard::default())
}

fn resume(workspace: &Workspace, name: &str) -> Result<Job> {
    Job::resume(workspace, name, crate::work::DeviceChoice::Cpu, &Heard::default())
}

/// A workspace on the tiny base that speaks ChatML, with 24 examples.
fn workspace() -> (tempfile::TempDir, Workspace) {
    let root = tempfile::tempdir().unwrap();
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("engine/tests/data/tiny-qwen2.gguf");
    std::fs::write(root.path().join("pmtune.yaml"), format!("line: PM\nbase: {}\n", base.display())).unwrap();
    let line = |i: usize| format!(r#"{{"instruction": "Ask {i}", "input": "", "output": "As a user I want {i}."}}"#);
    let lines: Vec<String> = (0..24).map(line).collect();
    let folder = root.path().join("training-data/stories");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("basic.jsonl"), lines.join("\n")).unwrap();
    let workspace = Workspace::open(root.path()).unwrap();
    (root, workspace)
}

/// One logit for every 64th token, whatever came before; breaks off after some calls as a killed program would.
struct Unigrams {
    calls: Cell<usize>,
    dies_after: usize,
    broken: bool,
}

const VOCAB: usize = 64;

impl Learner for Unigrams {
    fn loss(&self, values: &[f32], batch: &[&Sequence]) -> Result<f64> {
        self.gradients(values, batch, &Pass { scale: 0.0, dropout_seed: 0 }, &mut [0.0; VOCAB])
    }

    fn gradients(&self, values: &[f32], batch: &[&Sequence], pass: &Pass, gradients: &mut [f32]) -> Result<f64> {
        self.calls.set(self.calls.get() + 1);
        if self.calls.get() > self.dies_after {
            return Err(Error::input("killed"));
        }
        let sum: f64 = values.iter().map(|x| f64::from(*x).exp()).sum();
        let mut loss = if self.broken && pass.scale > 0.0 { f64::NAN } else { 0.0 };
        for sequence in batch {
            for (token, _) in sequence.tokens.iter().zip(&sequence.supervised).filter(|(_, taught)| **taught) {
                loss -= (f64::from(values[*token as usize % VOCAB]).exp() / sum).ln();
                for (slope, x) in gradients.iter_mut().zip(values) {
                    *slope += (f64::from(*x).exp() / sum) as f32 * pass.scale;
                }
                gradients[*token as usize % VOCAB] -= pass.scale;
            }
        }
        Ok(loss)
    }
}

/// Trains the toy; `Ok` where a version came of it.
fn train_toy(workspace: &Workspace, job: Result<Job>, dies_after: usize, broken: bool) -> Result<()> {
    let job = job?;
    let place = Place::claim(workspace, job.name())?;
    let learner = Unigrams { calls: Cell::new(0), dies_after, broken };
    let write = |values: &[f32], folder: &Path| {
        // A safetensors file of one tensor: its header's length, the header, the numbers.
        let header = format!(
            r#"{{"base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight":{{"dtype":"F32","shape":[{}],"data_offsets":[0,{}]}}}}"#,
            values.len(),
            4 * values.len()
        );
        let numbers: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        let bytes = [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &numbers].concat();
        engine::store::replace(&folder.join("adapter_model.safetensors"), &bytes)?;
        engine::store::replace(
            &folder.join("adapter_config.json"),
            br#"{"peft_type": "LORA", "r": 4, "lora_alpha": 8.0, "target_modules": ["q_proj"]}"#,
        )
    };
    let student = Student { learner: &learner, initial: vec![0.0; VOCAB], write: &write };
    train(workspace, &job, place, &student, &Heard::default())?.version.map(drop)
}

/// The toy on the workspace's own settings, to its end.
fn train_whole(workspace: &Workspace, options: &TrainOptions) -> Result<()> {
    train_toy(workspace, begin(workspace, options), usize::MAX, false)
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

fn adapter(workspace: &Workspace, name: &str) -> Vec<u8> {
    std::fs::read(workspace.models().join(name).join("adapter/adapter_model.safetensors")).unwrap()
}

#[test]
fn the_next_version_has_its_adapter_log_plot_and_lineage() {
    let (_root, workspace) = workspace();
    train_whole(&workspace, &TrainOptions { system: Some("Brief.".into()), ..epochs(2) }).unwrap();
    let folder = workspace.models().join("PM-v1");
    assert_eq!(files(&folder), ["adapter", "loss.csv", "loss.svg", "manifest.yaml"]);
    let manifest = registry::find(&workspace, "v1").unwrap();
    let trained = manifest.training.clone().unwrap();
    assert_eq!((manifest.adapter.as_deref(), manifest.system.as_deref()), (Some("adapter"), Some("Brief.")));
    assert!(manifest.base.sha256.is_some() && manifest.data.is_some());
    assert!(manifest.notes.contains("PM-v1") || manifest.notes.contains("v1 was trained"), "{}", manifest.notes);
    assert!(manifest.notes.contains("pmtune eval --compare base v1"), "{}", manifest.notes);
    assert_eq!(trained.examples + trained.validation, 24);
    assert_eq!((trained.recipe.epochs, trained.epochs, trained.ended), (2, 2, Ended::Completed));
    assert_eq!(trained.files[0].path, "training-data/stories/basic.jsonl");
    assert!(trained.validation_loss < trained.validation_loss_before);
    let log = std::fs::read_to_string(folder.join("loss.csv")).unwrap();
    assert_eq!(log.lines().count(), 1 + trained.steps + 3);
    // Damage would be found.
    assert!(manifest.files.contains_key("loss.csv") && manifest.recorded_adapter_hash().is_some());
    let verified = registry::verify(&workspace, "PM-v1").unwrap();
    assert!(verified[0].damage.is_empty(), "{verified:?}");
    // The second goes on from the first and says so.
    train_whole(&workspace, &TrainOptions { from: Some("v1".into()), ..epochs(1) }).unwrap();
    let second = registry::find(&workspace, "v2").unwrap();
    assert_eq!((second.parent.as_deref(), second.system.as_deref()), (Some("PM-v1"), Some("Brief.")));
    let second = second.training.unwrap();
    let stages: Vec<&str> = second.stages.iter().map(|s| s.version.as_str()).collect();
    assert_eq!((stages, second.recipe.rank, second.recipe.alpha), (vec!["PM-v1", "PM-v2"], 4, 8.0));
    assert_eq!(second.recipe.targets, ["q_proj"]);
}

#[test]
fn a_version_takes_over_what_the_one_before_is_used_with() {
    let (_root, workspace) = workspace();
    train_whole(&workspace, &TrainOptions { system: Some("Brief.".into()), ..epochs(1) }).unwrap();
    let mut first = registry::find(&workspace, "v1").unwrap();
    first.examples = vec![FewShot { user: "Say hi".into(), assistant: "Hi.".into() }];
    first.sampling.max_tokens = Some(7);
    first.write(&workspace.models().join("PM-v1")).unwrap();

    train_whole(&workspace, &epochs(1)).unwrap();
    let second = registry::find(&workspace, "v2").unwrap();
    assert_eq!((second.parent, second.system.as_deref()), (None, Some("Brief.")));
    assert_eq!((second.examples, second.sampling), (first.examples, first.sampling));

    train_whole(&workspace, &TrainOptions { no_inherit: true, ..epochs(1) }).unwrap();
    let third = registry::find(&workspace, "v3").unwrap();
    assert_eq!((third.system, third.examples.len(), third.sampling.max_tokens), (None, 0, None));
}

#[test]
fn killed_anywhere_and_resumed_the_adapter_is_the_same_to_the_byte() {
    let (_whole, whole) = workspace();
    let options = recipe(TrainSettings { epochs: Some(2), batch_size: Some(5), ..Default::default() });
    train_whole(&whole, &options).unwrap();
    let wanted = adapter(&whole, "PM-v1");
    let log = std::fs::read_to_string(whole.models().join("PM-v1/loss.csv")).unwrap();
    // What was measured by the clock differs.
    let timeless = |log: &str| -> Vec<String> {
        log.lines().map(|line| line.rsplit_once(',').map_or(line, |(rest, _)| rest).to_string()).collect()
    };
    for calls in 0..11 {
        let (_root, workspace) = workspace();
        assert!(train_toy(&workspace, begin(&workspace, &options), calls, false).is_err(), "{calls}");
        let unfinished = workspace.models().join("PM-v1");
        assert!(registry::list(&workspace).unwrap().is_empty() && unfinished.join("checkpoint.safetensors").is_file());
        let again = train_whole(&workspace, &options).unwrap_err().to_string();
        assert!(again.contains("unfinished") && again.contains("--resume PM-v1"), "{again}");
        train_toy(&workspace, resume(&workspace, ""), usize::MAX, false).unwrap();
        assert_eq!(adapter(&workspace, "PM-v1"), wanted, "killed in call {calls}");
        let resumed = std::fs::read_to_string(unfinished.join("loss.csv")).unwrap();
        assert_eq!(timeless(&resumed), timeless(&log), "killed in call {calls}");
    }
}

#[test]
fn what_a_kill_after_the_manifest_leaves_is_swept_away() {
    let (_root, workspace) = workspace();
    train_whole(&workspace, &TrainOptions::default()).unwrap();
    let left = workspace.models().join("PM-v1/checkpoint.safetensors");
    std::fs::write(&left, "").unwrap();
    assert!(resume(&workspace, "").err().unwrap().to_string().contains("no training to resume"));
    assert!(!left.exists());
}

#[test]
fn a_resume_on_changed_data_is_refused() {
    let (root, workspace) = workspace();
    assert!(train_toy(&workspace, begin(&workspace, &TrainOptions::default()), 3, false).is_err());
    let file = root.path().join("training-data/stories/basic.jsonl");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("want 3", "need 3")).unwrap();
    let error = train_toy(&workspace, resume(&workspace, "v1"), usize::MAX, false).unwrap_err().to_string();
    assert!(error.contains("data") && error.contains("not the training that was begun"), "{error}");
}

#[test]
fn a_training_that_breaks_down_makes_no_version_and_can_be_begun_anew() {
    let (_root, workspace) = workspace();
    let error =
        train_toy(&workspace, begin(&workspace, &TrainOptions::default()), usize::MAX, true).unwrap_err().to_string();
    assert!(error.contains("broke down after step 0") && error.contains("--learning-rate"), "{error}");
    assert!(registry::list(&workspace).unwrap().is_empty());
    train_whole(&workspace, &TrainOptions::default()).unwrap();
    assert_eq!(registry::list(&workspace).unwrap().len(), 1);
}

#[test]
fn one_name_is_trained_by_one_program_at_a_time() {
    let (_root, workspace) = workspace();
    let held = Place::claim(&workspace, "PM-v1").unwrap();
    let error = train_whole(&workspace, &TrainOptions::default()).unwrap_err().to_string();
    assert!(error.contains("is being trained by another pmtune"), "{error}");
    // Nobody is told to remove the folder of a training that runs.
    std::fs::write(held.checkpoint(), "").unwrap();
    let error = train_whole(&workspace, &TrainOptions::default()).unwrap_err().to_string();
    assert!(error.contains("is being trained by another pmtune"), "{error}");
    std::fs::remove_file(held.checkpoint()).unwrap();
    drop(held);
    train_whole(&workspace, &TrainOptions::default()).unwrap();
    let error = train_whole(&workspace, &TrainOptions { name: Some("v1".into()), ..Default::default() })
        .unwrap_err()
        .to_string();
    assert!(error.contains("PM-v1 is a version already"), "{error}");
}

#[test]
fn what_cannot_be_is_refused_before_anything_is_written() {
    let (root, workspace) = workspace();
    let said = |job: Result<Job>| job.err().map(|e| e.to_string()).unwrap_or_default();
    let none = TrainSettings::default;
    let skip = TrainSettings { context_length: Some(4), too_long: Some(TooLong::Skip), ..none() };
    for (job, wanted) in [
        (begin(&workspace, &TrainOptions { from: Some("v7".into()), ..Default::default() }), "no version `v7`"),
        (resume(&workspace, ""), "no training to resume"),
        (resume(&workspace, "v3"), "no training of PM-v3 is unfinished"),
        (
            begin(&workspace, &TrainOptions { name: Some("../x".into()), ..Default::default() }),
            "cannot be a version's name",
        ),
        (
            begin(&workspace, &recipe(TrainSettings { targets: Some(vec!["nose_proj".into()]), ..none() })),
            "no linear layer called `nose_proj`",
        ),
        (begin(&workspace, &recipe(TrainSettings { rank: Some(0), ..none() })), "`rank` is 0"),
        (begin(&workspace, &recipe(skip)), "no example is left"),
    ] {
        let said = said(job);
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
    let few = root.path().join("few.jsonl");
    std::fs::write(&few, r#"{"instruction": "a", "input": "", "output": "b"}"#).unwrap();
    let said = said(begin(&workspace, &TrainOptions { data: vec![few], ..Default::default() }));
    assert!(said.contains("too few"), "{said}");
    assert!(!workspace.models().exists());
}

#[test]
fn given_held_out_examples_are_never_trained_on() {
    let (root, workspace) = workspace();
    let held: PathBuf = root.path().join("held.jsonl");
    let line = |i: usize| format!(r#"{{"instruction": "Ask {i}", "input": "", "output": "Other."}}"#);
    std::fs::write(&held, [line(3), line(5), line(99)].join("\n")).unwrap();
    let job = begin(&workspace, &TrainOptions { held_out: vec![held], ..Default::default() }).unwrap();
    assert_eq!((job.prepared.training.examples, job.prepared.held_out.examples), (22, 3));
    assert!(job.describe().contains("3 for validation"), "{}", job.describe());
    assert!(job.explain(&workspace).unwrap().contains("learning-rate:"));
}

/// Every fifth example has a prompt that fills the context: it is left out, named, and counted nowhere as trained on.
#[test]
fn what_is_told_of_a_training_counts_what_was_trained_on() {
    let (root, workspace) = workspace();
    let data: PathBuf = root.path().join("some.jsonl");
    let long = "Long background. ".repeat(40);
    let line = |i: usize| {
        let input = if i.is_multiple_of(5) { long.as_str() } else { "" };
        format!(r#"{{"instruction": "Say {i}", "input": "{input}", "output": "It is {i}."}}"#)
    };
    std::fs::write(&data, (0..40).map(line).collect::<Vec<_>>().join("\n")).unwrap();
    let numbers = TrainSettings { context_length: Some(64), epochs: Some(1), ..Default::default() };
    let options = TrainOptions { data: vec![data], recipe: numbers, ..Default::default() };
    let job = begin(&workspace, &options).unwrap();
    let (training, held_out) = (&job.prepared.training, &job.prepared.held_out);
    assert_eq!(training.left_out + held_out.left_out, 8);
    assert_eq!(training.examples + held_out.examples, 32);
    assert_eq!((training.sequences.len(), held_out.sequences.len()), (training.examples, held_out.examples));
    assert_eq!(training.files.iter().map(|file| file.examples).sum::<usize>(), training.examples);
    assert!(job.describe().contains(&format!("{} examples", training.examples)), "{}", job.describe());
}

#[test]
fn an_example_that_no_context_can_hold_is_left_out_unread() {
    let (root, workspace) = workspace();
    let data: PathBuf = root.path().join("some.jsonl");
    let vast = "word ".repeat(64 * 128);
    let mut lines: Vec<String> =
        (0..24).map(|i| format!(r#"{{"instruction": "Say {i}", "output": "It is {i}."}}"#)).collect();
    lines.push(format!(r#"{{"instruction": "Say all", "output": "{vast}"}}"#));
    std::fs::write(&data, lines.join("\n")).unwrap();
    let numbers = TrainSettings { context_length: Some(64), epochs: Some(1), ..Default::default() };
    let options = TrainOptions { data: vec![data], recipe: numbers, ..Default::default() };
    let heard = Heard::default();
    let job = Job::begin(&workspace, &options, &heard).unwrap();
    let (training, held_out) = (&job.prepared.training, &job.prepared.held_out);
    assert_eq!(training.left_out + held_out.left_out, 1);
    let said = heard.warnings().join("\n");
    assert!(said.contains("some.jsonl:25: 40,967 bytes, more than 64 tokens can hold: left out"), "{said}");
}
