//! The weights of an adapter under training.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

use super::config::Config;
use super::peft::{self, LoraConfig, Peft, last_part};
use crate::error::{Error, Result};

/// One low-rank pair: y += scale · (x Aᵀ) Bᵀ.
#[derive(Debug, Clone, PartialEq)]
pub struct LoraPair {
    /// Such as `model.layers.0.self_attn.q_proj`.
    pub module: String,
    /// The module's outputs.
    pub out: usize,
    /// The module's inputs.
    pub input: usize,
    /// Where A (rank, in), row-major, lies in [`LoraWeights::values`].
    pub a: Range<usize>,
    /// Where B (out, rank) lies.
    pub b: Range<usize>,
}

/// All trained numbers in one run, so that an optimizer needs to know nothing of layers.
#[derive(Debug, Clone, PartialEq)]
pub struct LoraWeights {
    /// Rank, scale and targets.
    pub config: LoraConfig,
    /// What each module's numbers are among `values`.
    pub pairs: Vec<LoraPair>,
    /// The numbers of all pairs.
    pub values: Vec<f32>,
}

impl LoraWeights {
    /// A fresh adapter for a model of the shape `base`: A uniform within ±1/√in, as PEFT starts it, and B zero, so that
    /// it changes nothing yet.
    ///
    /// # Errors
    /// A target that no module of the base ends in.
    pub fn new(base: &Config, config: LoraConfig, seed: u64) -> Result<Self> {
        let mut lora = Self::zeros(base, config)?;
        for (index, pair) in lora.pairs.iter().enumerate() {
            // A stream for each pair, so that its start depends on no other's size.
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            random.set_stream(index as u64);
            let bound = 1.0 / (pair.input as f32).sqrt();
            lora.values[pair.a.clone()].iter_mut().for_each(|value| *value = random.random_range(-bound..bound));
        }
        Ok(lora)
    }

    /// The pair of a module, if it has one.
    pub(crate) fn pair(&self, module: &str) -> Option<&LoraPair> {
        self.pairs.iter().find(|pair| pair.module == module)
    }

    fn zeros(base: &Config, config: LoraConfig) -> Result<Self> {
        let known: BTreeSet<String> = base.modules_of(0).map(|(module, _)| last_part(&module).to_string()).collect();
        if let Some(unknown) = config.targets.iter().find(|target| !known.contains(*target)) {
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            return Err(Error::usage(format!("the base has no linear layer `{unknown}` to train"))
                .hint(format!("--targets takes {}", known.join(", "))));
        }
        let targets = config.targets.clone();
        let wanted = |module: &str| targets.is_empty() || targets.iter().any(|target| target == last_part(module));
        Ok(Self::zeros_for(base, config, wanted))
    }

    /// All zero, for those modules of the base that are `wanted`.
    fn zeros_for(base: &Config, config: LoraConfig, wanted: impl Fn(&str) -> bool) -> Self {
        let (mut pairs, mut end) = (Vec::new(), 0);
        for (module, (out, input)) in base.modules().filter(|(module, _)| wanted(module)) {
            let a = end..end + config.rank * input;
            let b = a.end..a.end + out * config.rank;
            end = b.end;
            pairs.push(LoraPair { module, out, input, a, b });
        }
        Self { config, pairs, values: vec![0.0; end] }
    }

    /// Takes up the adapter in `folder`, to be trained further. Everything in it must fit the base.
    pub fn load(folder: &Path, base: &Config) -> Result<Self> {
        let peft = Peft::load(folder, base)?;
        // Layers that the adapter leaves out (`layers_to_transform`, or whole paths as targets) stay out.
        let mut lora = Self::zeros_for(base, peft.config, |module| peft.pairs.contains_key(module));
        for pair in &lora.pairs {
            let Some((a, b)) = peft.pairs.get(&pair.module) else { continue };
            for (tensor, range) in [(a, &pair.a), (b, &pair.b)] {
                let values = tensor.flatten_all()?.to_dtype(candle_core::DType::F32)?.to_vec1::<f32>()?;
                lora.values[range.clone()].copy_from_slice(&values);
            }
        }
        Ok(lora)
    }

    /// Writes `adapter_config.json` and `adapter_model.safetensors` to `folder`, in 16 bits; `base` is how PEFT's users
    /// know the base.
    pub fn save(&self, folder: &Path, base: &str) -> Result<()> {
        let rank = self.config.rank;
        let matrices = self.pairs.iter().flat_map(|LoraPair { module, out, input, a, b }| {
            let values = |range: &Range<usize>| &self.values[range.clone()];
            [(module.as_str(), "lora_A", [rank, *input], values(a)), (module, "lora_B", [*out, rank], values(b))]
        });
        peft::write(folder, base, &self.config, matrices)
    }
}
