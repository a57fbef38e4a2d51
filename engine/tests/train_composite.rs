//! Training in candle's own operations and training in the processor's fused ones: the same loss, the same gradients.
//!
//! Two ways to one result that share no arithmetic, so each is the other's oracle.

use crate::tiny::{data, parts};
use candle_core::Device;
use pmtune_engine::files::{Config, LoraConfig, LoraWeights, Weights, open_weights};
use pmtune_engine::model::{Composite, Decoder, Dropout, Forward, Passage, Trainee};

/// Whole blocks and odd ends of the fused attention, sequences of one and two tokens, and one that teaches nothing.
const LENGTHS: [usize; 5] = [151, 2, 67, 5, 3];

struct Random(u64);

impl Random {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 40) as f32 / (1u64 << 24) as f32 - 0.5
    }
}

/// Tokens, and which are taught: not the first ones, and not the very last of every other sequence.
fn sequences(vocab: usize) -> Vec<(Vec<u32>, Vec<bool>)> {
    let mut random = Random(1);
    let of_length = |(index, &len): (usize, &usize)| {
        let tokens = (0..len).map(|_| ((random.next() + 0.5) * vocab as f32) as u32 % vocab as u32).collect();
        let taught = |i: usize| index != 4 && i > 0 && i >= len / 3 && (i % 5 != 3) && (index % 2 == 1 || i + 1 < len);
        (tokens, (0..len).map(taught).collect())
    };
    LENGTHS.iter().enumerate().map(of_length).collect()
}

/// The same model twice.
struct Both {
    decoder: Decoder,
    composite: Composite,
}

impl Both {
    fn of(config: Config, weights: &dyn Weights) -> Self {
        let decoder = Decoder::load(config.clone(), weights).unwrap();
        Self { decoder, composite: Composite::load(config, weights, Device::Cpu).unwrap() }
    }

    fn changed(name: &str, change: impl FnOnce(&mut Config)) -> Self {
        let (config, weights) = parts(name, change);
        Self::of(config, weights.as_ref())
    }

    fn tiny(name: &str) -> Self {
        Self::changed(name, |_| ())
    }
}

fn adapter(Both { decoder, .. }: &Both, rslora: bool, targets: &[&str]) -> LoraWeights {
    let targets = targets.iter().map(|t| t.to_string()).collect();
    let mut lora = LoraWeights::new(decoder.config(), LoraConfig { rank: 3, alpha: 5.0, rslora, targets }, 3).unwrap();
    let mut random = Random(2);
    // An adapter that has already learnt something, else the gradients of A were all zero.
    lora.values.iter_mut().for_each(|value| *value += random.next() * 0.4);
    lora
}

fn check(what: &str, both: &Both, lora: &LoraWeights, dropout: Option<Dropout>) {
    let Both { decoder, composite } = both;
    let sequences = sequences(decoder.config().vocab);
    let passages: Vec<_> = sequences.iter().map(|(tokens, supervised)| Passage { tokens, supervised }).collect();
    let run = |trainee: Trainee<'_>| {
        let mut gradients = vec![0.0; lora.values.len()];
        let loss = trainee.gradients(&lora.values, &passages, 0.7, dropout, &mut gradients).unwrap();
        if dropout.is_none() {
            let alone = trainee.loss(&lora.values, &passages).unwrap();
            assert!((alone - loss).abs() <= 1e-6 * loss, "{what}: {alone} without gradients, {loss} with");
        }
        (loss, gradients)
    };
    let (loss, gradients) = run(Trainee::new(decoder, lora, false));
    let (want, wanted) = run(Trainee::on(composite, lora));
    assert!((loss - want).abs() <= 1e-5 * want, "{what}: a loss of {loss}, and {want} in plain operations");
    for pair in &lora.pairs {
        for (name, range) in [("A", &pair.a), ("B", &pair.b)] {
            let (got, want) = (&gradients[range.clone()], &wanted[range.clone()]);
            let most = want.iter().fold(0.0f32, |most, v| most.max(v.abs()));
            let off = got.iter().zip(want).fold(0.0f32, |off, (a, b)| off.max((a - b).abs()));
            assert!(most > 1e-6, "{what}: no gradient reaches {name} of {}", pair.module);
            assert!(off <= 1e-4 * most, "{what}: {name} of {} is off by {off} of {most}", pair.module);
        }
    }
}

