//! What a training will take in memory and time, reckoned from the shapes alone, before anything is loaded.

use super::{Budget, Recipe};
use crate::error::{Error, Result};
use crate::files::{Config, EMBEDDINGS, HEAD, Shape, Weight, Weights, last_part};
use candle_core::DType;
use candle_core::quantized::GgmlDType;
use std::convert::Infallible;

/// Rows of the output head whose logits exist at once.
const HEAD_ROWS: u64 = 256;
/// The program, its tokenizer and the text of the examples.
const PROGRAM: u64 = 96 << 20;
/// Tenths of what is asked for that the allocator takes: on the default base 1.38 GB for 1.30 and 2.01 GB for 1.82.
const ALLOCATED: u64 = 11;
/// Bytes of one number in training.
const FLOAT: u64 = 4;
/// Products of a billion numbers a second and core, as laptops of the last years do them in f32. Rough.
const FLOPS_PER_THREAD: f64 = 60e9;
/// For each weight and token: forward, for the gradient of the input, and what norms, attention and the adapter add.
const FLOPS_PER_WEIGHT: f64 = 6.0;
/// The share of free memory that a training may take; others want to grow as well.
const SHARE: f64 = 0.9;
/// Tokens from which products of matrices get no faster when more go through at once, so that memory would be all that
/// grows.
const ENOUGH_TOKENS: usize = 2048;
/// A shorter context than this is no advice.
const LEAST_CONTEXT: usize = 128;

/// A base as the estimate sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Sizes {
    /// The base's weights.
    pub parameters: u64,
    /// Bytes that they take once packed.
    pub base_bytes: u64,
    hidden: u64,
    layers: u64,
    vocab: u64,
    /// Numbers that one token leaves behind in one layer for the way back.
    kept: u64,
    /// Each linear layer of a layer: the last part of its name, outputs, inputs.
    modules: Vec<(String, u64, u64)>,
}

/// What a training will take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// How many tokens at once, and whether layers are run twice.
    pub budget: Budget,
    /// Whether memory is why fewer tokens go through at once than would be fast.
    pub parts: bool,
    /// Memory at its highest.
    pub peak_bytes: u64,
    /// On so many threads; rough.
    pub seconds: f64,
}

/// A training that does not fit into memory, however it is cut up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLarge {
    /// With one example at a time and every layer run twice.
    pub needed_bytes: u64,
    /// What may be had now without swapping.
    pub free_bytes: u64,
    /// Of the longest example.
    pub longest_tokens: usize,
    /// The longest context that would fit, where a sensible one does.
    pub fitting_tokens: Option<usize>,
}

impl Sizes {
    /// Reads a few weights to learn their type; the rest is shapes.
    pub fn of(config: &Config, weights: &dyn Weights) -> Result<Self> {
        Self::with(config, |name, out, input| {
            let weight = weights.get(&format!("{name}.weight"), &[out, input])?;
            Ok(packed_bits(&weight))
        })
    }

    /// The same before there is a file, for weights of linear layers and of tables (embeddings, head) that take so many
    /// bits once packed.
    pub fn reckoned(shape: &Shape, linear_bits: f64, table_bits: f64) -> Self {
        let is_table = |name: &str| name == EMBEDDINGS.name || name == HEAD.name;
        let bits = |name: &str, _, _| Ok::<_, Infallible>(if is_table(name) { table_bits } else { linear_bits });
        let Ok(sizes) = Self::with(&shape.config(), bits);
        sizes
    }

    /// `bits` says what one weight takes, for a module's name, its outputs and its inputs.
    fn with<E>(config: &Config, bits: impl Fn(&str, usize, usize) -> Result<f64, E>) -> Result<Self, E> {
        // Some files keep their first layers finer than the rest: the middle one stands for most.
        let middle: Vec<_> = config.modules_of(config.layers / 2).collect();
        let mut sizes = Self {
            parameters: config.numbers() as u64,
            base_bytes: 0,
            hidden: config.hidden as u64,
            layers: config.layers as u64,
            vocab: config.vocab as u64,
            kept: kept(config) as u64,
            modules: middle.iter().map(|(m, (o, i))| (last_part(m).to_string(), *o as u64, *i as u64)).collect(),
        };
        let bytes = |name: &str, out: usize, input: usize| -> Result<f64, E> {
            Ok((out * input) as f64 * bits(name, out, input)? / 8.0)
        };
        let tables: &[_] = if config.tie_embeddings { &[EMBEDDINGS] } else { &[EMBEDDINGS, HEAD] };
        let mut total = 0.0;
        for name in tables {
            total += bytes(name.name, config.vocab, config.hidden)?;
        }
        for (module, (out, input)) in &middle {
            total += bytes(module, *out, *input)? * config.layers as f64;
        }
        sizes.base_bytes = total as u64;
        Ok(sizes)
    }

