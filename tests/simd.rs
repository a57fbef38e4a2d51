//! The same bits whichever vector instructions of this machine are used.

use crate::program::copy;
use engine::model::Simd;
use engine::store;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// A program and the instructions it is to use.
struct Build {
    /// With whatever runs it here.
    command: Vec<String>,
    simd: &'static str,
}

impl Build {
    fn here(simd: &'static str) -> Self {
        let program = assert_cmd::cargo::cargo_bin("pmtune").display().to_string();
        Self { command: vec![program], simd }
    }

    fn pmtune(&self, root: &Path, args: &[&str]) -> Output {
        let mut command = Command::new(&self.command[0]);
        command.args(&self.command[1..]).args(args);
        command.current_dir(root).env("NO_COLOR", "1").env("PMTUNE_SIMD", self.simd).output().unwrap()
    }

    fn succeed(&self, root: &TempDir, args: &[&str]) {
        let output = self.pmtune(root.path(), args);
        assert!(output.status.success(), "{}: {}", self.simd, said(&output));
    }
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

/// Each case that the workspace's only run holds, with its answer, likelihoods included.
fn answers(root: &TempDir) -> Vec<(String, Value)> {
    let reports = std::fs::read_dir(root.path().join("reports")).unwrap().flatten();
    let results = reports.map(|folder| folder.path().join("results.jsonl")).find(|file| file.is_file()).unwrap();
    let answer = |line: &str| {
        let mut record: Value = serde_json::from_str(line).unwrap();
        let mut answer = record["answer"].take();
        answer.as_object_mut().unwrap().remove("seconds");
        (record["case"].as_str().unwrap().to_string(), answer)
    };
    std::fs::read_to_string(results).unwrap().lines().map(answer).collect()
}

/// What the workspace's base answers.
fn answered(root: &TempDir, build: &Build) -> Vec<(String, Value)> {
    build.succeed(root, &["eval", "base"]);
    answers(root)
}

/// The weights of a training of two steps, as written to disk.
fn trained(root: &TempDir, build: &Build) -> Vec<u8> {
    build.succeed(root, &["train", "--name", "PM-v1"]);
    std::fs::read(root.path().join("models/PM-v1/adapter/adapter_model.safetensors")).unwrap()
}

/// What a build makes of a base: answers and weights.
fn made(build: &Build, base: &Path) -> (Vec<(String, Value)>, Vec<u8>) {
    let root = workspace(base);
    (answered(&root, build), trained(&root, build))
}

fn assert_same_bits(builds: &[Build], base: &Path) {
    let first = made(&builds[0], base);
    for build in &builds[1..] {
        let other = made(build, base);
        assert_eq!(first.0, other.0, "answers of {} and of {}", builds[0].simd, build.simd);
        assert!(first.1 == other.1, "weights trained by {} and by {}", builds[0].simd, build.simd);
    }
}

fn tiny_base() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("engine/tests/data/tiny-qwen2.gguf")
}

#[test]
fn answers_likelihoods_and_trained_weights_are_the_same_bits() {
    let builds: Vec<Build> = Simd::available().map(|simd| Build::here(simd.name())).collect();
    assert_same_bits(&builds, &tiny_base());
}

/// The default base, on the paths that people have; without vectors it would take minutes.
#[test]
fn a_real_model_answers_and_learns_the_same_bits() {
    let fast = Simd::available().filter(|simd| *simd != Simd::Scalar);
    let builds: Vec<Build> = fast.map(|simd| Build::here(simd.name())).collect();
    assert_same_bits(&builds, &crate::base::default_base());
}

/// A suite answered by a trained version, each case's answer and likelihoods as a hash that is written down, so that a
/// machine is held to every other this was run on, and not only to its own paths. After a change of the suite or of the
/// version: `PMTUNE_BLESS=1 cargo test --test pmtune simd::`.
#[test]
fn a_suite_is_answered_with_the_bits_written_down() {
    let suite = "contextual-understanding";
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = repository.join("tests/simd/contextual-understanding.txt");
    crate::base::default_base();
    for simd in Simd::available().filter(|simd| *simd != Simd::Scalar) {
        let root = tempfile::tempdir().unwrap();
        for path in ["pmtune.yaml", &format!("suites/{suite}.yaml"), "models/PM-General-v3"] {
            let to = root.path().join(path);
            std::fs::create_dir_all(to.parent().unwrap()).unwrap();
            copy(&repository.join(path), &to);
        }
        Build::here(simd.name()).succeed(&root, &["eval", "v3", "--split", "held-out"]);
        let line = |(case, answer)| format!("{case} {}\n", store::hash(Value::to_string(&answer).as_bytes()));
        // Answers come in the order in which they end.
        let fresh: BTreeSet<String> = answers(&root).into_iter().map(line).collect();
        let fresh: String = fresh.into_iter().collect();
        if std::env::var_os("PMTUNE_BLESS").is_some() {
            std::fs::write(&page, &fresh).unwrap();
        }
        assert_eq!(fresh, std::fs::read_to_string(&page).unwrap(), "answers with {}", simd.name());
    }
}

/// Against a build for another machine, which `tests/peers/arm.sh` makes and names with what runs it here.
#[test]
#[ignore = "needs a build for another machine: tests/peers/arm.sh"]
fn another_machine_makes_the_same_bits() {
    let command = std::env::var("PMTUNE_TEST_OTHER").expect("PMTUNE_TEST_OTHER is the command of the other build");
    let other = |simd| Build { command: command.split_whitespace().map(String::from).collect(), simd };
    let here = || Build::here(Simd::used().unwrap().name());
    assert_same_bits(&[here(), other("neon"), other("scalar")], &tiny_base());
    // Not a training: it would take hours under an emulator.
    let real = |build: &Build| answered(&workspace(&crate::base::default_base()), build);
    assert_eq!(real(&here()), real(&other("neon")), "answers of the default base");
}

#[test]
fn instructions_that_are_none_of_the_machines_are_refused() {
    let root = tempfile::tempdir().unwrap();
    let output = Build::here("avx1024").pmtune(root.path(), &["models", "list"]);
    let said = said(&output);
    assert!(output.status.code() == Some(2) && said.contains("PMTUNE_SIMD") && said.contains("scalar"), "{said}");
}
