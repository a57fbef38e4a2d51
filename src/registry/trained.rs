use engine::train::{Budget, Ended, Recipe};
use serde::{Deserialize, Serialize};

/// How a version's adapter was trained: enough to do it again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Trained {
    /// The version of pmtune.
    pub pmtune: String,
    pub recipe: Recipe,
    /// Every training that the adapter went through, this one last.
    pub stages: Vec<Stage>,
    /// Hash of the adapter's numbers before the first step. This and what the clock says is not known of a training that
    /// another engine ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initial: Option<String>,
    pub files: Vec<DataFile>,
    /// Of the examples that watched the training. `held-out` in these keys is how they were written before.
    #[serde(alias = "held-out-files")]
    pub validation_files: Vec<DataFile>,
    /// Examples that were trained on, that watched, and that were left out because they are too long.
    pub examples: usize,
    #[serde(alias = "held-out")]
    pub validation: usize,
    pub left_out: usize,
    pub steps: usize,
    pub epochs: usize,
    pub ended: Ended,
    /// The epoch whose weights these are, where examples watched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best_epoch: Option<usize>,
    /// Mean over the last epoch's steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub training_loss: Option<f64>,
    /// Before training, and after the best epoch.
    #[serde(default, skip_serializing_if = "Option::is_none", alias = "held-out-loss-before")]
    pub validation_loss_before: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none", alias = "held-out-loss")]
    pub validation_loss: Option<f64>,
    pub tokens: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens_per_second: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threads: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Budget>,
}

/// One training of several that follow each other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    pub version: String,
    /// Hash of its training data.
    pub data: String,
    pub examples: usize,
}

/// One file of training data as it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DataFile {
    /// Relative to the workspace where it lies inside.
    pub path: String,
    pub examples: usize,
    pub sha256: String,
}
