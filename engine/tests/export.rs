//! What leaves, read back: merged files answer as base and adapter do in process, and as PEFT says.

use crate::tiny::data;
use candle_core::{DType, Device};
use pmtune_engine::chat::{Chat, LentTemplate};
use pmtune_engine::error::{Error, Kind};
use pmtune_engine::files::export::{Export, FileType, Progress, Value, verify_folder, write_folder, write_lora};
use pmtune_engine::files::{Config, LoraConfig, LoraWeights, Weight, open, open_weights};
use pmtune_engine::model::{Decoder, Forward, Span};
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const BASES: [&str; 3] = ["tiny-llama.gguf", "tiny-qwen2.gguf", "tiny-phi3.gguf"];

fn quiet(_: Progress<'_>) -> Result<(), Error> {
    Ok(())
}

/// Logits of every token, (tokens, vocab), and how many there are for one.
fn logits(path: &Path, adapter: Option<&Path>, tokens: &[u32]) -> (Vec<f32>, usize) {
    let (config, weights) = open_weights(path).unwrap();
    let vocab = config.vocab;
    let decoder = Decoder::load(config, weights.as_ref()).unwrap();
    let adapter = adapter.map(|folder| decoder.adapter(folder).unwrap());
    let mut cache = decoder.cache();
    let span = &mut [Span { rows: tokens.len(), cache: &mut cache, adapter: adapter.as_ref() }];
    let hidden = decoder.forward(tokens, span).unwrap();
    (decoder.logits(&hidden).unwrap(), vocab)
}

fn tokens_below(vocab: u32) -> Vec<u32> {
    tokens().into_iter().map(|token| token % vocab).collect()
}

fn tokens() -> Vec<u32> {
    (0..40).map(|i| (i * 37 + 11) % 500).collect()
}

/// An adapter that changes every linear layer of `base` a good deal.
fn adapter(base: &Path, folder: &Path, rslora: bool) {
    let (config, _) = open_weights(base).unwrap();
    let lora = LoraConfig { rank: 4, alpha: 8.0, rslora, targets: vec![] };
    let mut lora = LoraWeights::new(&config, lora, 7).unwrap();
    let mut state = 1u32;
    for pair in lora.pairs.clone() {
        for value in &mut lora.values[pair.b] {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *value = ((state >> 8) as f32 / (1 << 24) as f32 - 0.5) * 0.2;
        }
    }
    lora.save(folder, "base").unwrap();
}

/// The root of the mean squared difference over the root of the mean square.
fn apart(got: &[f32], want: &[f32]) -> f64 {
    assert_eq!(got.len(), want.len());
    let squares = |values: &mut dyn Iterator<Item = f32>| values.map(|x| f64::from(x) * f64::from(x)).sum::<f64>();
    let error = squares(&mut got.iter().zip(want).map(|(got, want)| got - want));
    (error / squares(&mut want.iter().copied())).sqrt()
}

/// Fractions as GGUF keeps them.
fn in_32_bits(config: Config) -> Config {
    Config { norm_eps: f64::from(config.norm_eps as f32), rope_theta: f64::from(config.rope_theta as f32), ..config }
}

/// The families of which there is no file with a tokenizer.
const FOLDERS: [&str; 5] = ["tiny-qwen3", "tiny-olmo2", "tiny-gemma3", "tiny-smollm3", "tiny-granite"];

/// The checkpoint `name` with the words of `tiny-folder`, and with that one's embeddings, which are as wide.
fn with_words(name: &str, folder: &Path) -> PathBuf {
    let (from, to) = (data(name), folder.join(name));
    std::fs::create_dir(&to).unwrap();
    let words = data("tiny-folder");
    for file in ["tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "generation_config.json"] {
        std::fs::copy(words.join(file), to.join(file)).unwrap();
    }
    let (of_words, weights) = open_weights(&words).unwrap();
    let mut tensors = candle_core::safetensors::load(from.join("model.safetensors"), &Device::Cpu).unwrap();
    for table in ["model.embed_tokens.weight", "lm_head.weight"] {
        if let Some(tensor) = tensors.get_mut(table) {
            let Weight::Dense(other) = weights.get(table, &[of_words.vocab, 32]).unwrap() else { panic!() };
            *tensor = (other.to_dtype(DType::F32).unwrap() * 8.0).unwrap().to_dtype(DType::BF16).unwrap();
        }
    }
    candle_core::safetensors::save(&tensors, to.join("model.safetensors")).unwrap();
    let text = std::fs::read_to_string(from.join("config.json")).unwrap();
    let mut json: Json = serde_json::from_str(&text).unwrap();
    json["vocab_size"] = of_words.vocab.into();
    json["eos_token_id"] = 2.into();
    std::fs::write(to.join("config.json"), json.to_string()).unwrap();
    to
}

