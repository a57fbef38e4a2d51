use serde::{Deserialize, Serialize};

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stop {
    /// The model ended by itself.
    End,
    /// The longest allowed answer was reached.
    Length,
    /// A stop string appeared.
    StopString,
    /// Nothing was written: the choices were scored.
    Scored,
}

/// How likely one choice was as the whole answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChoiceScore {
    pub text: String,
    /// Sum of token log-probabilities (natural log).
    pub log_prob: f64,
    pub tokens: usize,
}

impl ChoiceScore {
    /// Log-probability per byte of the text, so that long choices are not punished
    /// (`acc_norm` of lm-evaluation-harness).
    pub fn per_byte(&self) -> f64 {
        self.log_prob / self.text.len().max(1) as f64
    }
}

/// What a model produced for a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The text; for a multiple-choice case, the choice picked.
    pub text: String,
    pub stop: Stop,
    pub prompt_tokens: usize,
    pub output_tokens: usize,
    /// Wall-clock seconds from the moment the request joined the batch.
    pub seconds: f64,
    /// Mean negative log-likelihood per token of the case's reference (natural log), where one was given and the
    /// provider can score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference_nll: Option<f64>,
    /// Multiple-choice cases: every choice with its score, in the order of the case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<ChoiceScore>,
}
