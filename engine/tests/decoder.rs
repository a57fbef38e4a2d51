//! The decoder against transformers and PEFT on tiny random checkpoints (`tests/oracle/decoder.py`).

use crate::tiny::{composite, data, decoder, parts};
use pmtune_engine::files::Config;
use pmtune_engine::model::{Forward, Span};
use serde_json::Value;

fn oracle() -> Value {
    serde_json::from_str(include_str!("oracle/decoder.json")).unwrap()
}

fn tokens() -> Vec<u32> {
    oracle()["tokens"].as_array().unwrap().iter().map(|t| t.as_u64().unwrap() as u32).collect()
}

/// Logits for every token, fed in pieces of the given sizes.
fn logits<M: Forward>(decoder: &M, adapter: Option<&M::Adapter>, tokens: &[u32], pieces: &[usize]) -> Vec<Vec<f32>> {
    let (mut cache, mut rows, mut start) = (decoder.cache(), Vec::new(), 0);
    for &piece in pieces {
        let mut span = [Span { rows: piece, cache: &mut cache, adapter }];
        let hidden = decoder.forward(&tokens[start..start + piece], &mut span).unwrap();
        rows.extend(logit_rows(decoder, &hidden));
        start += piece;
    }
    rows
}

/// Logits after each row of hidden states.
fn logit_rows(decoder: &impl Forward, hidden: &[f32]) -> Vec<Vec<f32>> {
    decoder.logits(hidden).unwrap().chunks_exact(decoder.config().vocab).map(<[f32]>::to_vec).collect()
}

fn assert_close(got: &[Vec<f32>], name: &str) {
    let oracle = oracle();
    let want = oracle[name].as_array().unwrap();
    let mut worst = 0f64;
    for (got, want) in got[got.len() - want.len()..].iter().zip(want) {
        for (got, want) in got.iter().zip(want.as_array().unwrap()) {
            worst = worst.max((f64::from(*got) - want.as_f64().unwrap()).abs());
        }
    }
    assert!(worst < 1e-4, "{name}: logits differ by {worst}");
}

const MODELS: [&str; 9] = [
    "tiny-llama",
    "tiny-qwen2",
    "tiny-phi3",
    "tiny-qwen3",
    "tiny-olmo2",
    "tiny-gemma3",
    "tiny-gemma3-scaled",
    "tiny-smollm3",
    "tiny-granite",
];

#[test]
fn logits_equal_transformers() {
    for name in MODELS {
        let decoder = decoder(name);
        assert_close(&logits(&decoder, None, &tokens(), &[24]), name);
        // Candle's own operations, whole and behind what was kept.
        let composite = composite(name);
        assert_close(&logits(&composite, None, &tokens(), &[24]), name);
        assert_close(&logits(&composite, None, &tokens(), &[1, 9, 1, 13]), name);
    }
}

/// The same checkpoints as llama.cpp's own converter writes them.
#[test]
fn files_of_llama_cpp_say_the_same() {
    for name in ["tiny-qwen3", "tiny-olmo2", "tiny-gemma3", "tiny-smollm3", "tiny-granite"] {
        let file = format!("{name}-f32.gguf");
        assert_close(&logits(&decoder(&file), None, &tokens(), &[24]), name);
        let ((of_file, _), (of_folder, _)) = (parts(&file, |_| ()), parts(name, |_| ()));
        let rounded = |number: f64| f64::from(number as f32);
        let eps = rounded(of_folder.norm_eps);
        assert_eq!(of_file, Config { norm_eps: eps, ..of_folder }, "{name}");
    }
}

#[test]
fn logits_do_not_depend_on_chunks_or_batch() {
    for name in MODELS {
        let decoder = decoder(name);
        let tokens: Vec<u32> = tokens().repeat(6); // longer than a page of the cache
        let whole = logits(&decoder, None, &tokens, &[144]);
        assert_eq!(whole, logits(&decoder, None, &tokens, &[1, 40, 2, 60, 1, 1, 39]), "{name} in chunks");

        // The same sequence behind a shared prefix, in a batch with others of other lengths.
        let mut prefix = decoder.cache();
        decoder.forward(&tokens[..37], &mut [Span { rows: 37, cache: &mut prefix, adapter: None }]).unwrap();
        let (mut first, mut second, mut other) = (prefix.clone(), prefix, decoder.cache());
        let batch = [&tokens[..50], &tokens[37..], &tokens[37..100]].concat();
        let mut spans = [(50, &mut other), (107, &mut first), (63, &mut second)].map(|(rows, cache)| Span {
            rows,
            cache,
            adapter: None,
        });
        let hidden = decoder.forward(&batch, &mut spans).unwrap();
        let rows = logit_rows(&decoder, &hidden);
        assert_eq!(rows[..50], whole[..50], "{name} beside others");
        assert_eq!(rows[50..157], whole[37..], "{name} behind a shared prefix");
        assert_eq!(rows[157..], whole[37..100], "{name} behind a shared prefix");
    }
}

#[test]
fn log_probabilities_are_those_of_the_logits() {
    let decoder = decoder("tiny-qwen2");
    let (tokens, mut cache) = (tokens(), decoder.cache());
    let span = &mut [Span { rows: 23, cache: &mut cache, adapter: None }];
    let hidden = decoder.forward(&tokens[..23], span).unwrap();
    let got = decoder.log_probs(&hidden, &tokens[1..]).unwrap();
    let logits = candle_core::Tensor::new(logit_rows(&decoder, &hidden), &candle_core::Device::Cpu).unwrap();
    let want = candle_nn::ops::log_softmax(&logits, 1).unwrap().to_vec2::<f32>().unwrap();
    for (i, got) in got.iter().enumerate() {
        assert!((got - want[i][tokens[i + 1] as usize]).abs() < 1e-5);
    }
}

#[test]
fn adapter_equals_peft_and_touches_only_its_own_rows() {
    let decoder = decoder("tiny-llama");
    let adapter = decoder.adapter(&data("tiny-llama-lora")).unwrap();
    let (tokens, plain) = (tokens(), logits(&decoder, None, &tokens(), &[24]));
    let tuned = logits(&decoder, Some(&adapter), &tokens, &[10, 14]);
    assert_close(&tuned, "tiny-llama-lora");

    let (mut first, mut second, mut third) = (decoder.cache(), decoder.cache(), decoder.cache());
    let mut spans = [(&mut first, None), (&mut second, Some(&adapter)), (&mut third, None)]
        .map(|(cache, adapter)| Span { rows: 24, cache, adapter });
    let hidden = decoder.forward(&tokens.repeat(3), &mut spans).unwrap();
    let rows = logit_rows(&decoder, &hidden);
    assert_eq!(rows[..24], plain);
    assert_eq!(rows[24..48], tuned);
    assert_eq!(rows[48..], plain);
}

#[test]
fn adapter_for_another_base_lists_all_misfits() {
    let decoder = decoder("tiny-phi3");
    let error = decoder.adapter(&data("tiny-llama-lora")).err().unwrap().to_string();
    for part in ["does not fit this base", "layers.0.self_attn.q_proj.lora_A", "layers.1.mlp.gate_proj.lora_B"] {
        assert!(error.contains(part), "{part} is not in: {error}");
    }
}