/// A folder becomes a file, and that a folder again, all with the same adapter's answers.
#[test]
fn every_family_leaves_and_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    for name in FOLDERS {
        let base = with_words(name, folder.path());
        let (lora, file) = (folder.path().join("lora"), folder.path().join("out.gguf"));
        adapter(&base, &lora, false);
        let (want, _) = logits(&base, Some(&lora), &tokens());
        let (plain, _) = logits(&base, None, &tokens());
        assert!(apart(&plain, &want) > 0.05, "{name}: the adapter hardly changes anything");
        let export = Export::new(&base, Some(&lora), FileType::F32).unwrap();
        export.write(&file, &[], &mut quiet).unwrap();
        export.verify(&file, &[]).unwrap();
        let [back, merged] = ["back", "merged"].map(|kind| folder.path().join(format!("{name}-{kind}")));
        write_folder(&file, None, &back, FileType::F32, None, &mut quiet).unwrap();
        write_folder(&base, Some(&lora), &merged, FileType::F32, None, &mut quiet).unwrap();
        verify_folder(&base, Some(&lora), &merged, FileType::F32).unwrap();
        let (old, ends) =
            (open(&base).unwrap(), |chat: &Chat| chat.stop_ids().iter().copied().collect::<BTreeSet<_>>());
        for path in [&file, &back, &merged] {
            let error = apart(&logits(path, None, &tokens()).0, &want);
            assert!(error <= 1e-5, "{}: {error}", path.display());
            let new = open(path).unwrap();
            assert_eq!(in_32_bits(old.config.clone()), in_32_bits(new.config), "{}", path.display());
            assert_eq!(old.chat.template(), new.chat.template());
            assert_eq!(ends(&old.chat), ends(&new.chat), "{}", path.display());
        }
        // The folder's template and end tokens are what a conversation ends with.
        assert_eq!(old.chat.stop_ids(), [2, 0], "{name}");
        // A file as base, the adapter merged and apart.
        let (tuned, alone) = (folder.path().join("tuned.gguf"), folder.path().join("lora.gguf"));
        let converted = data(&format!("{name}-f32.gguf"));
        let (short, _) = logits(&converted, Some(&lora), &tokens_below(96));
        let export = Export::new(&converted, Some(&lora), FileType::F32).unwrap();
        export.write(&tuned, &[], &mut quiet).unwrap();
        export.verify(&tuned, &[]).unwrap();
        let error = apart(&logits(&tuned, None, &tokens_below(96)).0, &short);
        assert!(error <= 1e-5, "{name}: {error}");
        write_lora(&converted, &lora, &alone, &[]).unwrap();
        [file, tuned, alone].iter().for_each(|path| std::fs::remove_file(path).unwrap());
        std::fs::remove_dir_all(&lora).unwrap();
    }
}

