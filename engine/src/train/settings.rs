//! What a person may say about training.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Settings of training as a person writes them. What is not named is left to what lies below ([`over`](Self::over)), and
/// last to what suits the base and the data ([`Recipe::resolve`](super::Recipe::resolve)).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct TrainSettings {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preset: Option<Preset>,
    /// The system prompt that the new version is trained and used with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// Files and folders to train on, relative to the workspace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Vec<PathBuf>>,
    /// Files and folders of examples to validate on, relative to the workspace, rather than on a tenth of the data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_out: Option<Vec<PathBuf>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rank: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alpha: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dropout: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub targets: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rslora: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub learning_rate: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warmup: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epochs: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch_size: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_length: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub too_long: Option<TooLong>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight_decay: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clip: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patience: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

impl TrainSettings {
    /// These settings, and where they say nothing those of `below`.
    pub fn over(self, below: &Self) -> Self {
        Self {
            preset: self.preset.or(below.preset),
            system: self.system.or_else(|| below.system.clone()),
            data: self.data.or_else(|| below.data.clone()),
            held_out: self.held_out.or_else(|| below.held_out.clone()),
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
    pub const ALL: [Self; 3] = [Self::Documents, Self::Communications, Self::Balanced];

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    Cosine,
    Linear,
    Constant,
}

impl Schedule {
    pub fn name(self) -> &'static str {
        match self {
            Self::Cosine => "cosine",
            Self::Linear => "linear",
            Self::Constant => "constant",
        }
    }
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

impl TooLong {
    pub fn name(self) -> &'static str {
        match self {
            Self::Skip => "skip",
            Self::Truncate => "truncate",
        }
    }
}
