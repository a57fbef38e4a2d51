//! Training against PEFT and PyTorch (`tests/oracle/lora.py`) on tiny checkpoints: losses, gradients, fifty steps; and
//! against itself where two ways must come to the same.

use crate::tiny::{data, decoder, parts};
use candle_core::{Device, Tensor};
use pmtune_engine::files::{LoraPair, LoraWeights};
use pmtune_engine::model::{Decoder, Forward, Span};
use pmtune_engine::train::Place;
use pmtune_engine::train::{AdamW, Learner, ModelLearner, Pass, Sequence, Sizes, clip};
use serde::Deserialize;
use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;
use std::sync::LazyLock;

#[derive(Deserialize)]
struct Oracle {
    sequences: Vec<Taught>,
    batches: Vec<Vec<usize>>,
    learning_rate: f64,
    cases: HashMap<String, Case>,
}

#[derive(Deserialize)]
struct Taught {
    tokens: Vec<u32>,
    supervised: Vec<u8>,
}

#[derive(Deserialize)]
struct Case {
    base: String,
    clip: f64,
    summed_losses: Vec<f64>,
    logits_before: Vec<f32>,
    step_losses: Vec<f64>,
    gradient_norms: Vec<f64>,
    logits_after: Vec<f32>,
}

static ORACLE: LazyLock<Oracle> = LazyLock::new(|| serde_json::from_str(include_str!("oracle/lora.json")).unwrap());

/// A base of the oracle with the adapter that PEFT made for it.
struct Subject {
    name: String,
    decoder: Decoder,
    lora: LoraWeights,
    sequences: Vec<Sequence>,
}

impl Subject {
    fn new(name: &str) -> Self {
        let base = &ORACLE.cases[name].base;
        let decoder = decoder(base);
        let lora = LoraWeights::load(&init(name), decoder.config()).unwrap();
        let sequence = |s: &Taught| Sequence {
            tokens: s.tokens.clone(),
            supervised: s.supervised.iter().map(|taught| *taught == 1).collect(),
            place: Place::default(),
        };
        Self { name: name.to_string(), decoder, lora, sequences: ORACLE.sequences.iter().map(sequence).collect() }
    }

    fn all() -> Vec<Self> {
        assert_eq!(ORACLE.cases.len(), 10);
        let mut names: Vec<&String> = ORACLE.cases.keys().collect();
        names.sort();
        names.into_iter().map(|name| Self::new(name)).collect()
    }

    fn case(&self) -> &'static Case {
        &ORACLE.cases[&self.name]
    }

    fn learner(&self, dropout: f64, checkpointing: bool) -> ModelLearner<'_> {
        ModelLearner::new(&self.decoder, &self.lora, dropout, checkpointing)
    }

    fn batch(&self, indices: &[usize]) -> Vec<&Sequence> {
        indices.iter().map(|index| &self.sequences[*index]).collect()
    }

    /// Loss and gradients at the adapter's own values.
    fn gradients(&self, learner: &ModelLearner<'_>, batch: &[&Sequence], pass: Pass) -> (f64, Vec<f32>) {
        let mut gradients = vec![0.0; self.lora.values.len()];
        let loss = learner.gradients(&self.lora.values, batch, &pass, &mut gradients).unwrap();
        (loss, gradients)
    }

    /// Every A and B: its name in PEFT's files, its shape and where it lies.
    fn tensors(&self) -> Vec<(String, (usize, usize), Range<usize>)> {
        let rank = self.lora.config.rank;
        let name = |pair: &LoraPair, which: &str| format!("base_model.model.{}.{which}.weight", pair.module);
        let both = |pair: &LoraPair| {
            [
                (name(pair, "lora_A"), (rank, pair.input), pair.a.clone()),
                (name(pair, "lora_B"), (pair.out, rank), pair.b.clone()),
            ]
        };
        self.lora.pairs.iter().flat_map(both).collect()
    }

    /// What follows the first sequence, with the adapter in `folder`.
    fn logits(&self, folder: &Path) -> Vec<f32> {
        let adapter = self.decoder.adapter(folder).unwrap();
        let (tokens, mut cache) = (&self.sequences[0].tokens, self.decoder.cache());
        let span = Span { rows: tokens.len(), cache: &mut cache, adapter: Some(&adapter) };
        let hidden = self.decoder.forward(tokens, &mut [span]).unwrap();
        self.decoder.logits(&hidden[hidden.len() - self.decoder.config().hidden..]).unwrap()
    }
}

fn init(name: &str) -> std::path::PathBuf {
    data(&format!("{name}-lora-init"))
}

fn taught(batch: &[&Sequence]) -> usize {
    batch.iter().map(|sequence| sequence.taught()).sum()
}

/// The mean over the taught tokens of `batch`, no dropout unless the learner has it.
fn mean(batch: &[&Sequence]) -> Pass {
    Pass { scale: 1.0 / taught(batch) as f32, dropout_seed: 5 }
}

