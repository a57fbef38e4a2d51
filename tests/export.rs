//! `pmtune export` as a user meets it, on a tiny base: what is written, what is proven, what is refused.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// A version with an adapter, a system prompt and a worked example, and 24 held-out cases that are weighed.
fn workspace(gate: &str) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("engine/tests/data/tiny-qwen2.gguf");
    std::fs::copy(base, root.path().join("tiny.gguf")).unwrap();
    write(root.path(), "pmtune.yaml", &format!("line: PM\nbase: ./tiny.gguf\n{gate}"));
    let examples: String = (0..15)
        .map(|i| format!("{{\"instruction\": \"Say {i}\", \"input\": \"\", \"output\": \"Done {i}.\"}}\n"))
        .collect();
    write(root.path(), "training-data/x/y.jsonl", &examples);
    said(&pmtune(root.path(), &["train", "--rank", "2", "--epochs", "1", "--name", "PM-v9"]), 0);
    let adapter = root.path().join("models/PM-v1/adapter");
    std::fs::create_dir_all(&adapter).unwrap();
    for file in ["adapter_config.json", "adapter_model.safetensors"] {
        std::fs::copy(root.path().join("models/PM-v9/adapter").join(file), adapter.join(file)).unwrap();
    }
    let manifest = "name: PM-v1\ncreated: 2026-11-21\nbase: {name: ./tiny.gguf}\nadapter: adapter\nsystem: |\n  Say \"yes\",\n  or \\no.\n\
                    examples: [{user: a, assistant: b}]\nsampling: {repetition-penalty: 1.1}\n";
    write(root.path(), "models/PM-v1/manifest.yaml", manifest);
    let case = |i: usize| {
        format!(
            "  - {{id: c{i}, split: held-out, prompt: What is {i} and {i}?, reference: It is {}., distractors: [{{text: It is {}., why: It is one more.}}]}}\n",
            2 * i,
            2 * i + 1
        )
    };
    let cases: String = (0..24).map(case).collect();
    write(root.path(), "suites/sums.yaml", &format!("category: sums\ncases:\n{cases}"));
    root
}

fn pmtune(root: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pmtune"));
    command.args(arguments).current_dir(root).env("PMTUNE_HOME", root.join("home")).env_remove("PMTUNE_WORKSPACE");
    command.output().unwrap()
}

fn said(output: &Output, code: i32) -> String {
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{text}");
    text
}

fn parity(root: &Path, folder: &str) -> Value {
    serde_json::from_slice(&std::fs::read(root.join("exports").join(folder).join("parity.json")).unwrap()).unwrap()
}

fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_file_is_written_with_all_that_the_version_is_and_proven_and_proven_again() {
    let root = workspace("");
    let text = said(&pmtune(root.path(), &["export", "v1", "--type", "f16"]), 0);
    for part in [
        "exports/PM-v1-F16/PM-v1-F16.gguf",
        "✓ read back:",
        "✓ prompts: 24 of 24 prompts are the very tokens",
        "✓ speech:",
        "✓ likelihood:",
        "PM-v1-F16.gguf is still the PM-v1 that was evaluated.",
    ] {
        assert!(flat(&text).contains(part), "{part} is missing in\n{text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    let proof = parity(root.path(), "PM-v1-F16");
    assert_eq!(proof["opening"], "template");
    assert_eq!(proof["read_back"]["strings_alike"], proof["read_back"]["strings"]);
    assert_eq!(proof["cases"][0]["engine"], "pmtune");
    for file in ["parity.html", "parity.md"] {
        let page = std::fs::read_to_string(root.path().join("exports/PM-v1-F16").join(file)).unwrap();
        assert!(page.contains("is still the"), "{page}");
    }
    // The file alone, in another workspace, answers as the version: its template brings the system prompt along.
    let rendered =
        said(&pmtune(root.path(), &["render", "--model", "./exports/PM-v1-F16/PM-v1-F16.gguf", "--prompt", "Hi"]), 0);
    assert!(rendered.contains("Say \"yes\",") && rendered.contains("or \\no."), "{rendered}");

    let again = said(&pmtune(root.path(), &["export", "v1", "--type", "F16"]), 0);
    assert!(flat(&again).contains("which was there already"), "{again}");
    assert_eq!(parity(root.path(), "PM-v1-F16")["sha256"], proof["sha256"]);
}

#[test]
fn a_damaged_file_is_found_and_never_overwritten() {
    let root = workspace("");
    said(&pmtune(root.path(), &["export", "v1", "--type", "f16"]), 0);
    let file = root.path().join("exports/PM-v1-F16/PM-v1-F16.gguf");
    let mut bytes = std::fs::read(&file).unwrap();
    let at = bytes.len() - 1000;
    bytes[at..at + 64].fill(0x3c);
    std::fs::write(&file, &bytes).unwrap();
    let text = said(&pmtune(root.path(), &["export", "v1", "--type", "f16"]), 1);
    assert!(flat(&text).contains("not what would be written now"), "{text}");
    assert_eq!(std::fs::read(&file).unwrap(), bytes, "it is the user's");

    said(&pmtune(root.path(), &["export", "v1", "--type", "f32"]), 0);
    let manifest = root.path().join("models/PM-v1/manifest.yaml");
    let other = std::fs::read_to_string(&manifest).unwrap().replace("or \\no.", "or maybe.");
    std::fs::write(&manifest, other).unwrap();
    let text = said(&pmtune(root.path(), &["export", "v1", "--type", "f32"]), 1);
    assert!(text.contains("tokenizer.chat_template"), "another prompt is another file: {text}");
}

#[test]
fn a_folder_and_an_adapter_alone_are_written_too() {
    let root = workspace("");
    let text =
        said(&pmtune(root.path(), &["export", "v1", "--format", "hf", "--type", "F32", "--output", "shared"]), 0);
    assert!(text.contains("shared/PM-v1-F32"), "{text}");
    assert!(root.path().join("shared/PM-v1-F32/model.safetensors").is_file());
    let text = said(&pmtune(root.path(), &["export", "v1", "--format", "lora-gguf"]), 100);
    assert!(flat(&text).contains("was not tried on the cases"), "{text}");
    assert!(root.path().join("exports/PM-v1-lora/PM-v1-lora.gguf").is_file());
}

#[test]
fn what_cannot_be_is_refused_before_anything_is_written() {
    let root = workspace("");
    for (arguments, code, part) in [
        (&["export", "v1", "--type", "Q3_K"][..], 2, "choose one of F32, F16"),
        (&["export", "v1", "--format", "hf", "--type", "Q8_0"], 2, "cannot hold Q8_0"),
        (&["export", "v1", "--format", "lora-gguf", "--type", "Q8_0"], 2, "leave --type away"),
        (&["export", "v7"], 1, "there is no model `PM-v7`"),
        (&["export", "openai:http://127.0.0.1:1#m"], 2, "not on this computer"),
        (&["export", "base", "--format", "lora-gguf"], 2, "has no adapter"),
        (&["export", "v1", "--suite", "sum"], 1, "did you mean"),
        (&["export", "v1", "--through", "http://127.0.0.1"], 2, "openai:URL#model"),
    ] {
        let text = said(&pmtune(root.path(), arguments), code);
        assert!(flat(&text).contains(part), "{part} is missing in\n{text}");
    }
    assert!(!root.path().join("exports").exists());
}

#[test]
fn the_gate_asks_for_a_proof() {
    let root = workspace("gate: {export-parity: true, half: held-out}\n");
    said(&pmtune(root.path(), &["eval", "v1"]), 0);
    let text = said(&pmtune(root.path(), &["gate", "v1"]), 102);
    assert!(flat(&text).contains("no file of this version was exported"), "{text}");
    said(&pmtune(root.path(), &["export", "v1", "--type", "f16"]), 0);
    let text = said(&pmtune(root.path(), &["gate", "v1"]), 0);
    assert!(text.contains("export-parity"), "{text}");
}

/// A home in which LM Studio keeps its models elsewhere.
fn lm_studio(root: &Path) -> PathBuf {
    let models = root.join("big disk/models");
    let settings = serde_json::json!({"downloadsFolder": models});
    write(root, "user/.lmstudio/settings.json", &settings.to_string());
    models
}

fn at_home(root: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pmtune"));
    let path = std::env::join_paths(
        [root.join("programs")].into_iter().chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
    );
    command.args(arguments).current_dir(root).env("PMTUNE_HOME", root.join("home")).env_remove("PMTUNE_WORKSPACE");
    command.env("HOME", root.join("user")).env("USERPROFILE", root.join("user")).env("PATH", path.unwrap());
    command.output().unwrap()
}

#[cfg(unix)]
#[test]
fn a_proven_file_goes_to_lm_studio_and_comes_back() {
    let root = workspace("");
    let text = said(&at_home(root.path(), &["deploy", "v1", "--to", "lm-studio"]), 1);
    assert!(flat(&text).contains("pmtune export v1"), "{text}");
    said(&at_home(root.path(), &["export", "v1", "--type", "f16"]), 0);
    let text = said(&at_home(root.path(), &["deploy", "v1", "--to", "lm-studio"]), 1);
    assert!(flat(&text).contains("LM Studio was not found"), "{text}");

    let models = lm_studio(root.path());
    let server = "http://127.0.0.1:9";
    let text = said(&at_home(root.path(), &["deploy", "v1", "--to", "lm-studio", "--server", server]), 0);
    let placed = models.join("pmtune/PM-v1-F16/PM-v1-F16.gguf");
    assert!(placed.is_file(), "{text}");
    for part in ["temperature 0", "repeat penalty 1.1", "No server of LM Studio"] {
        assert!(flat(&text).contains(part), "{part} is missing in\n{text}");
    }
    let ledger = std::fs::read_to_string(root.path().join("models/deployed.yaml")).unwrap();
    assert!(ledger.contains("PM-v1") && ledger.contains("lm-studio"), "{ledger}");
    let text = said(&at_home(root.path(), &["deploy", "v1", "--to", "lm-studio", "--server", server]), 0);
    assert!(text.contains("has it already"), "{text}");

    let text = said(&at_home(root.path(), &["models", "list"]), 0);
    assert!(flat(&text).contains("PM-v1 is deployed to LM Studio"), "{text}");
    let text = said(&at_home(root.path(), &["models", "promote", "v9"]), 0);
    assert!(flat(&text).contains("LM Studio still has PM-v1"), "{text}");
    let text = said(&at_home(root.path(), &["deploy", "v9", "--to", "lm-studio", "--undo"]), 1);
    assert!(text.contains("is not deployed"), "{text}");
    said(&at_home(root.path(), &["deploy", "v1", "--to", "lm-studio", "--undo"]), 0);
    assert!(!placed.exists() && !placed.parent().unwrap().exists());
    assert!(root.path().join("exports/PM-v1-F16/PM-v1-F16.gguf").is_file());

    std::fs::create_dir_all(placed.parent().unwrap()).unwrap();
    std::fs::write(&placed, b"somebody's").unwrap();
    let text = said(&at_home(root.path(), &["deploy", "v1", "--to", "lm-studio"]), 1);
    assert!(flat(&text).contains("is another file"), "{text}");
    assert_eq!(std::fs::read(&placed).unwrap(), b"somebody's");
}

#[cfg(unix)]
#[test]
fn ollama_is_told_what_it_cannot_read_from_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let root = workspace("");
    said(&at_home(root.path(), &["export", "v1", "--type", "f16"]), 0);
    let program = "#!/bin/sh\necho \"$PWD $*\" >> \"$HOME/called\"\n";
    write(root.path(), "programs/ollama", program);
    std::fs::set_permissions(root.path().join("programs/ollama"), std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::create_dir_all(root.path().join("user")).unwrap();
    said(&at_home(root.path(), &["deploy", "v1", "--to", "ollama", "--server", "http://127.0.0.1:9"]), 0);
    let called = std::fs::read_to_string(root.path().join("user/called")).unwrap();
    assert!(called.contains("create pm-v1-f16 -f Modelfile"), "{called}");
    let modelfile = std::fs::read_to_string(root.path().join("exports/PM-v1-F16/Modelfile")).unwrap();
    for part in [
        "FROM ./PM-v1-F16.gguf",
        "{{ if eq .Role \"system\" }}<|im_start|>system\n{{ .Content }}<|im_end|>\n",
        "{{ else if eq .Role \"user\" }}<|im_start|>user\n{{ .Content }}",
        "SYSTEM \"\"\"Say \"yes\",\nor \\no.\n\"\"\"",
        "MESSAGE user \"\"\"a\"\"\"",
        "PARAMETER temperature 0\n",
        "PARAMETER repeat_penalty 1.1\n",
        "PARAMETER stop \"\"\"<|im_end|>\"\"\"",
    ] {
        assert!(modelfile.contains(part), "{part} is missing in\n{modelfile}");
    }
    said(&at_home(root.path(), &["deploy", "v1", "--to", "ollama", "--undo"]), 0);
    assert!(std::fs::read_to_string(root.path().join("user/called")).unwrap().contains("rm pm-v1-f16"));

    write(root.path(), "programs/ollama", "#!/bin/sh\necho 'Error: no space' >&2\nexit 1\n");
    let text = said(&at_home(root.path(), &["deploy", "v1", "--to", "ollama"]), 1);
    assert!(flat(&text).contains("failed: Error: no space"), "{text}");
}

#[test]
fn a_folder_gets_the_file_with_its_proof_and_nothing_else_is_taken_for_a_place() {
    let root = workspace("");
    said(&at_home(root.path(), &["export", "v1", "--type", "f16"]), 0);
    said(&at_home(root.path(), &["deploy", "v1", "--to", "./shared"]), 0);
    for file in ["PM-v1-F16.gguf", "PM-v1-F16.parity.json", "PM-v1-F16.parity.html"] {
        assert!(root.path().join("shared").join(file).is_file(), "{file}");
    }
    let text = said(&at_home(root.path(), &["deploy", "v1", "--to", "llamafile"]), 2);
    assert!(text.contains("lm-studio, ollama, or a folder"), "{text}");
    let text = said(&at_home(root.path(), &["deploy", "v1", "--to", "./shared", "--type", "Q8_0"]), 1);
    assert!(flat(&text).contains("no GGUF file of type Q8_0"), "{text}");
}
