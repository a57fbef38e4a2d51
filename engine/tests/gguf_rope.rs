//! Rotary embedding as GGUF files of all years describe it, against llama.cpp (`tests/oracle/gguf_rope.py`).

use crate::tiny::data;
use candle_core::Device;
use pmtune_engine::files::open_weights;
use pmtune_engine::model::{Composite, Decoder, Forward, Span};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Oracle {
    tokens: Vec<u32>,
    logits: BTreeMap<String, Vec<f32>>,
}

fn last_logits<M: Forward>(model: &M, tokens: &[u32]) -> Vec<f32> {
    let mut cache = model.cache();
    let hidden = model.forward(tokens, &mut [Span { rows: tokens.len(), cache: &mut cache, adapter: None }]).unwrap();
    model.logits(&hidden[hidden.len() - model.config().hidden..]).unwrap()
}

#[test]
fn logits_equal_llama_cpp() {
    let oracle: Oracle = serde_json::from_str(include_str!("oracle/gguf_rope.json")).unwrap();
    assert_eq!(oracle.logits.len(), 8);
    for (name, want) in &oracle.logits {
        let (config, weights) = open_weights(&data("rope").join(format!("{name}.gguf"))).unwrap();
        assert_eq!(config.context_length, if name == "longrope" { 256 } else { 512 }, "{name}");
        let here = Decoder::load(config.clone(), weights.as_ref()).unwrap();
        let there = Composite::load(config, weights.as_ref(), Device::Cpu).unwrap();
        for got in [last_logits(&here, &oracle.tokens), last_logits(&there, &oracle.tokens)] {
            let worst = got.iter().zip(want).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(worst < 1e-3, "{name}: logits differ by {worst}");
        }
    }
}
