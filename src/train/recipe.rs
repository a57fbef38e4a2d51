use serde::{Deserialize, Serialize};

/// How the learning rate falls after warm-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    Cosine,
    Linear,
    Constant,
}

/// Every number of a training, resolved. Stands in the manifest of the version it made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Recipe {
    pub rank: usize,
    pub alpha: f64,
    pub dropout: f64,
    /// Last parts of module names, such as `q_proj`; empty for every linear layer.
    pub targets: Vec<String>,
    pub rslora: bool,
    /// The peak.
    pub learning_rate: f64,
    pub schedule: Schedule,
    /// Share of all steps over which the rate rises from zero.
    pub warmup: f64,
    pub epochs: usize,
    /// Examples per step.
    pub batch_size: usize,
    /// The longest example, in tokens.
    pub context_length: usize,
    /// What happens to a longer one.
    pub too_long: TooLong,
    pub weight_decay: f64,
    /// The largest norm of a step's gradient.
    pub clip: f64,
    /// Epochs without a better validation loss before training ends.
    pub patience: usize,
    pub seed: u64,
}

/// What happens to an example that is longer than the context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TooLong {
    /// Left out, and reported.
    Skip,
    /// Its answer is cut at its end, and reported; such an answer does not teach where to stop.
    Truncate,
}