/// The largest difference, relative to the largest of `want`.
fn difference(got: &[f32], want: &[f32]) -> f32 {
    assert_eq!(got.len(), want.len());
    let most = want.iter().fold(0f32, |most, w| most.max(w.abs()));
    assert!(most > 0.0 && got.iter().all(|g| g.is_finite()));
    got.iter().zip(want).fold(0f32, |worst, (g, w)| worst.max((g - w).abs())) / most
}

#[test]
fn summed_losses_and_logits_equal_pefts() {
    for subject in Subject::all() {
        let (name, case, learner) = (&subject.name, subject.case(), subject.learner(0.0, false));
        for (sequence, want) in subject.sequences.iter().zip(&case.summed_losses) {
            let loss = learner.loss(&subject.lora.values, &[sequence]).unwrap();
            assert!((loss / want - 1.0).abs() < 1e-5, "{name}: {loss}, not {want}");
        }
        let all: Vec<&Sequence> = subject.sequences.iter().collect();
        let (loss, want) = (learner.loss(&subject.lora.values, &all).unwrap(), case.summed_losses.iter().sum::<f64>());
        assert!((loss / want - 1.0).abs() < 1e-5, "{name}: {loss}, not {want}");
        let worst = difference(&subject.logits(&init(name)), &case.logits_before);
        assert!(worst < 1e-4, "{name}: logits differ by {worst}");
    }
}

#[test]
fn every_gradient_equals_pefts() {
    for subject in Subject::all() {
        let name = &subject.name;
        let batch = subject.batch(&ORACLE.batches[0]);
        let (_, gradients) = subject.gradients(&subject.learner(0.0, false), &batch, mean(&batch));
        let file = init(name).join("gradients.safetensors");
        let mut expected = candle_core::safetensors::load(file, &Device::Cpu).unwrap();
        for (tensor, shape, range) in subject.tensors() {
            let want = expected.remove(&tensor).unwrap();
            assert_eq!(want.dims2().unwrap(), shape, "{name}: {tensor}");
            let worst = difference(&gradients[range], &want.flatten_all().unwrap().to_vec1().unwrap());
            assert!(worst < 1e-4, "{name}: the gradient of {tensor} differs by {worst}");
        }
        assert!(expected.is_empty(), "{name}: {expected:?} got no gradient");
    }
}

/// Fifty steps as the oracle made them; gives the values after them.
fn train(subject: &Subject) -> Vec<f32> {
    let (case, learner) = (subject.case(), subject.learner(0.0, false));
    let mut values = subject.lora.values.clone();
    let mut optimizer = AdamW::new(values.len());
    for (step, want) in case.step_losses.iter().enumerate() {
        let batch = subject.batch(&ORACLE.batches[step % ORACLE.batches.len()]);
        let mut gradients = vec![0.0; values.len()];
        let loss = learner.gradients(&values, &batch, &mean(&batch), &mut gradients).unwrap() / taught(&batch) as f64;
        assert!((loss / want - 1.0).abs() < 1e-4, "{}, step {step}: {loss}, not {want}", subject.name);
        let (norm, want) = (clip(&mut gradients, case.clip), case.gradient_norms[step]);
        assert!((norm / want - 1.0).abs() < 1e-3, "{}, step {step}: norm {norm}, not {want}", subject.name);
        optimizer.update(&mut values, &gradients, step + 1, ORACLE.learning_rate, 0.0);
    }
    values
}

#[test]
fn fifty_steps_equal_pefts_and_so_do_the_logits_after_them() {
    for subject in Subject::all() {
        let (name, want) = (&subject.name, &subject.case().logits_after);
        let values = train(&subject);
        let folder = tempfile::tempdir().unwrap();
        // In 32 bits, as trained.
        let tensor = |shape, range: Range<usize>| Tensor::from_slice(&values[range], shape, &Device::Cpu).unwrap();
        let all = subject.tensors().into_iter().map(|(name, shape, range)| (name, tensor(shape, range)));
        let file = folder.path().join("adapter_model.safetensors");
        candle_core::safetensors::save(&all.collect::<HashMap<_, _>>(), file).unwrap();
        std::fs::copy(init(name).join("adapter_config.json"), folder.path().join("adapter_config.json")).unwrap();
        let worst = difference(&subject.logits(folder.path()), want);
        assert!(worst < 1e-4, "{name}: logits differ by {worst}");
        // In the 16 bits of our files, where each number is off by up to one part in 2048, which grows from layer to layer.
        LoraWeights { values, ..subject.lora.clone() }.save(folder.path(), "tiny").unwrap();
        let worst = difference(&subject.logits(folder.path()), want);
        assert!(worst < 2e-3, "{name}: logits of the saved adapter differ by {worst}");
    }
}

