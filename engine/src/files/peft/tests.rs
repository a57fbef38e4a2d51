//! Adapters that are no plain LoRA: each is refused with its own reason, by both ways of reading.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{LoraConfig, Peft, adapter_files};
use crate::error::Result;
use crate::files::{Config, LoraWeights, open_weights};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn base() -> Config {
    open_weights(&data("tiny-llama")).unwrap().0
}

/// PEFT's own adapter with some keys of its configuration set anew.
fn adapter(keys: &[(&str, Value)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let from = data("tiny-llama-lora");
    let text = std::fs::read_to_string(from.join("adapter_config.json")).unwrap();
    let mut config: Value = serde_json::from_str(&text).unwrap();
    keys.iter().for_each(|(key, value)| config[*key] = value.clone());
    std::fs::write(folder.path().join("adapter_config.json"), config.to_string()).unwrap();
    std::fs::copy(from.join("adapter_model.safetensors"), folder.path().join("adapter_model.safetensors")).unwrap();
    folder
}

/// The same fault for running it and for going on from it.
#[track_caller]
fn assert_refused(folder: &Path, wanted: &[&str]) {
    let run = Peft::load(folder, &base()).map(drop).unwrap_err().to_string();
    let shape = LoraConfig::read(folder).map(drop).unwrap_err().to_string();
    for text in [run, shape] {
        assert!(
            wanted.iter().all(|part| text.contains(part)) && text.contains("help: "),
            "{wanted:?} are not in: {text}"
        );
        assert!(!text.contains("use the base it was trained on"), "{text}");
    }
}

#[test]
fn settings_that_change_the_computation_are_refused_by_name() {
    let starts = ["pissa", "pissa_niter_16", "olora", "corda", "loftq", "lora_ga", "of tomorrow"];
    let mut cases: Vec<(&str, Value)> = starts.into_iter().map(|start| ("init_lora_weights", json!(start))).collect();
    cases.extend([
        ("alora_invocation_tokens", json!([1, 2])),
        ("layer_replication", json!([[0, 1], [0, 1]])),
        ("use_dora", json!(true)),
        ("lora_bias", json!(true)),
        ("bias", json!("all")),
        ("fan_in_fan_out", json!(true)),
        ("modules_to_save", json!(["lm_head"])),
        ("trainable_token_indices", json!([5])),
        ("rank_pattern", json!({"q_proj": 8})),
        ("alpha_pattern", json!({"q_proj": 8})),
        ("target_parameters", json!(["mlp.experts.gate_up_proj"])),
        ("use_qalora", json!(true)),
        ("use_bdlora", json!({"nblocks": 2})),
        ("arrow_config", json!({"top_k": 3})),
        ("kasa_config", json!({"beta": 0.1})),
        ("velora_config", json!({"num_groups": 2})),
        ("monteclora_config", json!({"num_samples": 2})),
        ("megatron_config", json!({"a": 1})),
        ("task_type", json!("SEQ_CLS")),
        ("peft_type", json!("IA3")),
        ("peft_type", json!("PROMPT_TUNING")),
        ("lora_alpha", json!(1e300)),
        ("lora_alpha", json!(0)),
        ("r", json!(0)),
        ("a_key_of_tomorrow", json!(false)),
    ]);
    for (key, value) in cases {
        assert_refused(adapter(&[(key, value)]).path(), &[key, "adapter_config.json"]);
    }
}

#[test]
fn settings_that_change_nothing_pass() {
    let plain = Peft::load(&data("tiny-llama-lora"), &base()).unwrap();
    for (key, value) in [
        ("init_lora_weights", json!("gaussian")),
        ("init_lora_weights", json!("eva")),
        ("init_lora_weights", json!(false)),
        ("init_lora_weights", json!(null)),
        ("lora_dropout", json!(0.1)),
        ("loftq_config", json!({"loftq_bits": 4})),
        ("target_modules", json!("all-linear")),
        ("target_modules", json!(".*q_proj")),
        ("layers_to_transform", json!([0])),
        ("task_type", json!(null)),
        ("modules_to_save", json!([])),
        ("a_key_of_tomorrow", json!(null)),
        ("inference_mode", json!(false)),
    ] {
        let folder = adapter(&[(key, value)]);
        assert_eq!(Peft::load(folder.path(), &base()).unwrap().config, plain.config, "{key}");
        assert_eq!(LoraConfig::read(folder.path()).unwrap(), plain.config, "{key}");
    }
}

/// Puts the bytes of one file of the adapter under another name.
fn renamed(from: &str, to: &str) -> tempfile::TempDir {
    let folder = adapter(&[]);
    std::fs::rename(folder.path().join(from), folder.path().join(to)).unwrap();
    folder
}

#[test]
fn files_of_other_formats_are_told_apart() {
    for (name, reason) in [
        ("adapter_model.bin", "pickle"),
        ("adapters.safetensors", "mlx-lm"),
        ("adapters.npz", "mlx-lm"),
        ("lora.gguf", "llama.cpp"),
        ("model.safetensors", "a whole model"),
        ("weights.dat", "adapter_model.safetensors"),
    ] {
        let folder = renamed("adapter_model.safetensors", name);
        assert_refused(folder.path(), &[reason]);
        // Whoever only wants to hash the files hears the same.
        assert!(adapter_files(folder.path()).unwrap_err().to_string().contains(reason));
    }
    let mlx = adapter(&[]);
    let config = json!({"fine_tune_type": "lora", "num_layers": 2, "lora_parameters": {"rank": 4, "scale": 20.0}});
    std::fs::write(mlx.path().join("adapter_config.json"), config.to_string()).unwrap();
    assert_refused(mlx.path(), &["mlx-lm", "mlx_lm.fuse"]);
}

/// The adapter with its tensors renamed or changed.
fn rewritten(
    change: impl Fn(String, candle_core::Tensor) -> Result<(String, candle_core::Tensor)>,
) -> tempfile::TempDir {
    let folder = adapter(&[]);
    let path = folder.path().join("adapter_model.safetensors");
    let tensors = candle_core::safetensors::load(&path, &candle_core::Device::Cpu).unwrap();
    let tensors = tensors.into_iter().map(|(name, tensor)| change(name, tensor).unwrap()).collect();
    candle_core::safetensors::save(&tensors, &path).unwrap();
    folder
}

#[test]
fn tensors_that_are_no_plain_loras_say_what_they_are() {
    let layer = "layers.0.self_attn.q_proj.";
    for (from, to, reason) in [
        (".weight", ".default.weight", "named after the adapter"),
        ("base_model.model.", "", "lacks `base_model.model.`"),
        ("model.layers.0.self_attn.q_proj.lora_A.weight", "lm_head.weight", "whole weights"),
        ("model.layers.0.self_attn.q_proj.lora_A.weight", "model.embed_tokens.weight", "whole weights"),
    ] {
        let folder = rewritten(|name, tensor| Ok((name.replace(from, to), tensor)));
        let text = Peft::load(folder.path(), &base()).map(drop).unwrap_err().to_string();
        assert!(text.contains(reason) && !text.contains("this base"), "{to} gives: {text}");
        assert!(LoraConfig::read(folder.path()).unwrap_err().to_string().contains(reason));
    }
    let broken =
        rewritten(|name, tensor| Ok((name.clone(), if name.contains(layer) { (tensor * f64::NAN)? } else { tensor })));
    let text = Peft::load(broken.path(), &base()).map(drop).unwrap_err().to_string();
    assert!(text.contains("q_proj.lora_A.weight: holds a number that is not finite"), "{text}");
}

#[test]
fn going_on_keeps_to_the_layers_that_the_adapter_has() {
    let folder = adapter(&[("target_modules", json!(["model.layers.0.self_attn.q_proj"]))]);
    let path = folder.path().join("adapter_model.safetensors");
    let mut tensors = candle_core::safetensors::load(&path, &candle_core::Device::Cpu).unwrap();
    tensors.retain(|name, _| name.contains("layers.0.self_attn.q_proj"));
    candle_core::safetensors::save(&tensors, &path).unwrap();
    assert_eq!(LoraConfig::read(folder.path()).unwrap().targets, ["q_proj"]);
    let lora = LoraWeights::load(folder.path(), &base()).unwrap();
    let modules: Vec<&str> = lora.pairs.iter().map(|pair| pair.module.as_str()).collect();
    assert_eq!(modules, ["model.layers.0.self_attn.q_proj"]);
    assert_eq!(lora.values.len(), 4 * 32 * 2);
}

#[test]
fn numbers_that_16_bits_cannot_hold_are_not_written() {
    let mut lora = LoraWeights::load(&data("tiny-llama-lora"), &base()).unwrap();
    lora.values[7] = 1e6;
    let folder = tempfile::tempdir().unwrap();
    assert!(lora.save(folder.path(), "base").unwrap_err().to_string().contains("not finite in 16 bits"));
}
