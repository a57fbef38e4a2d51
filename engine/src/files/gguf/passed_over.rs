//! Nothing in a file is passed over: keys and tensors that would change the computation, parts of a model in several files.

use std::path::Path;

use crate::error::{Error, Result};
use crate::files::{open_weights, parts};

fn tiny(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)).unwrap()
}

fn text(text: &str) -> Vec<u8> {
    [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat()
}

fn u32(value: u32) -> (u32, Vec<u8>) {
    (4, value.to_le_bytes().to_vec())
}

fn f32(value: f32) -> (u32, Vec<u8>) {
    (6, value.to_le_bytes().to_vec())
}

fn word(value: &str) -> (u32, Vec<u8>) {
    (8, text(value))
}

fn flag(value: bool) -> (u32, Vec<u8>) {
    (7, vec![u8::from(value)])
}

/// The file with keys and tensors put in. What is put in takes a multiple of 32 bytes, so that the data stay aligned.
fn with(mut file: Vec<u8>, keys: &[(&str, (u32, Vec<u8>))], tensors: &[(&str, Vec<u64>, u32)]) -> Vec<u8> {
    let count = |file: &[u8], at: usize| u64::from_le_bytes(file[at..at + 8].try_into().unwrap());
    let mut entries: Vec<u8> = keys
        .iter()
        .flat_map(|(key, (kind, value))| [text(key), kind.to_le_bytes().to_vec(), value.clone()].concat())
        .collect();
    let infos: Vec<u8> = tensors
        .iter()
        .flat_map(|(name, dims, kind)| {
            let dims: Vec<u8> =
                [(dims.len() as u32).to_le_bytes().to_vec(), dims.iter().flat_map(|d| d.to_le_bytes()).collect()]
                    .concat();
            [text(name), dims, kind.to_le_bytes().to_vec(), 0u64.to_le_bytes().to_vec()].concat()
        })
        .collect();
    let filler = "general.description";
    let fixed = entries.len() + infos.len() + text(filler).len() + 4 + 8;
    let filling = "x".repeat(fixed.next_multiple_of(32) - fixed);
    entries.extend([text(filler), 8u32.to_le_bytes().to_vec(), text(&filling)].concat());
    let (tensor_count, key_count) = (count(&file, 8) + tensors.len() as u64, count(&file, 16) + keys.len() as u64 + 1);
    // Before the first tensor's description.
    let first = text("token_embd.weight");
    let at = file.windows(first.len()).position(|window| window == first).unwrap();
    file.splice(at..at, infos);
    file.splice(24..24, entries);
    file[8..16].copy_from_slice(&tensor_count.to_le_bytes());
    file[16..24].copy_from_slice(&key_count.to_le_bytes());
    file
}

fn open_bytes(bytes: &[u8]) -> Result<crate::files::Config, Error> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.gguf");
    std::fs::write(&path, bytes).unwrap();
    open_weights(&path).map(|(config, _)| config)
}

const PLAIN: &str = "rope/plain.gguf";

#[track_caller]
fn assert_refused(file: Vec<u8>, wanted: &str) {
    let text = open_bytes(&file).map(drop).unwrap_err().to_string();
    assert!(text.contains(wanted) && text.contains("help: "), "{wanted} is not in: {text}");
}