#[test]
fn running_layers_twice_gives_the_same_gradients_to_the_bit() {
    for subject in Subject::all() {
        for dropout in [0.0, 0.2] {
            let batch: Vec<&Sequence> = subject.sequences.iter().collect();
            let once = subject.gradients(&subject.learner(dropout, false), &batch, mean(&batch));
            let twice = subject.gradients(&subject.learner(dropout, true), &batch, mean(&batch));
            assert_eq!(once, twice, "{}, dropout {dropout}", subject.name);
        }
    }
}

#[test]
fn parts_of_a_batch_add_up_to_the_whole_in_any_order() {
    for subject in Subject::all() {
        let (learner, batch) = (subject.learner(0.0, false), subject.sequences.iter().collect::<Vec<_>>());
        let pass = mean(&batch);
        let (loss, whole) = subject.gradients(&learner, &batch, pass);
        for parts in [vec![vec![0], vec![1], vec![2], vec![3], vec![4]], vec![vec![4, 0], vec![3, 1, 2]]] {
            let mut sum = vec![0.0; whole.len()];
            let mut losses = 0.0;
            for part in &parts {
                losses += learner.gradients(&subject.lora.values, &subject.batch(part), &pass, &mut sum).unwrap();
            }
            assert!((losses / loss - 1.0).abs() < 1e-6, "{}: {losses}, not {loss}", subject.name);
            for (tensor, _, range) in subject.tensors() {
                let worst = difference(&sum[range.clone()], &whole[range]);
                assert!(worst < 1e-6, "{}, {parts:?}: {tensor} differs by {worst}", subject.name);
            }
        }
    }
}

#[test]
fn a_passage_has_the_same_gradients_beside_others_that_teach_nothing() {
    for subject in Subject::all() {
        let learner = subject.learner(0.0, false);
        let silent =
            |sequence: &Sequence| Sequence { supervised: vec![false; sequence.tokens.len()], ..sequence.clone() };
        let (before, after) = (silent(&subject.sequences[1]), silent(&subject.sequences[3]));
        let one = &subject.sequences[0];
        let alone = subject.gradients(&learner, &[one], mean(&[one]));
        let beside = subject.gradients(&learner, &[&before, one, &after], mean(&[one]));
        assert_eq!(alone, beside, "{}", subject.name);
    }
}

#[test]
fn the_estimate_counts_every_weight() {
    for case in ORACLE.cases.values() {
        let (config, weights) = parts(&case.base, |_| ());
        let tensors = candle_core::safetensors::load(data(&case.base).join("model.safetensors"), &Device::Cpu).unwrap();
        let all: usize = tensors.values().map(Tensor::elem_count).sum();
        assert_eq!(Sizes::of(&config, weights.as_ref()).unwrap().parameters, all as u64, "{}", case.base);
    }
}

/// How the loss changes with the value at `at`: a central difference of fourth order. A much smaller step would drown in
/// the noise of 32-bit losses, and with one twice as long the steepest of these losses bends too much.
fn slope(subject: &Subject, learner: &ModelLearner<'_>, batch: &[&Sequence], at: usize) -> f64 {
    const STEP: f32 = 0.01;
    let mut scrap = vec![0.0; subject.lora.values.len()];
    let mut loss = |by: f32| {
        let mut values = subject.lora.values.clone();
        values[at] += by;
        let moved = f64::from(values[at]) - f64::from(subject.lora.values[at]);
        (learner.gradients(&values, batch, &mean(batch), &mut scrap).unwrap(), moved)
    };
    let [(far_left, _), (left, a), (right, b), (far_right, _)] = [-2.0 * STEP, -STEP, STEP, 2.0 * STEP].map(&mut loss);
    (far_left - 8.0 * left + 8.0 * right - far_right) / (6.0 * (b - a))
}

#[test]
fn gradients_are_slopes_of_the_loss_with_dropout() {
    for subject in Subject::all() {
        let (name, batch) = (&subject.name, subject.batch(&[1, 2, 4]));
        let learner = subject.learner(0.3, false);
        // The slopes are those of the summed loss.
        let (loss, gradients) = subject.gradients(&learner, &batch, Pass { scale: 1.0, ..mean(&batch) });
        let without = learner.loss(&subject.lora.values, &batch).unwrap();
        assert!((loss - without).abs() > 1e-3, "{name}: dropout changes the loss");
        for (tensor, _, range) in subject.tensors().into_iter().step_by(3) {
            let most = gradients[range.clone()].iter().fold(0f32, |most, g| most.max(g.abs()));
            let largest = range.clone().max_by(|a, b| gradients[*a].abs().total_cmp(&gradients[*b].abs())).unwrap();
            for at in [largest, range.start, (range.start + range.end) / 2] {
                let (got, want) = (f64::from(gradients[at]), slope(&subject, &learner, &batch, at));
                // Rounding leaves a slope off by up to 5e-4, however flat the loss.
                let off = (got - want).abs() / f64::from(most).max(1.0);
                assert!(off < 1e-3, "{name}: {tensor} at {}: {got}, not {want}", at - range.start);
            }
        }
    }
}
