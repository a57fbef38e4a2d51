//! Models of LM Studio and Ollama as bases, used where they lie.

use crate::program::{command, said};
use std::path::{Path, PathBuf};
use std::process::Output;
use tempfile::TempDir;

const LM_STUDIO: &str = "lmstudio:org/tiny/tiny qwen.gguf";

fn tiny(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("engine/tests/data").join(name)
}

fn write(root: &Path, path: &str, bytes: &[u8]) -> PathBuf {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, bytes).unwrap();
    path
}

/// A home with a model in either program, and what looks like models in both.
fn home() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    let model = std::fs::read(tiny("tiny-qwen2.gguf")).unwrap();
    let models = "user/.lmstudio/models/org/tiny";
    write(root.path(), &format!("{models}/tiny qwen.gguf"), &model);
    write(root.path(), &format!("{models}/broken.gguf"), b"GGUF and nothing else");
    let hash = engine::store::hash(&model);
    write(root.path(), &format!("user/.ollama/models/blobs/sha256-{hash}"), &model);
    let manifest = format!(
        r#"{{"layers": [{{"mediaType": "application/vnd.ollama.image.model", "digest": "sha256:{hash}", "size": {}}}]}}"#,
        model.len()
    );
    let manifests = "user/.ollama/models/manifests/registry.ollama.ai/library";
    write(root.path(), &format!("{manifests}/tiny/1b"), manifest.as_bytes());
    write(root.path(), &format!("{manifests}/broken/latest"), b"{}");
    write(root.path(), "pmtune.yaml", b"line: PM\nbase: ollama:tiny:1b\n");
    let examples: String = (0..15)
        .map(|i| format!("{{\"instruction\": \"Say {i}\", \"input\": \"\", \"output\": \"Done.\"}}\n"))
        .collect();
    write(root.path(), "training-data/x/y.jsonl", examples.as_bytes());
    root
}

fn pmtune(root: &Path, arguments: &[&str]) -> Output {
    let mut command = command(root, arguments);
    command.env("HOME", root.join("user")).env("USERPROFILE", root.join("user")).env_remove("OLLAMA_MODELS");
    command.output().unwrap()
}

#[test]
fn models_of_other_programs_are_listed_and_named_as_bases() {
    let root = home();
    #[cfg(unix)]
    std::os::unix::fs::symlink("nowhere", root.path().join("user/.lmstudio/models/org/tiny/dangling.gguf")).unwrap();
    let text = said(&pmtune(root.path(), &["bases"]));
    assert!(text.contains(&format!("· {LM_STUDIO}, ")) && text.contains("· ollama:tiny:1b, "), "{text}");
    assert!(!text.contains("broken") && !text.contains("dangling"), "{text}");
    for base in [LM_STUDIO, "ollama:tiny:1b"] {
        let text = said(&pmtune(root.path(), &["render", "--model", base, "--prompt", "Hello"]));
        assert!(text.contains("<|im_start|>user Hello<|im_end|>"), "{text}");
    }
    for (name, part) in [
        ("lmstudio:org/tiny/gone.gguf", "LM Studio has no"),
        ("ollama:gone", "ollama pull gone"),
        ("ollama:broken", "is no manifest"),
    ] {
        let output = pmtune(root.path(), &["render", "--model", name, "--prompt", "Hello"]);
        assert!(!output.status.success() && said(&output).contains(part), "{name}: {}", said(&output));
    }
    let output = pmtune(root.path(), &["pull", LM_STUDIO]);
    assert!(said(&output).contains("there is nothing to pull"), "{}", said(&output));
}

#[test]
fn a_version_does_not_run_on_a_model_that_changed() {
    let root = home();
    let trained = pmtune(root.path(), &["train", "--epochs", "1", "--rank", "2"]);
    assert!(trained.status.success(), "{}", said(&trained));
    let manifest = std::fs::read_to_string(root.path().join("models/PM-v1/manifest.yaml")).unwrap();
    assert!(manifest.contains("name: ollama:tiny:1b"), "{manifest}");
    let render = |model: &str| pmtune(root.path(), &["render", "--model", model, "--prompt", "Hello"]);
    assert!(render("v1").status.success());
    assert_eq!(std::fs::read_dir(root.path().join("home/bases/linked")).unwrap().count(), 1);

    let file = root.path().join("user/.lmstudio/models/org/tiny/tiny qwen.gguf");
    let hash = engine::store::hash_file(&file, |_| ()).unwrap();
    let second = format!("name: PM-v2\ncreated: 2026-11-27\nbase: {{name: '{LM_STUDIO}', sha256: {hash}}}\n");
    write(root.path(), "models/PM-v2/manifest.yaml", second.as_bytes());
    assert!(render("v2").status.success());
    let other = std::fs::read(tiny("tiny-llama.gguf")).unwrap();
    write(root.path(), "user/.lmstudio/models/org/tiny/tiny qwen.gguf", &other);
    let output = pmtune(root.path(), &["export", "v2"]);
    assert!(!output.status.success() && said(&output).contains("made on other weights"), "{}", said(&output));
    // Ollama's file is held against its own name.
    let blob =
        std::fs::read_dir(root.path().join("user/.ollama/models/blobs")).unwrap().next().unwrap().unwrap().path();
    let mut bytes = std::fs::read(&blob).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&blob, bytes).unwrap();
    let output = render("v1");
    assert!(
        !output.status.success() && said(&output).contains("pull the model again with Ollama"),
        "{}",
        said(&output)
    );
}