#[test]
fn keys_that_change_the_computation_are_refused_by_name() {
    for (key, value) in [
        ("llama.expert_count", u32(8)),
        ("llama.expert_used_count", u32(2)),
        ("llama.attention.causal", flag(false)),
        ("llama.attention.scale", f32(0.5)),
        ("llama.attention.clamp_kqv", f32(8.0)),
        ("llama.attention.max_alibi_bias", f32(8.0)),
        ("llama.logit_scale", f32(0.5)),
        ("llama.embedding_scale", f32(12.0)),
        ("llama.residual_scale", f32(0.2)),
        ("llama.final_logit_softcapping", f32(30.0)),
        ("llama.use_parallel_residual", flag(true)),
        ("llama.pooling_type", u32(1)),
        ("llama.rope.dimension_sections", u32(4)),
        ("llama.rope.freq_base_swa", f32(1e6)),
        ("llama.rope.scaling.yarn_ext_factor", f32(1.0)),
        ("llama.some_key_of_tomorrow", word("on")),
        // Of the wrong type.
        ("llama.rope.freq_base", word("1000000")),
        ("llama.rope.freq_base", flag(true)),
        ("llama.rope.scaling.factor", word("4")),
        ("llama.rope.scale_linear", flag(true)),
        ("llama.rope.scaling.type", u32(1)),
        ("llama.rope.scaling.attn_factor", word("1.5")),
        ("llama.rope.dimension_count", f32(8.0)),
        ("llama.attention.sliding_window", word("64")),
        ("tokenizer.ggml.eos_token_id", word("2")),
        ("tokenizer.chat_template", u32(1)),
        ("tokenizer.ggml.pre", u32(1)),
        ("general.type", word("adapter")),
    ] {
        assert_refused(with(tiny(PLAIN), &[(key, value)], &[]), key);
    }
    for scaling in ["yarn", "llama3", "dynamic", ""] {
        assert_refused(with(tiny(PLAIN), &[("llama.rope.scaling.type", word(scaling))], &[]), "RoPE scaling");
    }
    assert_refused(with(tiny(PLAIN), &[("llama.rope.scaling.type", word("longrope"))], &[]), "rope_factors_short");
    assert_refused(with(tiny(PLAIN), &[("llama.rope.dimension_count", u32(4))], &[]), "rotates 4 of 8");
}

#[test]
fn keys_that_change_nothing_pass() {
    let plain = open_bytes(&tiny(PLAIN)).unwrap();
    for (key, value) in [
        ("llama.expert_count", u32(0)),
        ("llama.attention.causal", flag(true)),
        ("llama.attention.clamp_kqv", f32(0.0)),
        ("llama.rope.scaling.finetuned", flag(true)),
        ("llama.rope.scaling.factor", f32(0.0)),
        ("llama.rope.freq_base", u32(10000)),
        ("llama.tensor_data_layout", word("Meta AI original pth")),
        ("llama.attention.sliding_window", u32(0)),
        ("general.type", word("model")),
        ("general.file_type", u32(0)),
        ("mradermacher.quantized_by", word("somebody")),
    ] {
        assert_eq!(open_bytes(&with(tiny(PLAIN), &[(key, value)], &[])).unwrap(), plain, "{key}");
    }
}

#[test]
fn tensors_that_the_decoder_would_pass_over_are_refused() {
    for (name, dims, kind, wanted) in [
        ("output.bias", vec![40], 0, "`output.bias`"),
        ("token_embd_norm.weight", vec![16], 0, "`token_embd_norm.weight`"),
        ("output_norm.bias", vec![16], 0, "`output_norm.bias`"),
        ("position_embd.weight", vec![16, 2], 0, "`position_embd.weight`"),
        ("blk.0.ffn_up.bias", vec![24], 0, "`blk.0.ffn_up.bias`"),
        ("cls.weight", vec![16], 0, "`cls.weight`"),
        ("rope_freqs.weight", vec![4], 1, "F16"),
        ("rope_freqs.weight", vec![2, 2], 0, "[2, 2]"),
        ("rope_freqs.weight", vec![3], 0, "[3]"),
        ("rope_factors_short.weight", vec![4], 0, "rope_factors_short"),
    ] {
        assert_refused(with(tiny(PLAIN), &[], &[(name, dims, kind)]), wanted);
    }
    assert_refused(with(tiny("tiny-qwen2.gguf"), &[], &[("rope_freqs.weight", vec![4], 0)]), "rope_freqs");
    assert!(open_bytes(&with(tiny(PLAIN), &[], &[("blk.0.attn_rot_embd.weight", vec![4], 0)])).is_ok());
}

