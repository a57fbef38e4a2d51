//! What a person may say about training.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of training as a person writes them. What is not named is left to what lies below ([`over`](Self::over)), and
/// last to what suits the base and the data ([`Recipe::resolve`](super::Recipe::resolve)).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct TrainSettings {
    /// The founding guide's numbers for a kind of text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preset: Option<Preset>,
    /// How much the adapter can take in; more for more examples.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1), extend("x-remedy" = "8 is usual"))]
    pub rank: Option<usize>,
    /// How strongly the adapter acts; twice the rank unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("exclusiveMinimum" = 0, "x-remedy" = "twice the rank is usual"))]
    pub alpha: Option<f64>,
    /// Share of the adapter's input that is blanked out in training.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0), extend("exclusiveMaximum" = 1, "x-remedy" = "0.05 is usual for few examples"))]
    pub dropout: Option<f64>,
    /// The layers that get an adapter, by the last part of their names, such as `q_proj`; all linear ones unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(inner(regex(pattern = r"\S")), extend("x-remedy" = "name layers, such as q_proj, or leave it out for all"))]
    pub targets: Option<Vec<String>>,
    /// Scale by alpha / √rank rather than alpha / rank.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rslora: Option<bool>,
    /// How far each step moves the model, at its peak.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 1), extend("exclusiveMinimum" = 0, "x-remedy" = "1e-4 to 5e-4 is usual"))]
    pub learning_rate: Option<f64>,
    /// How the learning rate falls after its peak.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    /// Share of all steps over which the learning rate rises to its peak.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1), extend("x-remedy" = "0.06 is usual"))]
    pub warmup: Option<f64>,
    /// How often every example is seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1), extend("x-remedy" = "3 is usual"))]
    pub epochs: Option<usize>,
    /// Examples per step.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1), extend("x-remedy" = "4 is usual"))]
    pub batch_size: Option<usize>,
    /// The longest example that is read whole, in tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1), extend("x-remedy" = "2048 is usual"))]
    pub context_length: Option<usize>,
    /// What happens to a longer example.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub too_long: Option<TooLong>,
    /// How strongly the adapter is pulled towards zero.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0), extend("exclusiveMaximum" = 1, "x-remedy" = "0 is usual"))]
    pub weight_decay: Option<f64>,
    /// The largest norm of a step's gradient.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("exclusiveMinimum" = 0, "x-remedy" = "1 is usual"))]
    pub clip: Option<f64>,
    /// Epochs without a better validation loss before training ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1), extend("x-remedy" = "as many as there are epochs never ends early"))]
    pub patience: Option<usize>,
    /// Decides the order of the examples and the adapter's first numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

impl TrainSettings {
    /// These settings, and where they say nothing those of `below`.
    pub fn over(self, below: &Self) -> Self {
        Self {
            preset: self.preset.or(below.preset),
            rank: self.rank.or(below.rank),
            alpha: self.alpha.or(below.alpha),
            dropout: self.dropout.or(below.dropout),
            targets: self.targets.or_else(|| below.targets.clone()),
            rslora: self.rslora.or(below.rslora),
            learning_rate: self.learning_rate.or(below.learning_rate),
            schedule: self.schedule.or(below.schedule),
            warmup: self.warmup.or(below.warmup),
            epochs: self.epochs.or(below.epochs),
            batch_size: self.batch_size.or(below.batch_size),
            context_length: self.context_length.or(below.context_length),
            too_long: self.too_long.or(below.too_long),
            weight_decay: self.weight_decay.or(below.weight_decay),
            clip: self.clip.or(below.clip),
            patience: self.patience.or(below.patience),
            seed: self.seed.or(below.seed),
        }
    }

    /// What the named preset says; nothing where none is named.
    pub fn of_preset(&self) -> Self {
        self.preset.map(Preset::settings).unwrap_or_default()
    }
}

/// The founding guide's three configurations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// Long, structured documents that must be consistent: PRDs, specifications.
    Documents,
    /// Short, varied texts: e-mails, status updates.
    Communications,
    /// A bit of everything.
    Balanced,
}

impl Preset {
    /// In the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Documents, Self::Communications, Self::Balanced];

    /// As it is written in files and flags.
    pub fn name(self) -> &'static str {
        match self {
            Self::Documents => "documents",
            Self::Communications => "communications",
            Self::Balanced => "balanced",
        }
    }

    /// Its numbers.
    pub fn settings(self) -> TrainSettings {
        let (learning_rate, batch_size, epochs, context_length) = match self {
            Self::Documents => (1e-4, 2, 5, 4096),
            Self::Communications => (3e-4, 8, 3, 2048),
            Self::Balanced => (2e-4, 4, 3, 4096),
        };
        TrainSettings {
            learning_rate: Some(learning_rate),
            batch_size: Some(batch_size),
            epochs: Some(epochs),
            context_length: Some(context_length),
            ..TrainSettings::default()
        }
    }
}

/// How the learning rate falls after warm-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// Along half a cosine, to nothing.
    Cosine,
    /// In a straight line, to nothing.
    Linear,
    /// Not at all.
    Constant,
}

impl Schedule {
    /// As it is written in files and flags.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cosine => "cosine",
            Self::Linear => "linear",
            Self::Constant => "constant",
        }
    }
}

/// What happens to an example that is longer than the context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TooLong {
    /// Left out, and reported.
    Skip,
    /// Its answer is cut at its end, and reported; such an answer does not teach where to stop.
    Truncate,
}

impl TooLong {
    /// As it is written in files and flags.
    pub fn name(self) -> &'static str {
        match self {
            Self::Skip => "skip",
            Self::Truncate => "truncate",
        }
    }
}
