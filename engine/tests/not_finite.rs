//! A number that is not finite ends the answers it is part of, on every path, and no other.

use crate::generate::{chat, run};
use crate::tiny::{data, parts};
use candle_core::{DType, Device, Tensor};
use pmtune_engine::error::Result;
use pmtune_engine::files::{Config, Weight, Weights};
use pmtune_engine::generate::{Conversation, Engine, Job, Outcome, Sampling, Work};
use pmtune_engine::model::{Composite, Decoder, Forward, Passage, Trainee};
use std::ops::ControlFlow;
use std::sync::Arc;

/// Weights of which one is another.
struct Broken {
    weights: Box<dyn Weights>,
    name: String,
    weight: Weight,
}

impl Weights for Broken {
    fn get(&self, name: &str, shape: &[usize]) -> Result<Weight> {
        if name == self.name { Ok(self.weight.clone()) } else { self.weights.get(name, shape) }
    }

    fn contains(&self, name: &str) -> bool {
        self.weights.contains(name)
    }
}

/// The tiny llama with one number of one weight set.
fn broken(name: &str, row: usize, value: f32) -> (Config, Broken) {
    let (config, weights) = parts("tiny-llama", |_| ());
    let shape: &[usize] = match name {
        "model.norm.weight" => &[32],
        "model.embed_tokens.weight" | "lm_head.weight" => &[96, 32],
        name if name.contains("gate_proj") => &[48, 32],
        name if name.contains("down_proj") => &[32, 48],
        name if name.contains("k_proj") || name.contains("v_proj") => &[16, 32],
        _ => &[32, 32],
    };
    let Weight::Dense(tensor) = weights.get(name, shape).unwrap() else { panic!("{name} is quantized") };
    let mut values: Vec<f32> = tensor.to_dtype(DType::F32).unwrap().flatten_all().unwrap().to_vec1().unwrap();
    values[row * shape.get(1).copied().unwrap_or(1)] = value;
    let weight = Weight::Dense(Tensor::from_vec(values, shape, &Device::Cpu).unwrap());
    (config, Broken { weights, name: name.to_string(), weight })
}

/// One job of each kind, all behind the same ten words; `last` comes after them.
fn jobs(last: u32) -> Vec<Job> {
    let prompt: Vec<u32> = (1..11).chain([last]).collect();
    let sampled = Sampling { temperature: 1.0, max_tokens: 4, ..Sampling::default() };
    let works = [
        Work::Write(Sampling { max_tokens: 4, ..Sampling::default() }),
        Work::Write(sampled),
        Work::Write(Sampling { repetition_penalty: 1.2, max_tokens: 4, ..Sampling::default() }),
        Work::Score(vec![3, 4, 5]),
    ];
    works.into_iter().enumerate().map(|(id, work)| Job { id, adapter: None, prompt: prompt.clone(), work }).collect()
}

fn assert_all_fail<M: Forward>(model: M, what: &str) {
    let engine = Engine::new(Arc::new(model), Arc::new(chat()), Vec::new());
    for (id, outcome) in run(&engine, jobs(20)) {
        assert!(outcome.clone().is_err_and(|e| e.contains("not finite")), "{what}, job {id}: {outcome:?}");
    }
    let answer =
        Conversation::new(&engine, None).answer(&[1, 2, 3], &Sampling::default(), &mut |_| ControlFlow::Continue(()));
    assert!(answer.is_err_and(|e| e.to_string().contains("not finite")), "{what}, in a conversation");
}

const PLACES: [(&str, usize); 8] = [
    ("model.layers.0.self_attn.q_proj.weight", 3),
    ("model.layers.0.self_attn.k_proj.weight", 0),
    ("model.layers.1.self_attn.v_proj.weight", 5),
    ("model.layers.1.self_attn.o_proj.weight", 1),
    ("model.layers.0.mlp.gate_proj.weight", 7),
    ("model.layers.1.mlp.down_proj.weight", 2),
    ("model.norm.weight", 4),
    ("lm_head.weight", 9),
];