    /// How many numbers an adapter of `recipe` trains: rank · (out + in) for each of its layers.
    pub fn trained(&self, recipe: &Recipe) -> u64 {
        let wanted = |name: &str| recipe.targets.is_empty() || recipe.targets.iter().any(|t| t == name);
        let sides = self.modules.iter().filter(|(name, ..)| wanted(name)).map(|(_, out, input)| out + input);
        sides.sum::<u64>() * self.layers * recipe.rank as u64
    }

    /// Refuses a target that no linear layer of the base is called by.
    pub fn check_targets(&self, recipe: &Recipe) -> Result<()> {
        let known: Vec<&str> = self.modules.iter().map(|(name, ..)| name.as_str()).collect();
        match recipe.targets.iter().find(|target| !known.contains(&target.as_str())) {
            None => Ok(()),
            Some(target) => Err(Error::input(format!("the base has no linear layer called `{target}`"))
                .hint(format!("`targets` may name {}; without any, all are trained", known.join(", ")))),
        }
    }

    /// Memory at the worst moment, with `tokens` going through the model at once.
    fn peak(&self, recipe: &Recipe, tokens: u64, checkpointing: bool) -> u64 {
        let kept = if checkpointing { self.layers * self.hidden + self.kept } else { self.layers * self.kept };
        // On the way back one layer's gradients lie beside what was kept.
        let activations = tokens * (kept + self.kept + 2 * self.hidden);
        let head = HEAD_ROWS * self.vocab;
        // Values, gradients, two moments and the best values; and once more the four that a checkpoint writes.
        let adapter = self.trained(recipe) * 9;
        (PROGRAM + self.base_bytes + FLOAT * (activations + head + adapter)) / 10 * ALLOCATED
    }
}

/// Numbers that one token leaves behind in one layer for the way back: the input, q, k and v, what attention mixed, the
/// input of the feed-forward part, gate and up; and what is normed, before that: q, k and v, and what the halves add.
fn kept(config: &Config) -> usize {
    let anatomy = config.family.anatomy();
    let qkvs = if anatomy.head_norms.is_some() { 2 } else { 1 };
    let added = [&anatomy.attention, &anatomy.mlp].into_iter().filter(|norms| norms.after.is_some()).count();
    let (hidden, mixed) = (config.hidden, config.heads * config.head_dim);
    (2 + added) * hidden + qkvs * config.qkv_width() + mixed + 2 * config.intermediate
}

/// Bits that one weight takes once packed, scales included.
fn packed_bits(weight: &Weight) -> f64 {
    use GgmlDType::*;
    match weight {
        Weight::Dense(tensor) if tensor.dtype() == DType::F32 => 32.0,
        Weight::Dense(_) => 16.0,
        Weight::Quantized(tensor) => match tensor.dtype() {
            F32 => 32.0,
            F16 | BF16 => 16.0,
            // Four bits, or eight, and a scale and an offset for each group of 32; of 16 for Q2_K, Q3_K and Q6_K.
            Q4_0 | Q4_1 | Q4K => 6.0,
            Q2K | Q3K => 8.0,
            Q6K => 12.0,
            _ => 10.0,
        },
    }
}

