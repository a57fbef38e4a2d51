//! `pmtune job` as a user meets it, on a tiny base: what a folder holds, and what is taken back of what engines make of it.

use crate::program::{command, said};
use pmtune::job::{Sheet, Task};
use pmtune::registry;
use pmtune::run::{Outcome, Reports, Run};
use pmtune::settings;
use pmtune::training_data::{conversations, split};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

#[track_caller]
fn pmtune(root: &Path, args: &str, code: i32) -> String {
    let output = command(root, &args.split_whitespace().collect::<Vec<_>>()).output().unwrap();
    let text = said(&output);
    assert_eq!(output.status.code(), Some(code), "{text}");
    text
}

const HUB: &str = "--hub-base org/tiny@0123abc";
/// Enough to move the tiny base's answers.
const RECIPE: &str = "--rank 4 --epochs 3 --learning-rate 0.05";

/// Two categories of examples, one conversation of two turns, and a suite with a case that is weighed.
fn workspace() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("engine/tests/data/tiny-qwen2.gguf");
    std::fs::copy(base, root.path().join("tiny.gguf")).unwrap();
    let settings = "line: PM\nbase: ./tiny.gguf\ncompare: {resamples: 1000}\nsampling: {max-tokens: 6}\n\
                    train: {system: Be brief.}\n";
    write(root.path(), "pmtune.yaml", settings);
    for category in ["stories", "updates"] {
        let line =
            |i: usize| format!("{{\"instruction\": \"{category} {i}\", \"input\": \"\", \"output\": \"Done {i}.\"}}\n");
        let lines: String = (0..15).map(line).collect();
        write(root.path(), &format!("training-data/{category}/basic.jsonl"), &lines);
    }
    let talk = r#"{"messages": [{"role": "user", "content": "One?"}, {"role": "assistant", "content": "Yes."}, {"role": "user", "content": "Two?"}, {"role": "assistant", "content": "No."}]}"#;
    write(root.path(), "training-data/stories/talks.jsonl", &format!("{talk}\n"));
    let case = |i: usize| {
        format!(
            "  - {{id: c{i}, split: held-out, repeat: 2, prompt: Question {i}, checks: [{{type: contains, value: says}}]}}\n"
        )
    };
    let cases: String = (0..6).map(case).collect();
    let pick = "  - {id: pick, prompt: One or two?, choices: [one, two], reference: one}\n";
    write(root.path(), "suites/s.yaml", &format!("category: c\ncases:\n{cases}{pick}"));
    root
}

fn sheet(root: &Path) -> Sheet {
    Sheet::open(&root.join("job")).unwrap().0
}

