//! Each fused operation and its derivative by itself: against candle's differentiation of the plain one, and against
//! finite differences of its own forward pass. Sizes are odd, and larger than the blocks.

use candle_core::{Device, Tensor, Var};
use std::collections::HashMap;
use std::ops::Range;

use super::super::composite::attention::Places;
use super::super::composite::joined::{Addition, Joined, Pairs};
use super::super::composite::operations as plain;
use super::super::dropout::Mask;
use super::super::forward::Rows;
use super::super::linear::Linear;
use super::super::rope::Rope;
use super::super::{head, ops};
use super::attention;
use super::site::{Saved, Site};
use crate::error::{Error, Result};
use crate::files::{Activation, Config, Family, LoraConfig, LoraPair, LoraWeights, Scales, Weight, Weights};

/// Values between -1 and 1.
fn noise(n: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e3779b97f4a7c15) | 1;
    let mut next = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..n).map(|_| next()).collect()
}

fn tensor(values: &[f32], width: usize) -> Tensor {
    Tensor::from_slice(values, (values.len() / width, width), &Device::Cpu).unwrap()
}

fn variable(values: &[f32], width: usize) -> Var {
    Var::from_tensor(&tensor(values, width)).unwrap()
}

fn values(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

/// The gradient of x when that of `y` is `dy`, as candle derives it.
fn derived(x: &Tensor, y: &Tensor, dy: &[f32]) -> Vec<f32> {
    let dy = Tensor::from_slice(dy, y.shape(), y.device()).unwrap();
    let store = (y * dy).unwrap().sum_all().unwrap().backward().unwrap();
    values(store.get(x).expect("the graph leads to x"))
}

fn close(what: &str, got: &[f32], want: &[f32], tolerance: f32) {
    assert_eq!(got.len(), want.len(), "{what}");
    let most = want.iter().fold(0.0f32, |most, v| most.max(v.abs()));
    assert!(most > 0.0, "{what}: all zero");
    for (i, (got, want)) in got.iter().zip(want).enumerate() {
        assert!((got - want).abs() <= tolerance * most, "{what}[{i}]: {got} against {want}, the largest being {most}");
    }
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}

/// The slope of `dy` · `forward` along some directions, by central differences, is what the gradient `dx` says it is.
fn agrees_with_differences(what: &str, forward: impl Fn(&[f32]) -> Vec<f32>, x: &[f32], dy: &[f32], dx: &[f32]) {
    const STEP: f32 = 2e-3;
    for seed in 0..4 {
        // Half along the gradient, so that the slope is not lost in rounding.
        let length = dot(dx, dx).sqrt() as f32;
        let random = noise(x.len(), 100 + seed);
        let scale = (x.len() as f32).sqrt() / length;
        let direction: Vec<f32> = random.iter().zip(dx).map(|(r, g)| 0.5 * r + 0.5 * g * scale).collect();
        let moved = |step: f32| {
            let x: Vec<f32> = x.iter().zip(&direction).map(|(x, d)| x + step * d).collect();
            dot(&forward(&x), dy)
        };
        let slope = (moved(STEP) - moved(-STEP)) / f64::from(2.0 * STEP);
        let want = dot(dx, &direction);
        assert!((slope - want).abs() <= 2e-3 * want.abs(), "{what}: a slope of {slope}, the gradient says {want}");
    }
}

#[test]
fn rms_norm() {
    let (rows, width, eps) = (21, 37, 1e-3);
    let (x, dy, weight) = (noise(rows * width, 1), noise(rows * width, 2), noise(width, 3));
    let mut dx = vec![0.0; x.len()];
    ops::rms_norm_back(&x, &weight, eps, &dy, &mut dx);
    let (plain_x, plain_weight) = (variable(&x, width), Tensor::from_slice(&weight, width, &Device::Cpu).unwrap());
    let y = plain::rms_norm(&plain_x, &plain_weight, f64::from(eps)).unwrap();
    close("y", &ops::rms_norm(&x, &weight, eps), &values(&y), 1e-6);
    close("dx", &dx, &derived(&plain_x, &y, &dy), 1e-5);
    agrees_with_differences("rms_norm", |x| ops::rms_norm(x, &weight, eps), &x, &dy, &dx);
    // It adds to what is there.
    let mut twice = dx.clone();
    ops::rms_norm_back(&x, &weight, eps, &dy, &mut twice);
    close("added", &twice, &dx.iter().map(|d| 2.0 * d).collect::<Vec<_>>(), 1e-6);
}

#[test]
fn gates() {
    let (rows, width) = (19, 45);
    let x: Vec<f32> = noise(rows * 2 * width, 4).iter().map(|v| 4.0 * v).collect();
    let dy = noise(rows * width, 5);
    for activation in [Activation::Silu, Activation::GeluTanh] {
        let (mut dx, mut y) = (x.clone(), dy.clone());
        ops::gated_back(activation, &mut dx, &mut y, width);
        let plain_x = variable(&x, 2 * width);
        let plain_y = plain::gated(activation, &plain_x).unwrap();
        close("y", &ops::gated(activation, &x, width), &values(&plain_y), 1e-6);
        close("y on the way back", &y, &values(&plain_y), 1e-6);
        close("dx", &dx, &derived(&plain_x, &plain_y, &dy), 1e-5);
        agrees_with_differences("gated", |x| ops::gated(activation, x, width), &x, &dy, &dx);
    }
}

fn attention_config(window: Option<usize>) -> Config {
    Config {
        family: Family::Llama,
        hidden: 36,
        layers: 1,
        heads: 6,
        kv_heads: 2,
        head_dim: 10,
        intermediate: 8,
        vocab: 8,
        rope_theta: 10_000.0,
        rope_dims: 8,
        rope_factors: Some(vec![1.0, 1.5, 2.0, 4.0]),
        rope_attn_factor: 1.1,
        norm_eps: 1e-5,
        context_length: 256,
        sliding_window: window,
        global_layers: Vec::new(),
        tie_embeddings: true,
        attention_bias: false,
        local_rope_theta: None,
        unrotated_layers: Vec::new(),
        scales: Scales::default(),
    }
}

/// Several blocks, whole ones, and sequences of one and two rows; windows shorter and longer than a block.
#[test]
fn causal_attention() {
    for window in [None, Some(2), Some(64), Some(70), Some(149)] {
        let config = attention_config(window);
        let (mut spans, mut positions) = (Vec::new(), Vec::new());
        for len in [150, 1, 64, 2] {
            spans.push(Rows { start: positions.len(), len });
            positions.extend(0..len);
        }
        let rope = Rope::new(&config, &positions);
        let qkv: Vec<f32> = noise(positions.len() * config.qkv_width(), 6).iter().map(|v| 2.0 * v).collect();
        let dy = noise(positions.len() * config.heads * config.head_dim, 7);
        let mut rotated = qkv.clone();
        let place = attention::Place { config: &config, rope: &rope, window };
        let (y, kept) = attention::forward(place, &mut rotated, &spans);
        let dx = attention::backward(place, &rotated, &kept, &y, &dy, &spans);

        let plain_x = variable(&qkv, config.qkv_width());
        let whole: Vec<_> = spans.iter().map(|rows| (*rows, 0)).collect();
        let places = Places::new(&config, &whole, &Device::Cpu).unwrap();
        let plain_y = places.attend(&config, 0, &plain_x, &mut |_, keys, values| Ok((keys, values))).unwrap();
        close(&format!("y, window {window:?}"), &y, &values(&plain_y), 1e-5);
        close(&format!("dqkv, window {window:?}"), &dx, &derived(&plain_x, &plain_y, &dy), 1e-5);
        let forward = |qkv: &[f32]| attention::forward(place, &mut qkv.to_vec(), &spans).0;
        agrees_with_differences("attention", forward, &qkv, &dy, &dx);
    }
}

struct Given(HashMap<String, Weight>);

impl Weights for Given {
    fn get(&self, name: &str, _: &[usize]) -> Result<Weight> {
        self.0.get(name).cloned().ok_or_else(|| Error::missing(name))
    }

    fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}

/// A joined layer of random weights, packed and for candle; `parts` are names and numbers of outputs.
fn linear(parts: &[(&str, usize)], k: usize, bias: bool) -> (Linear, Joined) {
    let mut given = HashMap::new();
    for (seed, (name, n)) in (20..).zip(parts) {
        given.insert(format!("{name}.weight"), Weight::Dense(tensor(&noise(n * k, seed), k)));
        if bias {
            let bias = Tensor::from_vec(noise(*n, seed + 10), *n, &Device::Cpu).unwrap();
            given.insert(format!("{name}.bias"), Weight::Dense(bias));
        }
    }
    let (given, parts) = (Given(given), parts.iter().map(|(name, n)| (name.to_string(), *n)).collect::<Vec<_>>());
    let packed = Linear::load(&given, &parts, k).unwrap();
    (packed, Joined::load(&given, parts, k, &Device::Cpu).unwrap())
}

/// More rows than there are logits at once.
#[test]
fn head_and_loss() {
    let (rows, width, vocab, scale) = (300, 19, 131, 0.3);
    let (head, plain_head) = linear(&[("head", vocab)], width, false);
    let hidden = noise(rows * width, 8);
    let targets: Vec<u32> = (0..rows as u32).map(|i| i * 7919 % vocab as u32).collect();
    for cap in [None, Some(1.5)] {
        let (loss, dx) = head::loss_and_gradient(&head, &hidden, &targets, cap, scale);

        let plain_x = variable(&hidden, width);
        let logits = plain::capped(plain_head.forward(&plain_x, &[], None).unwrap(), cap).unwrap();
        let losses = plain::losses(&logits, &targets).unwrap();
        let want: f64 = values(&losses).into_iter().map(f64::from).sum();
        assert!((loss - want).abs() < 1e-6 * want, "{loss} against {want}");
        assert!((head::loss(&head, &hidden, &targets, cap) - loss).abs() < 1e-9 * loss);
        close("logits", &head::logits(&head, &hidden, cap), &values(&logits), 1e-6);
        close("dx", &dx, &derived(&plain_x, &losses, &vec![scale; rows]), 1e-5);
        // Candle's own cross-entropy, which is a mean.
        let targets_tensor = Tensor::new(targets.as_slice(), &Device::Cpu).unwrap();
        let mean = candle_nn::loss::cross_entropy(&logits, &targets_tensor).unwrap().to_scalar::<f32>().unwrap();
        assert!((f64::from(mean) * rows as f64 - loss).abs() < 1e-5 * loss);
        let forward = |x: &[f32]| vec![head::loss(&head, x, &targets, cap) as f32];
        agrees_with_differences("head", forward, &hidden, &[scale], &dx);
    }
}

/// Three parts, two of them trained; the numbers of A and B behind something that is none of theirs.
fn lora(parts: &[(&str, usize)], k: usize, rank: usize) -> LoraWeights {
    let mut end = 5;
    let mut pairs = Vec::new();
    for (name, out) in [parts[0], parts[2]] {
        let a = end..end + rank * k;
        let b = a.end..a.end + out * rank;
        end = b.end;
        pairs.push(LoraPair { module: name.to_string(), out, input: k, a, b });
    }
    let config = LoraConfig { rank, alpha: 6.0, rslora: false, targets: vec!["q".into(), "v".into()] };
    LoraWeights { config, pairs, values: noise(end, 9) }
}

fn variables(joined: &Joined, lora: &LoraWeights) -> Pairs {
    let rank = lora.config.rank;
    let of = |pair: &LoraPair| {
        let of_width = |range: &Range<usize>, width| variable(&lora.values[range.clone()], width).into_inner();
        (of_width(&pair.a, pair.input), of_width(&pair.b, rank))
    };
    joined.parts.iter().map(|(name, _)| lora.pair(name).map(of)).collect()
}

#[test]
fn linear_with_a_trained_addition() {
    let parts = [("q", 53), ("k", 17), ("v", 101)];
    for (tokens, k, rank, mask) in [
        (150, 71, 3, None),
        (150, 71, 3, Some(Mask { rate: 0.4, seed: 3, stream: 2 })),
        (3, 800, 20, Some(Mask { rate: 0.1, seed: 4, stream: 0 })),
        (600, 64, 16, None),
    ] {
        let what = |name: &str| format!("{name} of {tokens} tokens, rank {rank}, dropout {}", mask.is_some());
        let ((linear, joined), lora) = (linear(&parts, k, true), lora(&parts, k, rank));
        let site = Site::new(&linear, &lora);
        let (x, dy) = (noise(tokens * k, 10), noise(tokens * 171, 11));
        let (y, low) = site.forward(&linear, &lora.values, &x, None, mask);
        let mut gradients = vec![0.5; lora.values.len()];
        let dx = site.backward(&linear, &lora.values, Saved { x: &x, low: &low, mask }, &dy, &mut gradients);
        assert_eq!(gradients[..5], [0.5; 5], "numbers that are no pair's stay");
        gradients.iter_mut().for_each(|g| *g -= 0.5);

        let pairs = variables(&joined, &lora);
        let addition = Addition { rows: 0..tokens, pairs: &pairs, scale: f64::from(lora.config.scale()) };
        let plain_x = variable(&x, k);
        let plain_y = joined.forward(&plain_x, &[addition], mask).unwrap();
        close(&what("y"), &y, &values(&plain_y), 1e-5);
        close(&what("dx"), &dx, &derived(&plain_x, &plain_y, &dy), 1e-5);
        for (pair, variables) in lora.pairs.iter().zip(pairs.iter().flatten()) {
            close(&what("A"), &gradients[pair.a.clone()], &derived(&variables.0, &plain_y, &dy), 1e-5);
            close(&what("B"), &gradients[pair.b.clone()], &derived(&variables.1, &plain_y, &dy), 1e-5);
        }
        let forward_x = |x: &[f32]| site.forward(&linear, &lora.values, x, None, mask).0;
        agrees_with_differences(&what("x"), forward_x, &x, &dy, &dx);
        let forward_values = |values: &[f32]| site.forward(&linear, values, &x, None, mask).0;
        agrees_with_differences(&what("A and B"), forward_values, &lora.values, &dy, &gradients);
        // A residual is added as it is.
        let residual = noise(y.len(), 12);
        let onto = site.forward(&linear, &lora.values, &x, Some(&residual), mask).0;
        let sum: Vec<f32> = y.iter().zip(&residual).map(|(y, r)| y + r).collect();
        close(&what("residual"), &onto, &sum, 1e-5);
    }
}

/// Nothing is trained here, and so nothing but the frozen weight counts.
#[test]
fn linear_with_nothing_trained() {
    let parts = [("a", 30), ("b", 31), ("c", 32)];
    let ((linear, joined), mut lora) = (linear(&parts, 24, true), lora(&parts, 24, 2));
    lora.pairs.clear();
    let site = Site::new(&linear, &lora);
    let (x, dy) = (noise(5 * 24, 13), noise(5 * 93, 14));
    let mask = Some(Mask { rate: 0.5, seed: 1, stream: 1 });
    let (y, low) = site.forward(&linear, &lora.values, &x, None, mask);
    let mut gradients = vec![0.0; lora.values.len()];
    let dx = site.backward(&linear, &lora.values, Saved { x: &x, low: &low, mask }, &dy, &mut gradients);
    let plain_x = variable(&x, 24);
    let plain_y = joined.forward(&plain_x, &[], mask).unwrap();
    close("y", &y, &values(&plain_y), 1e-5);
    close("dx", &dx, &derived(&plain_x, &plain_y, &dy), 1e-5);
    assert!(gradients.iter().all(|g| *g == 0.0));
}
