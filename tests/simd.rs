//! The same bits whichever vector instructions of this machine are used.

use engine::model::Simd;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

fn pmtune(root: &Path, simd: &str, args: &[&str]) -> Output {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("pmtune"));
    command.current_dir(root).env("NO_COLOR", "1").env("PMTUNE_SIMD", simd).args(args).output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A workspace over `base` with two cases, one of them with a reference, and six examples.
fn workspace(base: &Path) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = root.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
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
    root
}

fn succeed(root: &TempDir, simd: Simd, args: &[&str]) {
    let output = pmtune(root.path(), simd.name(), args);
    assert!(output.status.success(), "{}: {}", simd.name(), said(&output));
}

/// The answers to the cases, with their likelihoods.
fn answers(root: &TempDir, simd: Simd) -> Vec<serde_json::Value> {
    succeed(root, simd, &["eval", "base"]);
    let reports = std::fs::read_dir(root.path().join("reports")).unwrap().flatten();
    let results = reports.map(|folder| folder.path().join("results.jsonl")).find(|file| file.is_file()).unwrap();
    let answer = |line: &str| {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        let mut answer = record["answer"].clone();
        answer.as_object_mut().unwrap().remove("seconds");
        answer
    };
    std::fs::read_to_string(results).unwrap().lines().map(answer).collect()
}

/// The weights of a training of two steps, as written to disk.
fn trained(root: &TempDir, simd: Simd) -> Vec<u8> {
    succeed(root, simd, &["train", "--name", "PM-v1"]);
    std::fs::read(root.path().join("models/PM-v1/adapter/adapter_model.safetensors")).unwrap()
}

#[test]
fn answers_likelihoods_and_trained_weights_are_the_same_bits() {
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("engine/tests/data/tiny-qwen2.gguf");
    let made = |simd: Simd| {
        let root = workspace(&base);
        (answers(&root, simd), trained(&root, simd))
    };
    let first = made(Simd::Scalar);
    for simd in Simd::available().filter(|simd| *simd != Simd::Scalar) {
        let other = made(simd);
        assert_eq!(first.0, other.0, "answers of scalar and of {}", simd.name());
        assert!(first.1 == other.1, "weights trained by scalar and by {}", simd.name());
    }
}

/// The default base, on the paths that people have; without vectors it would take minutes.
#[test]
fn a_real_model_answers_and_learns_the_same_bits() {
    let base = crate::base::default_base();
    let made = Simd::available().filter(|simd| *simd != Simd::Scalar).map(|simd| {
        let root = workspace(&base);
        (simd, answers(&root, simd), trained(&root, simd))
    });
    let made: Vec<_> = made.collect();
    for pair in made.windows(2) {
        assert_eq!(pair[0].1, pair[1].1, "answers of {} and of {}", pair[0].0.name(), pair[1].0.name());
        assert!(pair[0].2 == pair[1].2, "weights trained by {} and by {}", pair[0].0.name(), pair[1].0.name());
    }
}

#[test]
fn instructions_that_are_none_of_the_machines_are_refused() {
    let root = tempfile::tempdir().unwrap();
    let output = pmtune(root.path(), "avx1024", &["models", "list"]);
    let said = said(&output);
    assert!(output.status.code() == Some(2) && said.contains("PMTUNE_SIMD") && said.contains("scalar"), "{said}");
}
