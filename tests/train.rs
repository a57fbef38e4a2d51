//! `pmtune train` as a user meets it, on a tiny base: what it says before it starts, and what it refuses.

use assert_cmd::Command;
use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};
use tempfile::TempDir;

fn pmtune(folder: &Path) -> Command {
    let mut command = Command::cargo_bin("pmtune").unwrap();
    command.current_dir(folder).env_remove("PMTUNE_WORKSPACE").env("PMTUNE_HOME", folder.join("home"));
    command
}

fn train(folder: &Path, flags: &str) -> Output {
    pmtune(folder).arg("train").args(flags.split_whitespace()).output().unwrap()
}

fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{}", stderr(output));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A workspace on the tiny base that speaks ChatML, with 30 examples in two categories.
fn workspace() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("engine/tests/data/tiny-qwen2.gguf");
    std::fs::copy(base, root.path().join("tiny.gguf")).unwrap();
    write(root.path(), "pmtune.yaml", "line: PM\nbase: ./tiny.gguf\ntrain: {epochs: 2}\n");
    for category in ["stories", "updates"] {
        let line = |i: usize| format!(r#"{{"instruction": "{category} {i}", "input": "", "output": "Done {i}."}}"#);
        let lines: Vec<String> = (0..15).map(line).collect();
        write(root.path(), &format!("training-data/{category}/basic.jsonl"), &lines.join("\n"));
    }
    root
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

#[test]
fn a_dry_run_says_what_would_happen_and_writes_nothing() {
    let root = workspace();
    let said = stdout(&train(root.path(), "--dry-run --explain --rank 4"));
    for part in ["PM-v1 on ./tiny.gguf", "for validation", "2 epochs of", "rank 4", "memory", "rank: 4 (flag)"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(said.contains("epochs: 2 (pmtune.yaml)"), "{said}");
    assert!(!root.path().join("models").exists());
}

#[test]
fn the_name_follows_the_newest_version_of_the_line() {
    let root = workspace();
    for (name, created) in [("PM-v2", "2026-11-21"), ("Other-v9", "2026-11-21")] {
        write(
            root.path(),
            &format!("models/{name}/manifest.yaml"),
            &format!("name: {name}\ncreated: {created}\nbase: {{name: ./tiny.gguf}}\nsystem: Be brief.\n"),
        );
    }
    assert!(stdout(&train(root.path(), "--dry-run")).starts_with("PM-v3 on"));
    let from = stdout(&train(root.path(), "--dry-run --from v2 --name PM-special-v1"));
    assert!(from.starts_with("PM-special-v1 on ./tiny.gguf, going on from PM-v2"), "{from}");
}

#[test]
fn every_broken_line_is_told_and_nothing_is_trained() {
    let root = workspace();
    write(root.path(), "training-data/stories/broken.jsonl", "{\"instruction\": 1}\nnot json\n");
    let output = train(root.path(), "");
    assert_eq!(output.status.code(), Some(1));
    for place in ["broken.jsonl:1:", "broken.jsonl:2:"] {
        assert!(stderr(&output).contains(place), "{}", stderr(&output));
    }
    assert!(!root.path().join("models").exists());
}

#[test]
fn examples_that_give_a_case_away_are_named() {
    let root = workspace();
    write(
        root.path(),
        "suites/first.yaml",
        "category: c\ncases:\n  - {id: seen, prompt: Write one of the rare stories about parking our bicycles}\n",
    );
    let example =
        r#"{"instruction": "Write one of the rare stories about parking our bicycles", "input": "", "output": "x"}"#;
    write(root.path(), "more.jsonl", &[example; 3].join("\n"));
    write(root.path(), "held.jsonl", r#"{"instruction": "Something else", "input": "", "output": "x"}"#);
    let output = train(root.path(), "--dry-run --data more.jsonl --held-out held.jsonl");
    assert!(stderr(&output).contains("gives away 1 of the suites' cases") && stderr(&output).contains("first/seen"));
    assert!(output.status.success());
}

#[test]
fn a_device_that_this_build_lacks_is_refused_with_its_feature() {
    let root = workspace();
    for (device, built) in [("cuda", cfg!(feature = "cuda")), ("metal", cfg!(feature = "metal"))] {
        if built {
            continue;
        }
        for command in ["train", "eval"] {
            let output = pmtune(root.path()).args([command, "--device", device]).output().unwrap();
            assert_eq!(output.status.code(), Some(2), "{command}");
            assert!(stderr(&output).contains(&format!("--features {device}")), "{}", stderr(&output));
        }
    }
    assert!(!root.path().join("models").exists() && !root.path().join("reports").exists());
    assert_eq!(train(root.path(), "--device tpu").status.code(), Some(2));
    assert!(train(root.path(), "--device cpu --dry-run").status.success());
}

#[test]
fn flags_that_contradict_each_other_are_wrong_usage() {
    let root = workspace();
    for flags in ["--resume --rank 4", "--resume v1 --data x", "--from v1 --base x", "--preset essays", "--rank many"] {
        assert_eq!(train(root.path(), flags).status.code(), Some(2), "{flags}");
    }
    let output = train(root.path(), "--epochs 0 --batch-size 0");
    assert!(stderr(&output).contains("`epochs` is 0") && stderr(&output).contains("`batch-size` is 0"));
    let output = train(root.path(), "--resume");
    assert!(stderr(&output).contains("no training to resume"), "{}", stderr(&output));
}

/// Trains to the end however often it is killed, each time within `longest` at first and ever later; gives the adapter's
/// bytes and how many kills it took. A checkpoint is left behind by a kill only.
fn train_killed_at_random(folder: &Path, longest: Duration, random: &mut impl rand::Rng) -> (Vec<u8>, usize) {
    for kills in 0..200 {
        let begun = folder.join("models/PM-v1/checkpoint.safetensors").is_file();
        let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin("pmtune"))
            .current_dir(folder)
            .env_remove("PMTUNE_WORKSPACE")
            .env("PMTUNE_HOME", folder.join("home"))
            .args(if begun { ["train", "--resume"].as_slice() } else { &["train"] })
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(longest.mul_f64(random.random_range(0.1..1.0) + 0.05 * kills as f64));
        let _ = child.kill();
        let ended_by_itself = child.wait().unwrap().success();
        if folder.join("models/PM-v1/manifest.yaml").is_file() {
            assert!(!ended_by_itself || !folder.join("models/PM-v1/checkpoint.safetensors").exists());
            return (std::fs::read(folder.join(ADAPTER)).unwrap(), kills);
        }
    }
    panic!("never came to an end");
}

const ADAPTER: &str = "models/PM-v1/adapter/adapter_model.safetensors";

#[test]
fn killed_at_random_times_it_ends_with_the_same_adapter_to_the_byte() {
    use rand::SeedableRng;
    let whole = workspace();
    let begun = Instant::now();
    stdout(&train(whole.path(), ""));
    let (took, wanted) = (begun.elapsed(), std::fs::read(whole.path().join(ADAPTER)).unwrap());
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(7);
    let mut kills = 0;
    for _ in 0..5 {
        let killed = workspace();
        let (adapter, times) = train_killed_at_random(killed.path(), took, &mut random);
        assert_eq!(adapter, wanted);
        kills += times;
    }
    assert!(kills > 0, "no training was killed before its end");
}

/// PM-v1 with an adapter of PEFT's, some keys of its configuration set anew.
fn with_adapter(keys: &[(&str, serde_json::Value)]) -> TempDir {
    let root = workspace();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("engine/tests/data/tiny-qwen2-lora-init");
    let text = std::fs::read_to_string(from.join("adapter_config.json")).unwrap();
    let mut config: serde_json::Value = serde_json::from_str(&text).unwrap();
    keys.iter().for_each(|(key, value)| config[*key] = value.clone());
    write(root.path(), "models/PM-v1/adapter/adapter_config.json", &config.to_string());
    let weights = "adapter_model.safetensors";
    std::fs::copy(from.join(weights), root.path().join("models/PM-v1/adapter").join(weights)).unwrap();
    let manifest = "name: PM-v1\ncreated: 2026-11-21\nbase: {name: ./tiny.gguf}\nadapter: adapter\n";
    write(root.path(), "models/PM-v1/manifest.yaml", manifest);
    root
}

#[test]
fn a_training_goes_on_from_plain_lora_only() {
    use serde_json::json;
    for (key, value) in [
        ("init_lora_weights", json!("pissa")),
        ("init_lora_weights", json!("olora")),
        ("alora_invocation_tokens", json!([1, 2])),
        ("layer_replication", json!([[0, 1]])),
        ("use_dora", json!(true)),
    ] {
        let root = with_adapter(&[(key, value)]);
        let output = train(root.path(), "--from v1 --dry-run");
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(key) && said.contains("adapter_config.json") && said.contains("help:"), "{said}");
    }
    for (key, value) in [
        ("init_lora_weights", json!("gaussian")),
        ("target_modules", json!(["model.layers.0.self_attn.q_proj", "model.layers.1.mlp.down_proj"])),
        ("target_modules", json!(".*_proj")),
    ] {
        let said = stdout(&train(with_adapter(&[(key, value)]).path(), "--from v1 --dry-run"));
        assert!(said.contains("going on from PM-v1"), "{said}");
    }
}

#[test]
fn a_template_is_lent_by_name_where_it_fits_and_stays_with_the_version() {
    let root = workspace();
    let said = stdout(&train(root.path(), "--dry-run"));
    assert!(said.contains("no chat template of its own: `chatml` is lent to it"), "{said}");
    let refused = train(root.path(), "--dry-run --template gemma");
    let text = stderr(&refused);
    assert!(!refused.status.success() && text.contains("`gemma`") && text.contains("that fit it: chatml"), "{text}");
    stdout(&train(root.path(), "--template alpaca --epochs 1 --rank 2"));
    let manifest = std::fs::read_to_string(root.path().join("models/PM-v1/manifest.yaml")).unwrap();
    assert!(manifest.contains("template: alpaca\n"), "{manifest}");
    let render = |model: &str| {
        stdout(&pmtune(root.path()).args(["render", "--model", model, "--prompt", "Hello"]).output().unwrap())
    };
    assert!(render("v1").contains("### Instruction:\nHello\n\n### Response:\n"), "{}", render("v1"));
    assert!(render("base").contains("<|im_start|>user\nHello"), "another version on the base has its own");
    // The next version on the base keeps it, and one that goes on from it cannot have another.
    assert!(stdout(&train(root.path(), "--dry-run")).contains("`alpaca` is lent to it"));
    let other = train(root.path(), "--dry-run --from v1 --template chatml");
    assert!(!other.status.success() && stderr(&other).contains("--template cannot change"), "{}", stderr(&other));
}
