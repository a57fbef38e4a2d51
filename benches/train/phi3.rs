//! Phi-3 Mini on a small laptop: does a step fit? As `pmtune train` does it there: one sequence at a time, which takes less
//! time than all of them with every layer run twice.

use super::step::{Example, Training};
use super::synthetic::Synthetic;
use super::{Arguments, memory};
use candle_core::quantized::GgmlDType;
use engine::files::{Config, Family, LoraConfig, LoraWeights, Scales};
use engine::model::{Decoder, Forward};
use engine::train::{Sizes, gigabytes};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::time::Instant;

const STEPS: usize = 2;
const RATE: f64 = 2e-4;

pub fn run(arguments: &Arguments) {
    let dtype = arguments.0.first().map_or(GgmlDType::Q4K, |name| dtype(name));
    let (sequences, length) = (arguments.number(1).unwrap_or(4), arguments.number(2).unwrap_or(512));
    let rank = arguments.number(3).unwrap_or(16);
    let config = phi3_mini();
    let vocab = config.vocab;

    let weights = Synthetic::new(dtype).expect("random weights");
    let sizes = Sizes::of(&config, &weights).expect("sizes");
    let start = Instant::now();
    let decoder = Decoder::load(config, &weights).expect("packed weights");
    drop(weights);
    println!(
        "{} weights in {dtype:?}, about {} packed; made and packed in {:.1} s, peak so far {}",
        sizes.parameters,
        gigabytes(sizes.base_bytes),
        start.elapsed().as_secs_f64(),
        memory::words(memory::peak_bytes())
    );
    let config = LoraConfig { rank, alpha: 2.0 * rank as f64, rslora: false, targets: Vec::new() };
    let lora = LoraWeights::new(decoder.config(), config, 1).expect("an adapter");
    println!("{} numbers are trained: rank {rank} on every linear layer", lora.values.len());

    let mut random = ChaCha8Rng::seed_from_u64(2);
    let batch: Vec<Example> = (0..sequences).map(|_| Example::random(&mut random, length, vocab)).collect();
    let taught: usize = batch.iter().map(Example::taught).sum();
    println!("{sequences} × {length} tokens, {taught} of them taught, one sequence at a time");
    let mut training = Training::new(&decoder, lora, false);
    for number in 1..=STEPS {
        let step = training.step_in_parts(&batch, 1, RATE);
        assert!(step.loss.is_finite(), "the loss is {}", step.loss);
        println!("step {number}: {:.1} s, loss {:.4}", step.seconds, step.loss);
    }
    println!("peak memory {} on {} threads", memory::words(memory::peak_bytes()), rayon::current_num_threads());
}

/// Phi-3 Mini 4K Instruct.
fn phi3_mini() -> Config {
    Config {
        family: Family::Phi3,
        hidden: 3072,
        layers: 32,
        heads: 32,
        kv_heads: 32,
        head_dim: 96,
        intermediate: 8192,
        vocab: 32064,
        rope_theta: 1e4,
        rope_dims: 96,
        rope_factors: None,
        rope_attn_factor: 1.0,
        norm_eps: 1e-5,
        context_length: 4096,
        sliding_window: Some(2047),
        global_layers: Vec::new(),
        tie_embeddings: false,
        attention_bias: false,
        local_rope_theta: None,
        unrotated_layers: Vec::new(),
        scales: Scales::default(),
    }
}

fn dtype(name: &str) -> GgmlDType {
    match name {
        "Q4_0" => GgmlDType::Q4_0,
        "Q8_0" => GgmlDType::Q8_0,
        "Q4_K" => GgmlDType::Q4K,
        "Q6_K" => GgmlDType::Q6K,
        other => panic!("{other:?} is none of Q4_0, Q8_0, Q4_K and Q6_K"),
    }
}