/// What llama.cpp could not be told is refused rather than written.
#[test]
fn a_file_that_cannot_say_what_the_config_says_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (name, key, value, wanted) in [
        ("tiny-gemma3", "query_pre_attn_scalar", serde_json::json!(24), "scales the scores"),
        (
            "tiny-gemma3",
            "layer_types",
            Json::from([["full_attention"; 3], ["sliding_attention"; 3]].concat()),
            "in no regular order",
        ),
        ("tiny-smollm3", "no_rope_layers", serde_json::json!([1, 0, 1, 1, 1]), "leaves out positions"),
        (
            "tiny-qwen3",
            "rope_parameters",
            serde_json::json!({"rope_type": "llama3", "rope_theta": 1e4, "factor": 8.0, "low_freq_factor": 1.0,
                "high_freq_factor": 4.0, "original_max_position_embeddings": 64}),
            "stretches rotary frequencies",
        ),
    ] {
        let base = with_words(name, folder.path());
        let file = base.join("config.json");
        let mut json: Json = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        json[key] = value;
        std::fs::write(&file, json.to_string()).unwrap();
        let error = Export::new(&base, None, FileType::F32).map(drop).unwrap_err().to_string();
        assert!(error.contains(wanted) && error.contains("--format hf"), "{error}");
        std::fs::remove_dir_all(&base).unwrap();
    }
    // A regular order of its own can be said.
    let base = with_words("tiny-gemma3", folder.path());
    let file = base.join("config.json");
    let mut json: Json = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    let kind = |layer: usize| if layer % 3 == 2 { "full_attention" } else { "sliding_attention" };
    json["layer_types"] = (0..6).map(kind).collect();
    std::fs::write(&file, json.to_string()).unwrap();
    let out = folder.path().join("out.gguf");
    Export::new(&base, None, FileType::F32).unwrap().write(&out, &[], &mut quiet).unwrap();
    assert_eq!(open_weights(&out).unwrap().0.global_layers, [2, 5]);
}

#[test]
fn a_merged_file_has_the_logits_of_peft() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("merged.gguf");
    let export = Export::new(&data("tiny-llama-f32.gguf"), Some(&data("tiny-llama-lora")), FileType::F32).unwrap();
    export.write(&path, &[], &mut quiet).unwrap();
    let oracle: Json = serde_json::from_str(include_str!("oracle/decoder.json")).unwrap();
    let tokens: Vec<u32> = serde_json::from_value(oracle["tokens"].clone()).unwrap();
    let want: Vec<Vec<f32>> = serde_json::from_value(oracle["tiny-llama-lora"].clone()).unwrap();
    let want = want.concat();
    let (got, _) = logits(&path, None, &tokens);
    let got = &got[got.len() - want.len()..];
    let worst = got.iter().zip(&want).fold(0.0f32, |worst, (got, want)| worst.max((got - want).abs()));
    assert!(worst < 1e-4, "logits differ by {worst}");
}

#[test]
fn exported_logits_lie_within_the_types_bound() {
    let folder = tempfile::tempdir().unwrap();
    for base in BASES {
        for rslora in [false, true] {
            let lora = folder.path().join(format!("{base}-{rslora}"));
            adapter(&data(base), &lora, rslora);
            let (want, _) = logits(&data(base), Some(&lora), &tokens());
            let (plain, _) = logits(&data(base), None, &tokens());
            assert!(apart(&plain, &want) > 0.1, "{base}: the adapter hardly changes anything");
            // These models are random and their attention is sharp, so that errors grow; the bounds are about twice what
            // was measured.
            for (file_type, bound) in [
                (FileType::F32, 2e-5),
                (FileType::F16, 1e-2),
                (FileType::BF16, 6e-2),
                (FileType::Q8_0, 0.1),
                (FileType::Q5KM, 0.6),
            ] {
                let path = folder.path().join(format!("{base}-{rslora}-{}", file_type.name()));
                let export = Export::new(&data(base), Some(&lora), file_type).unwrap();
                export.write(&path, &[], &mut quiet).unwrap();
                let (got, _) = logits(&path, None, &tokens());
                let error = apart(&got, &want);
                assert!(error <= bound, "{base} as {}: {error}", file_type.name());
            }
        }
    }
}

