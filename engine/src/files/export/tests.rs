//! Whole files against llama.cpp's quantiser (`tests/oracle/export.py`), and what a file keeps of its base.

use candle_core::quantized::GgmlDType;
use half::f16;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::model::type_name;
use super::value::Value;
use super::writer::{Described, Sink, header};
use super::{Export, FileType, Way};
use crate::error::Result;
use crate::files::gguf::Gguf;
use crate::files::quantize::tests::uniform;

#[derive(Deserialize)]
struct Case {
    arch: Option<String>,
    sizes: Option<String>,
    half: Option<bool>,
    files: BTreeMap<String, String>,
}

/// Name and shape of each tensor, the twin of `tensors` in the script.
fn tensors(arch: &str, sizes: &[usize]) -> Vec<(String, Vec<usize>)> {
    let &[hidden, ff, layers, heads, kv, vocab, tied] = sizes else { panic!("seven sizes") };
    let side = hidden / heads * kv;
    let mut all = vec![("token_embd.weight".to_string(), vec![vocab, hidden])];
    all.push(("output_norm.weight".to_string(), vec![hidden]));
    if tied == 0 {
        all.push(("output.weight".to_string(), vec![vocab, hidden]));
    }
    for layer in 0..layers {
        let mut add = |name: &str, shape: &[usize]| all.push((format!("blk.{layer}.{name}"), shape.to_vec()));
        add("attn_norm.weight", &[hidden]);
        if arch == "phi3" {
            add("attn_qkv.weight", &[hidden + 2 * side, hidden]);
        } else {
            for (part, rows) in [("q", hidden), ("k", side), ("v", side)] {
                add(&format!("attn_{part}.weight"), &[rows, hidden]);
                if arch == "qwen2" {
                    add(&format!("attn_{part}.bias"), &[rows]);
                }
            }
        }
        add("attn_output.weight", &[hidden, hidden]);
        add("ffn_norm.weight", &[hidden]);
        if arch == "phi3" {
            add("ffn_up.weight", &[2 * ff, hidden]);
        } else {
            add("ffn_gate.weight", &[ff, hidden]);
            add("ffn_up.weight", &[ff, hidden]);
        }
        add("ffn_down.weight", &[hidden, ff]);
    }
    all
}

fn values(number: usize, count: usize) -> Vec<f32> {
    let quads = uniform(100 + number as u64, 4 * count);
    quads.as_chunks().0.iter().map(|[a, b, c, d]| ((a + b) + (c + d)) * 0.05).collect()
}