/// Chooses how to fit a training into `free` bytes: as many tokens at once as are fast where that fits, else fewer, else
/// with layers run twice. `lengths` are those of the examples to train on; `threads` only tell the time. Pure.
///
/// # Errors
/// Not even the longest example alone fits.
pub fn estimate(
    sizes: &Sizes,
    recipe: &Recipe,
    lengths: &[usize],
    free: u64,
    threads: usize,
) -> Result<Estimate, TooLarge> {
    let mut longest_first = lengths.to_vec();
    longest_first.sort_unstable_by(|a, b| b.cmp(a));
    let longest = longest_first.first().copied().unwrap_or(1).max(1);
    let batch: usize = longest_first.iter().take(recipe.batch_size).sum();
    let whole = batch.min(ENOUGH_TOKENS).max(longest);
    let halves = std::iter::successors(Some(whole), |tokens| (*tokens > longest).then(|| (tokens / 2).max(longest)));
    let sizes_of_parts: Vec<usize> = halves.collect();
    let usable = (free as f64 * SHARE) as u64;
    let all_tokens = lengths.iter().sum::<usize>() as f64 * recipe.epochs as f64;
    for checkpointing in [false, true] {
        for &tokens in &sizes_of_parts {
            let peak_bytes = sizes.peak(recipe, tokens as u64, checkpointing);
            if peak_bytes <= usable {
                // A layer that is run twice costs half as much again as forward and back: a third more in all.
                let twice = if checkpointing { 4.0 / 3.0 } else { 1.0 };
                let work = all_tokens * sizes.parameters as f64 * FLOPS_PER_WEIGHT * twice;
                let seconds = work / (threads.max(1) as f64 * FLOPS_PER_THREAD);
                let budget = Budget { micro_batch_tokens: tokens, checkpointing };
                return Ok(Estimate { budget, parts: tokens < whole, peak_bytes, seconds });
            }
        }
    }
    // Every example alone, layers run twice: less is not to be had.
    let least = |tokens: usize| sizes.peak(recipe, tokens as u64, true);
    let fitting_tokens = (LEAST_CONTEXT..longest).rev().find(|tokens| least(*tokens) <= usable);
    Err(TooLarge { needed_bytes: least(longest), free_bytes: free, longest_tokens: longest, fitting_tokens })
}