#[test]
fn an_exported_file_reads_text_as_its_base_does() {
    let texts: Json = serde_json::from_str(include_str!("oracle/tiny_gguf.json")).unwrap();
    let texts: Vec<String> = serde_json::from_value(texts["strings"].clone()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for base in BASES {
        let path = folder.path().join(base);
        let name = ("general.name".to_string(), Some(Value::Text("PM-General v2".to_string())));
        Export::new(&data(base), None, FileType::Q8_0).unwrap().write(&path, &[name], &mut quiet).unwrap();
        let (old, new) = (open(&data(base)).unwrap(), open(&path).unwrap());
        assert_eq!(old.config, new.config, "{base}");
        assert_eq!(old.chat.stop_ids(), new.chat.stop_ids(), "{base}");
        for text in &texts {
            assert_eq!(old.chat.encode(text).unwrap(), new.chat.encode(text).unwrap(), "{base}: {text:?}");
        }
    }
}

#[test]
fn a_folder_holds_what_the_file_holds() {
    let texts: Json = serde_json::from_str(include_str!("oracle/tiny_gguf.json")).unwrap();
    let texts: Vec<String> = serde_json::from_value(texts["strings"].clone()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for base in ["tiny-qwen2.gguf", "tiny-folder"] {
        let (lora, path) = (folder.path().join(format!("{base}-lora")), folder.path().join(format!("{base}-merged")));
        adapter(&data(base), &lora, false);
        let (want, vocab) = logits(&data(base), Some(&lora), &tokens());
        write_folder(&data(base), Some(&lora), &path, FileType::F32, None, &mut quiet).unwrap();
        let (got, _) = logits(&path, None, &tokens());
        let error = apart(&got, &want);
        assert!(error <= 1e-5, "{base}: {error}");
        let (old, new) = (open(&data(base)).unwrap(), open(&path).unwrap());
        assert_eq!(in_32_bits(old.config), in_32_bits(new.config.clone()), "{base}");
        assert_eq!(old.chat.stop_ids(), new.chat.stop_ids(), "{base}");
        assert_eq!(old.chat.template_hash(), new.chat.template_hash(), "{base}");
        assert_eq!(new.config.vocab, vocab);
        for text in &texts {
            assert_eq!(old.chat.encode(text).unwrap(), new.chat.encode(text).unwrap(), "{base}: {text:?}");
        }
    }
}

#[test]
fn a_folder_becomes_a_file_that_answers_the_same() {
    let texts: Json = serde_json::from_str(include_str!("oracle/tiny_gguf.json")).unwrap();
    let texts: Vec<String> = serde_json::from_value(texts["strings"].clone()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    // One with SentencePiece and permuted rows in shards of 16 bits; one with byte-level BPE and biases, made of a file.
    let made = folder.path().join("qwen2");
    write_folder(&data("tiny-qwen2.gguf"), None, &made, FileType::F32, None, &mut quiet).unwrap();
    for base in [data("tiny-folder"), made] {
        let (lora, path) = (folder.path().join("lora"), folder.path().join("out.gguf"));
        adapter(&base, &lora, false);
        let (want, _) = logits(&base, Some(&lora), &tokens());
        let export = Export::new(&base, Some(&lora), FileType::F32).unwrap();
        export.write(&path, &[], &mut quiet).unwrap();
        export.verify(&path, &[]).unwrap();
        let (got, _) = logits(&path, None, &tokens());
        let error = apart(&got, &want);
        assert!(error <= 1e-5, "{}: {error}", base.display());
        let (old, new) = (open(&base).unwrap(), open(&path).unwrap());
        assert_eq!(in_32_bits(old.config), in_32_bits(new.config), "{}", base.display());
        assert_eq!(old.chat.template(), new.chat.template());
        let ends = |chat: &Chat| chat.stop_ids().iter().copied().collect::<BTreeSet<u32>>();
        assert_eq!(ends(&old.chat), ends(&new.chat), "{}", base.display());
        assert_eq!(old.chat.end_of_turn(), new.chat.end_of_turn(), "{}", base.display());
        for text in &texts {
            assert_eq!(old.chat.answer_ids(text).unwrap(), new.chat.answer_ids(text).unwrap(), "{text:?}");
        }
        std::fs::remove_file(&path).unwrap();
        std::fs::remove_dir_all(&lora).unwrap();
    }
}

#[test]
fn a_file_read_back_is_held_to_its_types() {
    let folder = tempfile::tempdir().unwrap();
    let (base, lora) = (data("tiny-phi3.gguf"), folder.path().join("lora"));
    adapter(&base, &lora, false);
    let mut last = 0.0;
    for file_type in FileType::ALL {
        let path = folder.path().join(file_type.name());
        let export = Export::new(&base, Some(&lora), file_type).unwrap();
        export.write(&path, &[], &mut quiet).unwrap();
        let checked = export.verify(&path, &[]).unwrap();
        assert_eq!(checked.len(), export.tensors().len());
        let renamed = [("general.name".to_string(), Some(Value::Text("other".to_string())))];
        let error = export.verify(&path, &renamed).unwrap_err().to_string();
        assert!(error.contains("the key `general.name`"), "{error}");
        let gate = checked.iter().find(|tensor| tensor.name == "blk.0.ffn_up.weight").unwrap();
        if [FileType::F32, FileType::F16, FileType::Q8_0, FileType::Q5_0, FileType::Q4_0].contains(&file_type) {
            assert!(gate.relative_error >= last, "{}: {} after {last}", gate.type_name, gate.relative_error);
            last = gate.relative_error;
        }
        // A damaged file is found out: one byte of the last tensor's first block.
        let mut bytes = std::fs::read(&path).unwrap();
        let at = bytes.len() - export.tensors().last().unwrap().bytes as usize;
        bytes[at + 1] ^= 0x44;
        std::fs::write(&path, bytes).unwrap();
        let error = export.verify(&path, &[]).unwrap_err().to_string();
        assert!(error.contains("is off by"), "{}: {error}", file_type.name());
    }
    assert!(last > 0.05, "Q4_0 is coarse: {last}");
}

#[test]
fn an_adapter_alone_says_what_llama_cpp_needs() {
    let folder = tempfile::tempdir().unwrap();
    let (lora, path) = (folder.path().join("lora"), folder.path().join("lora.gguf"));
    adapter(&data("tiny-llama.gguf"), &lora, true);
    let name = ("general.name".to_string(), Value::Text("PM-General v2".to_string()));
    let written = write_lora(&data("tiny-llama.gguf"), &lora, &path, &[name]).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    assert_eq!(written.bytes, bytes.len() as u64);
    let has = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    for text in ["adapter.lora.alpha", "blk.0.attn_q.weight.lora_a", "blk.0.ffn_down.weight.lora_b", "PM-General v2"] {
        assert!(has(text), "{text}");
    }
    // rsLoRA: alpha / √rank = 4 is alpha' / rank with alpha' = 16.
    let key = b"adapter.lora.alpha";
    let at = bytes.windows(key.len()).position(|window| window == key).unwrap() + key.len();
    assert_eq!(bytes[at..at + 8], [&6u32.to_le_bytes()[..], &16f32.to_le_bytes()].concat()[..]);
}

#[test]
fn nothing_is_overwritten_and_nothing_half_written_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let base = data("tiny-llama.gguf");
    let names = || -> Vec<PathBuf> { std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().path()).collect() };
    let path = folder.path().join("out.gguf");
    let export = Export::new(&base, None, FileType::Q8_0).unwrap();
    let mut calls = 0;
    let stopped = export.write(&path, &[], &mut |_| {
        calls += 1;
        if calls == 3 { Err(Error::new(Kind::Interrupted, "stopped")) } else { Ok(()) }
    });
    assert_eq!(stopped.unwrap_err().kind, Kind::Interrupted);
    assert_eq!(names(), Vec::<PathBuf>::new());

    std::fs::write(&path, "mine").unwrap();
    let error = export.write(&path, &[], &mut quiet).unwrap_err().to_string();
    assert!(error.contains("exists already") && error.contains("help: "), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), b"mine");
    let error = write_folder(&data("tiny-qwen2.gguf"), None, &path, FileType::F16, None, &mut quiet).unwrap_err();
    assert!(error.to_string().contains("exists already"), "{error}");

    let other = folder.path().join("other");
    let error = write_folder(&base, None, &other, FileType::Q8_0, None, &mut quiet).unwrap_err().to_string();
    assert!(error.contains("cannot hold Q8_0"), "{error}");
    let error = write_folder(&base, None, &other, FileType::F16, None, &mut quiet).unwrap_err().to_string();
    assert!(error.contains("scales positions"), "{error}");
    let error = FileType::parse("Q3_K_M").unwrap_err().to_string();
    assert!(error.contains("\"Q3_K_M\"") && error.contains("Q4_K_M"), "{error}");
    assert_eq!(names(), [path]);
}