/// The twin of `write_base`.
fn base(path: &Path, arch: &str, sizes: &[usize], half: bool) -> Result<()> {
    let &[hidden, ff, layers, heads, kv, ..] = sizes else { panic!("seven sizes") };
    let own = |key: &str, value: usize| (format!("{arch}.{key}"), Value::U32(value as u32).bytes());
    let keys = [
        ("general.architecture".to_string(), Value::Text(arch.to_string()).bytes()),
        own("context_length", 256),
        own("embedding_length", hidden),
        own("block_count", layers),
        own("feed_forward_length", ff),
        own("attention.head_count", heads),
        own("attention.head_count_kv", kv),
        (format!("{arch}.attention.layer_norm_rms_epsilon"), Value::F32(1e-5).bytes()),
    ];
    let tensors = tensors(arch, sizes);
    let kind = |shape: &[usize]| if half && shape.len() > 1 { GgmlDType::F16 } else { GgmlDType::F32 };
    let described: Vec<Described<'_>> =
        tensors.iter().map(|(name, shape)| Described { name, shape, dtype: kind(shape) }).collect();
    let mut sink = Sink::new(path)?;
    sink.put(&header(&keys, &described, 32))?;
    for (number, (_, shape)) in tensors.iter().enumerate() {
        let values = values(number, shape.iter().product());
        let bytes: Vec<u8> = match kind(shape) {
            GgmlDType::F16 => values.iter().flat_map(|value| f16::from_f32(*value).to_le_bytes()).collect(),
            _ => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
        };
        sink.put(&bytes)?;
        sink.pad(32)?;
    }
    sink.finish().map(drop)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The script's `short` of a file.
fn short(path: &Path) -> String {
    let gguf = Gguf::open(path).unwrap();
    let (mut counts, mut lines) = (BTreeMap::<String, usize>::new(), BTreeSet::new());
    for (name, info) in &gguf.header.tensors {
        let kind = type_name(info.dtype);
        lines.insert(format!("{name} {kind} {}", hex(&Sha256::digest(gguf.bytes_of(info))[..6])));
        *counts.entry(kind).or_default() += 1;
    }
    let whole = lines.into_iter().collect::<Vec<_>>().join("\n");
    let counts: Vec<String> = counts.into_iter().map(|(kind, count)| format!("{count}x{kind}")).collect();
    format!("{} {}", counts.join(" "), hex(&Sha256::digest(whole.as_bytes())[..8]))
}

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

#[test]
fn files_equal_llama_cpp_tensor_for_tensor() {
    let cases: BTreeMap<String, Case> =
        serde_json::from_str(include_str!("../../../tests/oracle/export.json")).unwrap();
    assert_eq!(cases.len(), 8);
    let folder = tempfile::tempdir().unwrap();
    let mut wrong = Vec::new();
    for (name, case) in cases {
        let from = match (&case.arch, &case.sizes) {
            (Some(arch), Some(sizes)) => {
                let sizes: Vec<usize> = sizes.split(' ').map(|size| size.parse().unwrap()).collect();
                let path = folder.path().join(format!("{name}.gguf"));
                base(&path, arch, &sizes, case.half == Some(true)).unwrap();
                path
            }
            _ => data(&format!("{name}.gguf")),
        };
        assert_eq!(case.files.len(), FileType::ALL.len());
        for (file_type, expected) in case.files {
            let path = folder.path().join(format!("{name} {file_type}.gguf"));
            // llama.cpp rounds what is rounded already once more; ours is asked to do the same here.
            let export = Export::requantized(&from, FileType::parse(&file_type).unwrap()).unwrap();
            export.write(&path, &[], &mut |_| Ok(())).unwrap();
            let found = short(&path);
            if found != expected {
                wrong.push(format!("{name} as {file_type}: {found}, not {expected}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_rounded_already_is_not_rounded_again() {
    let export = Export::new(&data("tiny-llama.gguf"), None, FileType::Q8_0).unwrap();
    let ways: BTreeMap<&str, (Way, String)> =
        export.tensors().iter().map(|t| (t.name.as_str(), (t.way, t.type_name()))).collect();
    assert_eq!(ways["blk.0.attn_output.weight"], (Way::Copied, "Q4_0".to_string()));
    assert_eq!(ways["blk.0.attn_k.weight"], (Way::Converted, "Q8_0".to_string()), "16 bits become 8.5");
    assert_eq!(ways["blk.0.attn_norm.weight"], (Way::Copied, "F32".to_string()));
    let export = Export::new(&data("tiny-llama.gguf"), None, FileType::Q4_0).unwrap();
    assert!(export.tensors().iter().any(|t| t.name == "blk.0.attn_q.weight" && t.way == Way::Converted));
    let export = Export::new(&data("tiny-llama.gguf"), None, FileType::F16).unwrap();
    assert!(export.tensors().iter().all(|t| ["F16", "F32"].contains(&t.type_name().as_str())));
}

#[test]
fn keys_and_untouched_tensors_are_the_bases_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.gguf");
    let from = data("tiny-llama.gguf");
    let export = Export::new(&from, Some(&data("none")), FileType::Q8_0);
    assert!(export.is_err(), "an adapter that is not there");
    let export = Export::new(&from, None, FileType::Q8_0).unwrap();
    let keys = [
        ("general.name".to_string(), Some(Value::Text("PM-General v2".to_string()))),
        ("general.tags".to_string(), Some(Value::Texts(vec!["pm".to_string(), "local".to_string()]))),
        ("llama.rope.freq_base".to_string(), Some(Value::F32(20000.0))),
        ("tokenizer.ggml.bos_token_id".to_string(), None),
        ("not.there".to_string(), None),
    ];
    let mut last = 0;
    let written = export
        .write(&path, &keys, &mut |progress| {
            assert!(progress.done_bytes >= last && progress.done_bytes <= progress.total_bytes);
            last = progress.done_bytes;
            Ok(())
        })
        .unwrap();
    let (old, new) = (Gguf::open(&from).unwrap(), Gguf::open(&path).unwrap());
    assert_eq!(written.bytes, new.bytes().len() as u64);
    assert_eq!(written.sha256, hex(&Sha256::digest(new.bytes())));
    assert_eq!(new.bytes()[4..8], [3, 0, 0, 0], "version 3");
    let names = |gguf: &Gguf| gguf.header.raw_keys.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>();
    let mut expected = names(&old);
    expected.retain(|key| key != "tokenizer.ggml.bos_token_id");
    let added = ["general.file_type", "general.quantization_version", "general.name", "general.tags"];
    expected.extend(added.map(str::to_string));
    assert_eq!(names(&new), expected);
    let value = |gguf: &Gguf, key: &str| {
        let place = gguf.header.raw_keys.iter().find(|(name, _)| name == key).unwrap().1.clone();
        gguf.bytes()[place].to_vec()
    };
    for key in names(&old) {
        match key.as_str() {
            "tokenizer.ggml.bos_token_id" => assert!(!new.header.contains(&key)),
            "llama.rope.freq_base" => assert_eq!(new.header.float(&key), Some(20000.0)),
            _ => assert_eq!(value(&old, &key), value(&new, &key), "{key}"),
        }
    }
    assert_eq!(new.header.texts(new.bytes(), "general.tags"), Some(vec!["pm", "local"]));
    assert_eq!(new.header.integer("general.file_type"), Some(7));
    for (name, info) in &old.header.tensors {
        let other = &new.header.tensors[name];
        if info.dtype == other.dtype {
            assert!(old.bytes()[info.bytes.clone()] == new.bytes()[other.bytes.clone()], "{name}");
        }
    }
}