fn lines(root: &Path, path: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(root.join("job").join(path)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The last questions of a side's lines.
fn questions(lines: &[Value]) -> BTreeSet<String> {
    lines
        .iter()
        .map(|line| line["prompt"].as_array().unwrap().last().unwrap()["content"].as_str().unwrap().into())
        .collect()
}

#[test]
fn the_data_of_a_job_is_split_as_a_training_here_splits_it() {
    let root = workspace();
    let text = pmtune(root.path(), &format!("job train v7 -o job {HUB} {RECIPE} --batch-size 4 --processes 2"), 0);
    assert!(text.contains("4 = 2 each × 2 processes × 1 round") && text.contains("org/tiny at 0123abc"), "{text}");
    let loaded = conversations(&[root.path().join("training-data")]).unwrap().conversations;
    let firsts: Vec<_> = loaded.iter().map(|one| one.first()).collect();
    let sides = split(&firsts);
    let expected = |side: &[usize]| -> BTreeSet<String> {
        side.iter().flat_map(|at| loaded[*at].exchanges().map(|exchange| exchange.prompt())).collect()
    };
    let (training, held_out) =
        (lines(root.path(), "data/PM-v7/train.jsonl"), lines(root.path(), "data/PM-v7/test.jsonl"));
    assert_eq!(questions(&training), expected(&sides.training));
    assert_eq!(questions(&held_out), expected(&sides.held_out));
    assert!(training.iter().chain(&held_out).all(|line| line["prompt"][0]["content"] == "Be brief."));
    // The very tokens that a training here would hash.
    pmtune(root.path(), &format!("train --name v7 {RECIPE} --batch-size 4"), 0);
    let trained = registry::find(&settings::open(root.path()).unwrap(), "v7").unwrap();
    let Task::Train { versions } = sheet(root.path()).task else { panic!("no training") };
    let (ours, theirs) = (trained.training.unwrap(), &versions[0]);
    assert_eq!((trained.data.as_ref(), &ours.recipe), (Some(&theirs.data), &theirs.recipe));
    assert_eq!((ours.examples, ours.validation, &ours.files), (theirs.training, theirs.validation, &theirs.files));
    assert_eq!(theirs.lines, training.len());
}

#[test]
fn several_specialists_have_their_own_data_and_settings_and_no_batch_is_uneven() {
    let root = workspace();
    let text = pmtune(root.path(), &format!("job train -o job {HUB} --batch-size 4 --processes 3"), 2);
    assert!(text.contains("1, 2 or 4") && !root.path().join("job").exists(), "{text}");
    let same = pmtune(root.path(), &format!("job train a-v1 b-v1 -o job {HUB}"), 2);
    assert!(same.contains("the same data"), "{same}");
    let none = pmtune(root.path(), "job train -o job", 2);
    assert!(none.contains("--hub-base"), "{none}");
    let both = "a-v1=training-data/stories b-v1=training-data/updates";
    pmtune(root.path(), &format!("job train {both} -o job {HUB} --targets q_proj,v_proj --rslora"), 0);
    for (name, category) in [("a-v1", "stories"), ("b-v1", "updates")] {
        let asked = questions(&lines(root.path(), &format!("data/{name}/train.jsonl")));
        assert!(asked.iter().any(|text| text.starts_with(category)), "{asked:?}");
        let text = std::fs::read_to_string(root.path().join(format!("job/sft/{name}.yaml"))).unwrap();
        let settings: BTreeMap<String, Value> = serde_yaml::from_str(&text).unwrap();
        assert_eq!(settings["lora_target_modules"], serde_json::json!(["q_proj", "v_proj"]));
        assert_eq!(
            (&settings["use_rslora"], &settings["dataset_name"]),
            (&true.into(), &format!("data/{name}").into())
        );
    }
    let taken = pmtune(root.path(), &format!("job train -o job {HUB}"), 2);
    assert!(taken.contains("is there already"), "{taken}");
}

/// What an engine would leave in `out/`: the adapter that a training here made, as if it were made on the hub's base.
fn as_if_trained(root: &Path, from: &str, name: &str, change: &[(&str, Value)]) {
    let (from, to) = (root.join("models").join(from).join("adapter"), root.join("job/out").join(name));
    std::fs::create_dir_all(&to).unwrap();
    std::fs::copy(from.join("adapter_model.safetensors"), to.join("adapter_model.safetensors")).unwrap();
    let mut config: Value = serde_json::from_slice(&std::fs::read(from.join("adapter_config.json")).unwrap()).unwrap();
    config["base_model_name_or_path"] = "org/tiny".into();
    change.iter().for_each(|(key, value)| config[*key] = value.clone());
    std::fs::write(to.join("adapter_config.json"), config.to_string()).unwrap();
}

#[test]
fn an_adapter_that_holds_up_becomes_a_version_and_others_are_refused_by_name() {
    let root = workspace();
    pmtune(root.path(), &format!("train --name v9 {RECIPE}"), 0);
    pmtune(root.path(), "train --name v8 --rank 2 --epochs 1", 0);
    let both = "good-v1=training-data/stories bad-v1=training-data/updates";
    pmtune(root.path(), &format!("job train {both} -o job {HUB} {RECIPE}"), 0);
    let none = pmtune(root.path(), "job import job", 3);
    assert!(none.contains("good-v1 was not taken in: there is no") && none.contains("bad-v1"), "{none}");
    as_if_trained(root.path(), "PM-v9", "good-v1", &[]);
    // Of another rank than was asked for.
    as_if_trained(root.path(), "PM-v8", "bad-v1", &[]);
    let text = pmtune(root.path(), "job import job", 3);
    assert!(text.contains("good-v1, trained by trl") && text.contains("validation loss"), "{text}");
    assert!(text.contains("bad-v1 was not taken in") && text.contains("the rank is 2, not 4"), "{text}");
    let workspace = settings::open(root.path()).unwrap();
    let version = registry::find(&workspace, "good-v1").unwrap();
    let trained = version.training.unwrap();
    assert!(trained.validation_loss.unwrap() < trained.validation_loss_before.unwrap());
    assert_eq!(
        (version.job.unwrap().engine.split(' ').next(), version.system.as_deref()),
        (Some("trl"), Some("Be brief."))
    );
    assert!(registry::verify(&workspace, "good-v1").unwrap()[0].damage.is_empty());
    let config = std::fs::read_to_string(root.path().join("models/good-v1/adapter/adapter_config.json")).unwrap();
    assert!(config.contains("tiny.gguf") && !config.contains("org/tiny"), "{config}");
    pmtune(root.path(), "eval good-v1", 0);
    for (change, wanted) in [
        (("lora_alpha", 99.into()), "alpha is 99, not 8"),
        (("use_rslora", true.into()), "rsLoRA is true"),
        (("base_model_name_or_path", "org/other".into()), "its base is org/other, not org/tiny"),
        (("revision", "999".into()), "revision is 999"),
        (("use_dora", true.into()), "DoRA"),
    ] {
        as_if_trained(root.path(), "PM-v9", "bad-v1", &[change]);
        let text = pmtune(root.path(), "job import job", 3);
        assert!(text.contains(wanted) && text.contains("good-v1 is here already"), "{wanted}: {text}");
    }
    // What was sent and came back otherwise.
    let data = root.path().join("job/data/good-v1/test.jsonl");
    std::fs::write(&data, std::fs::read_to_string(&data).unwrap() + "\n").unwrap();
    let text = pmtune(root.path(), "job import job", 1);
    assert!(text.contains("test.jsonl is not what was sent"), "{text}");
}

#[test]
fn an_adapter_that_changes_nothing_is_no_version() {
    let root = workspace();
    pmtune(root.path(), &format!("train --name v9 {RECIPE}"), 0);
    pmtune(root.path(), &format!("job train x-v1 -o job {HUB} {RECIPE}"), 0);
    as_if_trained(root.path(), "PM-v9", "x-v1", &[]);
    let path = root.path().join("job/out/x-v1/adapter_model.safetensors");
    let bytes = std::fs::read(&path).unwrap();
    let header = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let filled = |byte: u8| [&bytes[..header], &vec![byte; bytes.len() - header]].concat();
    for (byte, wanted) in [(0, "changes nothing"), (0xff, "not finite")] {
        std::fs::write(&path, filled(byte)).unwrap();
        let text = pmtune(root.path(), "job import job", 3);
        assert!(text.contains(wanted), "{text}");
    }
    std::fs::write(&path, [bytes.as_slice(), &vec![0; 8 << 20]].concat()).unwrap();
    assert!(pmtune(root.path(), "job import job", 3).contains("no plain file of at most"));
    assert!(registry::find(&settings::open(root.path()).unwrap(), "x-v1").is_err());
}

/// A workspace with a version whose answers differ from its base's.
fn trained() -> TempDir {
    let root = workspace();
    pmtune(root.path(), &format!("train --name v1 {RECIPE}"), 0);
    root
}

fn stand_in(root: &Path, batch: &str, out: &str, flags: &str) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/batch_stand_in.py");
    let mut command = Command::new("python3");
    command.arg(script).args([batch, out]).args(flags.split_whitespace()).current_dir(root.join("job"));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn runs(root: &Path) -> Vec<Run> {
    let reports = Reports::new(root.join("reports"));
    reports.list().unwrap().runs.iter().map(|run| reports.load(&run.id).unwrap()).collect()
}

#[test]
fn a_batch_that_comes_back_in_pieces_makes_the_run_that_was_asked_for() {
    let root = trained();
    let text = pmtune(root.path(), &format!("job eval base v1 -o job {HUB}"), 0);
    assert!(
        text.contains("6 cases of tiny and PM-v1") && text.contains("1 case is left out") && text.contains("s/pick"),
        "{text}"
    );
    let Task::Eval(questions) = sheet(root.path()).task else { panic!("no evaluation") };
    let batch = lines(root.path(), "batch.jsonl");
    let probes = questions.versions[1].probes.len();
    assert!(probes > 0 && questions.versions[0].probes.is_empty());
    assert_eq!(batch.len(), 2 * 12 + 2 * probes);
    let models: BTreeSet<&str> = batch.iter().map(|line| line["body"]["model"].as_str().unwrap()).collect();
    assert_eq!(models, ["PM-v1", "base"].into());
    assert!(root.path().join("job/adapters/PM-v1/adapter_model.safetensors").is_file());

    stand_in(root.path(), "batch.jsonl", "out/1.jsonl", "--shuffle --drop 3 --fail 2 --double 4 --cut");
    let text = pmtune(root.path(), "job import job", 3);
    for part in ["1 line of the output breaks off", "4 lines of the output say an answer again", "the engine said: "] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(text.contains("answers are missing") && text.contains("pmtune job eval --missing job"), "{text}");
    assert!(runs(root.path()).iter().any(|run| run.manifest.finished.is_none() && run.records.len() < 12));

    let text = pmtune(root.path(), "job eval --missing job", 0);
    let left = lines(root.path(), "missing.jsonl").len();
    assert!((5..=7).contains(&left) && text.contains("./run.sh missing.jsonl"), "{left}: {text}");
    stand_in(root.path(), "missing.jsonl", "out/2.jsonl", "--shuffle");
    pmtune(root.path(), "job import job", 0);
    let all = runs(root.path());
    assert_eq!(all.len(), 2);
    for run in &all {
        assert!(run.manifest.finished.is_some() && run.records.len() == 12);
        let engine = run.manifest.engine.as_ref().unwrap();
        assert!(engine.name.starts_with("vllm ") && engine.dtype.as_deref() == Some("bfloat16"));
        let model = if run.manifest.version.name == "tiny" { "base says" } else { "PM-v1 says" };
        for record in &run.records {
            let Outcome::Judged { answer, passed, .. } = &record.outcome else { panic!("{record:?}") };
            assert!(answer.text.starts_with(model) && *passed && answer.output_tokens == 5, "{answer:?}");
        }
        // Each repeat has an answer of its own.
        let texts: BTreeSet<_> = run.records.iter().map(|r| r.outcome.answer().unwrap().text.clone()).collect();
        assert_eq!(texts.len(), 12);
    }
    assert!(pmtune(root.path(), "job import job", 0).contains("is here already"));
    assert!(pmtune(root.path(), "job eval --missing job", 0).contains("are answered"));
    assert_eq!(runs(root.path()).len(), 2);
    // Answers of two engines are not mixed without a word.
    pmtune(root.path(), "eval v1 --suite s", 0);
    let ids: Vec<String> = runs(root.path()).iter().map(|run| run.manifest.id.clone()).collect();
    let text = pmtune(root.path(), &format!("compare {} {}", ids[0], ids[2]), 1);
    assert!(text.contains("vllm"), "{text}");
}

#[test]
fn an_engine_that_passes_over_the_adapter_is_found_out() {
    let root = trained();
    pmtune(root.path(), &format!("job eval base v1 -o job {HUB}"), 0);
    stand_in(root.path(), "batch.jsonl", "out/1.jsonl", "--ignore-adapters");
    let text = pmtune(root.path(), "job import job", 3);
    assert!(text.contains("PM-v1 was not taken in") && text.contains("passed over the adapter"), "{text}");
    let all = runs(root.path());
    assert_eq!(all.iter().map(|run| run.manifest.version.name.as_str()).collect::<Vec<_>>(), ["tiny"]);
}

#[test]
fn what_never_comes_is_counted_as_failed_where_a_person_says_so() {
    let root = trained();
    pmtune(root.path(), &format!("job eval v1 -o job {HUB} --max-tokens 3"), 0);
    assert!(lines(root.path(), "batch.jsonl").iter().all(|line| line["body"]["max_tokens"].as_u64() != Some(6)));
    stand_in(root.path(), "batch.jsonl", "out/1.jsonl", "--fail 2");
    pmtune(root.path(), "job import --finish job", 0);
    let run = runs(root.path()).remove(0);
    let failed = run.records.iter().filter(|record| matches!(record.outcome, Outcome::Error { .. })).count();
    assert!(run.manifest.finished.is_some() && failed == 2 && run.records.len() == 12);
}

#[test]
fn a_question_or_a_version_that_has_changed_since_is_told() {
    let root = trained();
    pmtune(root.path(), &format!("job eval v1 -o job {HUB}"), 0);
    stand_in(root.path(), "batch.jsonl", "out/1.jsonl", "");
    let suite = root.path().join("suites/s.yaml");
    let before = std::fs::read_to_string(&suite).unwrap();
    std::fs::write(&suite, before.replace("Question 3", "Another question")).unwrap();
    let text = pmtune(root.path(), "job import job", 1);
    assert!(text.contains("questions have changed since the job was written: s/c3"), "{text}");
    std::fs::write(&suite, before.replace("repeat: 2, prompt: Question 4", "repeat: 3, prompt: Question 4")).unwrap();
    assert!(pmtune(root.path(), "job import job", 1).contains("s/c4"));
    std::fs::write(&suite, &before).unwrap();
    let settings = std::fs::read_to_string(root.path().join("pmtune.yaml")).unwrap();
    write(root.path(), "pmtune.yaml", &settings.replace("max-tokens: 6", "max-tokens: 7"));
    assert!(pmtune(root.path(), "job import job", 1).contains("PM-v1 is no longer what the job asked"));
    write(root.path(), "pmtune.yaml", &settings);
    pmtune(root.path(), "job import job", 0);
    assert!(runs(root.path())[0].manifest.finished.is_some());
}

#[test]
fn a_cluster_gets_its_file_and_no_more() {
    let root = workspace();
    for (engine, file) in [
        ("ray", "ray_eval.py"),
        ("slurm", "slurm.sbatch"),
        ("kubernetes", "job.yaml"),
        ("github", "pmtune-eval.yml"),
        ("gitlab", ".gitlab-ci.yml"),
    ] {
        pmtune(root.path(), &format!("job eval base --engine {engine} --shards 4 -o {engine} --suite s"), 0);
        let written: Vec<_> = std::fs::read_dir(root.path().join(engine)).unwrap().flatten().collect();
        assert_eq!(written.len(), 1);
        assert_eq!(written[0].file_name().to_string_lossy(), file);
    }
    let text = pmtune(root.path(), "job eval base --engine ray -o other", 2);
    assert!(text.contains("--shards"), "{text}");
    assert!(pmtune(root.path(), "job eval v9 --engine ray --shards 2 -o other", 1).contains("no model `PM-v9`"));
    assert!(pmtune(root.path(), "job import ray", 1).contains("is no job"));
}