/// `1.4 GB`.
pub fn gigabytes(bytes: u64) -> String {
    match bytes as f64 / 1e9 {
        gb if gb < 1.0 => format!("{:.0} MB", gb * 1e3),
        gb => format!("{gb:.1} GB"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::recipe;
    use super::*;
    use crate::files::Family;
    use candle_core::quantized::QTensor;
    use candle_core::{Device, Tensor};
    use std::sync::Arc;

    /// Weights of one type, and of no more than one block each.
    struct Typed(GgmlDType);

    impl Weights for Typed {
        fn get(&self, _name: &str, shape: &[usize]) -> Result<Weight> {
            assert_eq!(shape.len(), 2);
            let block = Tensor::zeros((1, 256), DType::F32, &Device::Cpu)?;
            Ok(Weight::Quantized(Arc::new(QTensor::quantize(&block, self.0)?)))
        }
        fn contains(&self, _name: &str) -> bool {
            true
        }
    }

    fn config(family: Family) -> Config {
        let smol = Shape {
            family,
            hidden: 576,
            layers: 30,
            heads: 9,
            kv_heads: 3,
            head_dim: 64,
            intermediate: 1536,
            vocab: 49152,
            context_length: 8192,
            tied: true,
        };
        let phi3 = Shape {
            hidden: 3072,
            layers: 32,
            heads: 32,
            kv_heads: 32,
            head_dim: 96,
            intermediate: 8192,
            vocab: 32064,
            tied: false,
            ..smol
        };
        if family == Family::Phi3 { phi3 } else { smol }.config()
    }

    fn sizes(family: Family, dtype: GgmlDType) -> Sizes {
        Sizes::of(&config(family), &Typed(dtype)).unwrap()
    }

    fn rank(rank: usize) -> Recipe {
        Recipe { rank, ..recipe() }
    }

    const LENGTHS: [usize; 8] = [120, 150, 200, 240, 300, 320, 350, 380];

    #[test]
    fn counts_the_weights_of_both_models() {
        let (smol, phi3) = (sizes(Family::Llama, GgmlDType::Q4_1), sizes(Family::Phi3, GgmlDType::Q4K));
        assert_eq!(smol.parameters, 134_515_008);
        assert_eq!(phi3.parameters, 3_821_079_552);
        // PEFT counts 4,884,480 for rank 16 on all seven linears of SmolLM2-135M.
        assert_eq!(smol.trained(&rank(16)), 4_884_480);
        let query = Recipe { targets: vec!["q_proj".into()], ..rank(16) };
        assert_eq!(smol.trained(&query), 30 * 16 * (576 + 576));
    }

    #[test]
    fn the_known_cases_stay_under_their_limits() {
        let smol = estimate(&sizes(Family::Llama, GgmlDType::Q4_1), &rank(16), &LENGTHS, 16 << 30, 2).unwrap();
        assert_eq!((smol.budget.checkpointing, smol.parts), (false, false));
        assert_eq!(smol.budget.micro_batch_tokens, 300 + 320 + 350 + 380);
        assert!((800_000_000..2_000_000_000).contains(&smol.peak_bytes), "{}", smol.peak_bytes);
        let phi3 = sizes(Family::Phi3, GgmlDType::Q4K);
        let small = estimate(&phi3, &rank(8), &[512; 4], 6_600_000_000, 2).unwrap();
        assert!(small.peak_bytes < 6_000_000_000, "{small:?}");
        assert!(small.parts || small.budget.checkpointing, "{small:?}");
    }

    #[test]
    fn less_memory_means_parts_first_then_layers_run_twice_then_a_refusal() {
        let sizes = sizes(Family::Llama, GgmlDType::Q4_1);
        let mut seen = Vec::new();
        let mut last = u64::MAX;
        for free in (0..300).rev().map(|step| step * 10_000_000) {
            let Ok(found) = estimate(&sizes, &recipe(), &LENGTHS, free, 2) else { break };
            assert!(found.peak_bytes <= free);
            assert!(found.budget.micro_batch_tokens >= 380);
            assert!(found.peak_bytes <= last, "less memory never takes more");
            last = found.peak_bytes;
            if seen.last() != Some(&(found.budget.checkpointing, found.parts)) {
                seen.push((found.budget.checkpointing, found.parts));
            }
        }
        assert_eq!(seen, [(false, false), (false, true), (true, false), (true, true)]);
        let refused = estimate(&sizes, &recipe(), &LENGTHS, 100_000_000, 2).unwrap_err();
        assert_eq!((refused.free_bytes, refused.fitting_tokens), (100_000_000, None));
        assert!(refused.needed_bytes > refused.free_bytes);
    }

    #[test]
    fn a_refusal_names_a_context_that_fits() {
        let sizes = sizes(Family::Llama, GgmlDType::Q4_1);
        let free = (sizes.peak(&recipe(), 500, true) as f64 / SHARE) as u64 + 1_000_000;
        let refused = estimate(&sizes, &recipe(), &[4000], free, 2).unwrap_err();
        let tokens = refused.fitting_tokens.unwrap();
        assert!((500..600).contains(&tokens) && refused.longest_tokens == 4000, "{refused:?}");
        assert!(estimate(&sizes, &recipe(), &[tokens], free, 2).is_ok());
    }

    #[test]
    fn a_target_that_is_not_there_is_told_with_those_that_are() {
        let named = |name: &str| Recipe { targets: vec![name.into()], ..recipe() };
        let phi3 = sizes(Family::Phi3, GgmlDType::Q4K);
        assert!(phi3.check_targets(&named("qkv_proj")).is_ok());
        let error = phi3.check_targets(&named("q_proj")).unwrap_err().to_string();
        assert!(error.contains("`q_proj`") && error.contains("gate_up_proj"), "{error}");
    }

    #[test]
    fn twice_the_tokens_or_half_the_threads_take_twice_the_time() {
        let sizes = sizes(Family::Llama, GgmlDType::Q8_0);
        let seconds =
            |lengths: &[usize], threads| estimate(&sizes, &recipe(), lengths, 16 << 30, threads).unwrap().seconds;
        let once = seconds(&LENGTHS, 2);
        assert!((seconds(&LENGTHS.repeat(2), 2) / once - 2.0).abs() < 1e-9);
        assert!((seconds(&LENGTHS, 1) / once - 2.0).abs() < 1e-9);
    }
}