#[test]
fn a_familys_own_keys_are_read_and_no_others() {
    for (name, key, value, wanted) in [
        // A window here is Olmo 3's.
        ("olmo2", "attention.sliding_window", u32(64), "sliding_window"),
        ("qwen3", "attention.sliding_window", u32(64), "sliding_window"),
        ("smollm3", "embedding_scale", f32(2.0), "embedding_scale"),
        ("granite", "rope.scaling.finetuned", flag(false), "finetuned"),
        ("granite", "final_logit_softcapping", f32(30.0), "softcapping"),
        ("gemma3", "attention.scale", f32(0.5), "attention.scale"),
        ("gemma3", "attention.sliding_window_pattern", word("6"), "pattern"),
    ] {
        let keys = [(format!("{name}.{key}"), value)];
        let keys = keys.each_ref().map(|(key, value)| (key.as_str(), value.clone()));
        assert_refused(with(tiny(&format!("tiny-{name}-f32.gguf")), &keys, &[]), wanted);
    }
    let gemma = |value| {
        let file = with(tiny("tiny-gemma3-f32.gguf"), &[("gemma3.attention.sliding_window_pattern", value)], &[]);
        open_bytes(&file).map(|config| config.global_layers)
    };
    assert_eq!(gemma(u32(2)).unwrap(), [1, 3, 5]);
    let flags = |flags: &[u8]| {
        let count = (flags.len() as u64).to_le_bytes();
        (9, [&7u32.to_le_bytes()[..], &count, flags].concat())
    };
    assert_eq!(gemma(flags(&[1, 0, 1, 1, 0, 1])).unwrap(), [1, 4]);
    assert!(gemma(flags(&[1, 0])).unwrap_err().to_string().contains("a list of 2 for 6 layers"));
    let finetuned = with(tiny("tiny-granite-f32.gguf"), &[("granite.rope.scaling.finetuned", flag(true))], &[]);
    assert!(open_bytes(&finetuned).is_ok());
}

/// A part that holds the metadata alone, or the tensors.
fn part(no: u16, count: u16, tensors: i32) -> Vec<u8> {
    let keys = [
        ("split.no", (2, no.to_le_bytes().to_vec())),
        ("split.count", (2, count.to_le_bytes().to_vec())),
        ("split.tensors.count", (5, tensors.to_le_bytes().to_vec())),
    ];
    let whole = with(tiny(PLAIN), &keys, &[]);
    if no > 0 {
        return whole;
    }
    // The first part: as gguf-split writes it with --no-tensor-first-split.
    let first = text("token_embd.weight");
    let end = whole.windows(first.len()).position(|window| window == first).unwrap();
    let mut head = whole[..end].to_vec();
    head[8..16].fill(0);
    head.resize(head.len().next_multiple_of(32), 0);
    head
}

#[test]
fn a_model_in_parts_is_read_from_any_of_them_when_all_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = |no: usize| folder.path().join(format!("m-{no:05}-of-00002.gguf"));
    std::fs::write(path(1), part(0, 2, 11)).unwrap();
    let alone = open_weights(&path(1)).map(drop).unwrap_err().to_string();
    assert!(alone.contains("part 1 of 2") && alone.contains("m-00002-of-00002.gguf"), "{alone}");
    std::fs::write(path(2), part(1, 2, 11)).unwrap();
    let whole = open_bytes(&tiny(PLAIN)).unwrap();
    for no in [1, 2] {
        let (config, weights) = open_weights(&path(no)).unwrap();
        assert_eq!(config, whole);
        assert!(weights.contains("model.layers.0.mlp.up_proj.weight"));
        assert_eq!(parts(&path(no)).unwrap(), [path(1), path(2)]);
    }
    // Parts of another model, of another number, under another name.
    std::fs::write(path(1), part(0, 2, 12)).unwrap();
    assert!(open_weights(&path(1)).map(drop).unwrap_err().to_string().contains("split.tensors.count"));
    std::fs::write(path(1), part(0, 2, 11)).unwrap();
    std::fs::write(path(2), tiny(PLAIN)).unwrap();
    assert!(open_weights(&path(1)).map(drop).unwrap_err().to_string().contains("call itself part 2 of 2"));
    let renamed = folder.path().join("model.gguf");
    std::fs::write(&renamed, part(0, 2, 11)).unwrap();
    assert!(open_weights(&renamed).map(drop).unwrap_err().to_string().contains("does not end in -00001-of-00002.gguf"));
}