fn check_all_ways(what: &str, both: &Both, subset: &[&str]) {
    let dropout = Some(Dropout { rate: 0.3, seed: 11 });
    check(what, both, &adapter(both, false, &[]), None);
    check(&format!("{what}, dropout"), both, &adapter(both, false, &[]), dropout);
    check(&format!("{what}, {subset:?}"), both, &adapter(both, true, subset), dropout);
}

#[test]
fn separate_projections() {
    check_all_ways("llama", &Both::tiny("tiny-llama"), &["q_proj", "v_proj", "down_proj"]);
}

#[test]
fn biases_and_a_tied_head() {
    check_all_ways("qwen2", &Both::tiny("tiny-qwen2"), &["k_proj", "up_proj", "o_proj"]);
}

#[test]
fn fused_projections_and_a_short_window() {
    check_all_ways("phi3", &Both::tiny("tiny-phi3"), &["qkv_proj"]);
}

#[test]
fn norms_of_heads() {
    check_all_ways("qwen3", &Both::tiny("tiny-qwen3"), &["q_proj", "k_proj"]);
}

#[test]
fn norms_behind_the_halves() {
    check_all_ways("olmo2", &Both::tiny("tiny-olmo2"), &["k_proj", "o_proj", "down_proj"]);
}

#[test]
fn gelu_windows_on_some_layers_and_a_cap() {
    check_all_ways("gemma3", &Both::tiny("tiny-gemma3"), &["q_proj", "gate_proj"]);
    check_all_ways("gemma3, scaled", &Both::tiny("tiny-gemma3-scaled"), &["v_proj", "up_proj"]);
}

#[test]
fn layers_without_positions() {
    check_all_ways("smollm3", &Both::tiny("tiny-smollm3"), &["k_proj", "o_proj"]);
}

#[test]
fn scales_of_everything() {
    check_all_ways("granite", &Both::tiny("tiny-granite"), &["q_proj", "o_proj", "down_proj"]);
}

/// Windows that end within a block of the fused attention, at its border and behind it.
#[test]
fn windows_of_many_lengths() {
    for window in [2, 63, 64, 70, 150, 400] {
        let both = Both::changed("tiny-llama", |config| config.sliding_window = Some(window));
        check(&format!("a window of {window}"), &both, &adapter(&both, false, &[]), None);
    }
}

#[test]
fn rotations_that_are_partial_scaled_and_stretched() {
    let change = |config: &mut Config| {
        config.rope_dims = 4;
        config.rope_factors = Some(vec![1.5, 4.0]);
        config.rope_attn_factor = 1.2;
    };
    let both = Both::changed("tiny-llama", change);
    check("partial rotation", &both, &adapter(&both, false, &[]), None);
}

#[test]
fn quantized_bases() {
    for name in ["tiny-llama.gguf", "tiny-qwen2.gguf", "tiny-phi3.gguf"] {
        let (config, weights) = open_weights(&data(name)).unwrap();
        let both = Both::of(config, weights.as_ref());
        check(name, &both, &adapter(&both, false, &[]), Some(Dropout { rate: 0.1, seed: 5 }));
    }
}

#[test]
fn nothing_taught_costs_nothing_and_a_foreign_token_is_refused() {
    let both = Both::tiny("tiny-llama");
    let lora = adapter(&both, false, &[]);
    for trainee in [Trainee::new(&both.decoder, &lora, false), Trainee::on(&both.composite, &lora)] {
        let mut gradients = vec![0.0; lora.values.len()];
        let silent = [Passage { tokens: &[1, 2, 3], supervised: &[false; 3] }];
        assert_eq!(trainee.gradients(&lora.values, &silent, 1.0, None, &mut gradients).unwrap(), 0.0);
        assert_eq!(trainee.loss(&lora.values, &[]).unwrap(), 0.0);
        assert!(gradients.iter().all(|g| *g == 0.0));
        for tokens in [[1, 2, 9000], [1, 9000, 2]] {
            let foreign = [Passage { tokens: &tokens, supervised: &[false, false, true] }];
            let error = trainee.loss(&lora.values, &foreign).unwrap_err().to_string();
            assert!(error.contains("token 9000 is outside"), "{error}");
        }
    }
}