#[test]
fn a_number_beyond_the_type_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (base, lora) = (data("tiny-qwen2.gguf"), folder.path().join("lora"));
    let (config, _) = open_weights(&base).unwrap();
    let plain = LoraConfig { rank: 2, alpha: 4.0, rslora: false, targets: vec![] };
    let mut weights = LoraWeights::new(&config, plain, 7).unwrap();
    // Two products of 40,000, twice: more than the 65,504 of 16 bits.
    weights.values.fill(200.0);
    weights.save(&lora, "base").unwrap();
    let path = folder.path().join("out.gguf");
    let write = |file_type| Export::new(&base, Some(&lora), file_type).unwrap().write(&path, &[], &mut quiet);
    let error = write(FileType::F16).unwrap_err().to_string();
    assert!(error.contains("holds a number that F16 cannot") && error.contains("BF16"), "{error}");
    assert!(!path.exists());
    write(FileType::BF16).unwrap();
}

/// Writes what `tests/oracle/export_run.py` hands to llama.cpp, and what we make of it ourselves, to `$EXPORT_RUN`.
#[test]
#[ignore = "for tests/oracle/export_run.py, which needs llama-cpp-python"]
fn files_for_llama_cpp() {
    let folder = PathBuf::from(std::env::var("EXPORT_RUN").unwrap());
    let mut expected = serde_json::Map::new();
    let bases = BASES.map(|base| (base.strip_suffix(".gguf").unwrap(), data(base)));
    let folders = FOLDERS.map(|name| (name, with_words(name, &folder)));
    for (name, base) in bases.into_iter().chain(folders) {
        let file = |kind: &str| folder.join(format!("{name}-{kind}.gguf"));
        let lora = folder.join(format!("{name}-lora"));
        adapter(&base, &lora, true);
        let write = |lora, file_type: FileType, path: &Path| {
            // llama.cpp rounds its context up to 256 positions, beyond which phi3's other factors would count.
            let longer = ("phi3.rope.scaling.original_context_length".to_string(), Some(Value::U32(256)));
            let keys: Vec<_> = name.contains("phi3").then_some(longer).into_iter().collect();
            Export::new(&base, lora, file_type).unwrap().write(path, &keys, &mut quiet).unwrap();
        };
        write(None, FileType::F32, &file("base"));
        write(Some(lora.as_path()), FileType::F32, &file("F32"));
        write(Some(lora.as_path()), FileType::Q8_0, &file("Q8_0"));
        write_lora(&base, &lora, &file("lora"), &[]).unwrap();
        let (logits, vocab) = logits(&base, Some(&lora), &tokens());
        let last = &logits[logits.len() - vocab..];
        expected.insert(name.to_string(), serde_json::json!({"tokens": tokens(), "logits": last}));
    }
    std::fs::write(folder.join("expected.json"), Json::Object(expected).to_string()).unwrap();
}

#[test]
fn the_token_that_a_lent_template_ends_turns_with_ends_answers_of_a_folder_too() {
    let folder = tempfile::tempdir().unwrap();
    let (base, out) = (with_words("tiny-qwen3", folder.path()), folder.path().join("out"));
    std::fs::remove_file(base.join("chat_template.jinja")).unwrap();
    std::fs::write(base.join("generation_config.json"), r#"{"eos_token_id": 0, "use_cache": true}"#).unwrap();
    let bare = open(&base).unwrap().chat;
    assert!(bare.template().is_none(), "its tokenizer has no tokens for turns");
    let lent = bare.lend(LentTemplate::Alpaca).unwrap();
    write_folder(&base, None, &out, FileType::F32, lent.template(), &mut quiet).unwrap();
    let written = std::fs::read_to_string(out.join("generation_config.json")).unwrap();
    let written: Json = serde_json::from_str(&written).unwrap();
    assert_eq!((lent.end_of_turn(), &written["use_cache"]), (2, &Json::Bool(true)));
    assert_eq!(written["eos_token_id"], serde_json::json!([2, 0]));
    let back = open(&out).unwrap().chat;
    assert_eq!((back.template(), back.end_of_turn()), (lent.template(), 2));
}
