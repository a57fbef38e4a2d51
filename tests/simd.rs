//! The same bits whichever vector instructions of this machine are used.

use engine::model::Simd;
use std::path::Path;
use std::process::{Command, Output};

fn pmtune(root: &Path, simd: &str, args: &[&str]) -> Output {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("pmtune"));
    command.current_dir(root).env("NO_COLOR", "1").env("PMTUNE_SIMD", simd).args(args).output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Answers to two cases with their likelihoods, and the weights of a training of two steps, as written to disk.
fn made(base: &str, simd: &str) -> (Vec<serde_json::Value>, Vec<u8>) {
    let root = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = root.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("engine/tests/data").join(base);
    let base = base.display();
    write(
        "pmtune.yaml",
        &format!(
            "line: PM\nbase: {base}\nsampling: {{max-tokens: 24}}\ntrain: {{epochs: 1, batch-size: 3, rank: 5}}\n"
        ),
    );
    write(
        "suites/words.yaml",
        "cases:\n  - {id: a, prompt: Describe the harbour, reference: A quiet place, distractors: [{text: A loud one, why: no}]}\n  \
         - {id: b, prompt: Name three boats and say where each of them lies, checks: [{type: contains, value: boat}]}\n",
    );
    let lines: String = (0..6)
        .map(|i| {
            format!("{{\"instruction\": \"Ask for ticket {i}\", \"output\": \"Ticket {i} is on its way today.\"}}\n")
        })
        .collect();
    write("training-data/basic.jsonl", &lines);
    for args in [&["eval", "base"][..], &["train", "--name", "PM-v1"][..]] {
        let output = pmtune(root.path(), simd, args);
        assert!(output.status.success(), "{simd}: {}", said(&output));
    }
    let reports = std::fs::read_dir(root.path().join("reports")).unwrap().flatten();
    let results = reports.map(|folder| folder.path().join("results.jsonl")).find(|file| file.is_file()).unwrap();
    let answers = std::fs::read_to_string(results).unwrap();
    let answers = answers.lines().map(|line| {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        let mut answer = record["answer"].clone();
        answer.as_object_mut().unwrap().remove("seconds");
        answer
    });
    let weights = root.path().join("models/PM-v1/adapter/adapter_model.safetensors");
    (answers.collect(), std::fs::read(weights).unwrap())
}

#[test]
fn answers_likelihoods_and_trained_weights_are_the_same_bits() {
    let base = "tiny-qwen2.gguf";
    let first = made(base, "scalar");
    for simd in Simd::available().filter(|simd| *simd != Simd::Scalar) {
        let other = made(base, simd.name());
        assert_eq!(first.0, other.0, "answers of scalar and of {}", simd.name());
        assert!(first.1 == other.1, "weights trained by scalar and by {}", simd.name());
    }
}

#[test]
fn instructions_that_are_none_of_the_machines_are_refused() {
    let root = tempfile::tempdir().unwrap();
    let output = pmtune(root.path(), "avx1024", &["models", "list"]);
    let said = said(&output);
    assert!(output.status.code() == Some(2) && said.contains("PMTUNE_SIMD") && said.contains("scalar"), "{said}");
}