#[test]
fn a_weight_that_is_no_number_fails_every_answer() {
    for (weight, row) in PLACES {
        for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let (config, weights) = broken(weight, row, value);
            let what = format!("{value} in {weight}");
            assert_all_fail(Decoder::load(config.clone(), &weights).unwrap(), &what);
            assert_all_fail(Composite::load(config, &weights, Device::Cpu).unwrap(), &what);
        }
    }
    // Finite, but its square is not: the norm must not make a nothing of it.
    let (config, weights) = broken("model.layers.0.mlp.down_proj.weight", 2, 1e30);
    assert_all_fail(Decoder::load(config.clone(), &weights).unwrap(), "1e30");
    assert_all_fail(Composite::load(config, &weights, Device::Cpu).unwrap(), "1e30");
}

#[test]
fn one_answers_fault_is_its_own() {
    let (config, weights) = broken("model.embed_tokens.weight", 77, f32::NAN);
    let decoder = Decoder::load(config, &weights).unwrap();
    let engine = Engine::new(Arc::new(decoder), Arc::new(chat()), Vec::new());
    let (good, bad) = (jobs(20), jobs(77));
    let alone = run(&engine, good.clone());
    assert!(alone.values().all(Result::is_ok));
    let bad = bad.into_iter().map(|job| Job { id: job.id + 10, ..job });
    // A shared beginning that holds it, too.
    let stem: Vec<u32> = (30..40).chain([77]).chain(40..50).collect();
    let stems = (0..3).map(|i| Job { id: 20 + i as usize, prompt: [&stem[..], &[i]].concat(), ..good[0].clone() });
    let together = run(&engine, good.iter().cloned().chain(bad).chain(stems).collect());
    for (id, outcome) in &together {
        match id {
            0..10 => assert_eq!(outcome, &alone[id]),
            _ => assert!(outcome.clone().is_err_and(|e| e.contains("not finite")), "{id}: {outcome:?}"),
        }
    }
    assert_eq!(together.len(), 11);
    // A conversation recovers once the word is gone.
    let mut conversation = Conversation::new(&engine, None);
    let mut ask = |prompt: &[u32]| {
        conversation
            .answer(prompt, &Sampling { max_tokens: 3, ..Sampling::default() }, &mut |_| ControlFlow::Continue(()))
    };
    assert!(ask(&[1, 2, 77]).is_err());
    assert!(matches!(ask(&[1, 2, 3]).unwrap(), Outcome::Written { .. }));
}

#[test]
fn the_loss_of_a_broken_base_is_no_number() {
    let lora = |config: &pmtune_engine::files::Config| {
        pmtune_engine::files::LoraWeights::load(&data("tiny-llama-lora"), config).unwrap()
    };
    for (weight, row) in PLACES {
        let (config, weights) = broken(weight, row, f32::NEG_INFINITY);
        let decoder = Decoder::load(config.clone(), &weights).unwrap();
        let lora = lora(&config);
        let passage = Passage { tokens: &[5, 6, 7, 8], supervised: &[false, true, true, true] };
        let loss = Trainee::new(&decoder, &lora, false).loss(&lora.values, &[passage]).unwrap();
        assert!(!loss.is_finite(), "{weight}: {loss}");
    }
}

#[test]
fn a_token_without_an_embedding_is_named() {
    let (config, weights) = parts("tiny-llama", |_| ());
    let engine = Engine::new(Arc::new(Decoder::load(config, weights.as_ref()).unwrap()), Arc::new(chat()), Vec::new());
    let score = Job { work: Work::Score(vec![3, 96]), ..jobs(20)[3].clone() };
    for job in [jobs(96)[0].clone(), score] {
        let outcome = run(&engine, vec![job]).into_values().next().unwrap();
        assert!(outcome.is_err_and(|e| e.contains("number 96") && e.contains("help: ")));
    }
}
