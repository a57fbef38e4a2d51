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
    /// Nothing was written: choices, or a reference and its distractors, were weighed.
    Scored,
}

/// How likely one text was as the whole answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Likelihood {
    pub text: String,
    /// Sum of token log-probabilities (natural log), the token that ends the turn included.
    pub log_prob: f64,
    pub tokens: usize,
    /// The same where the question is not told: what the text costs whatever was asked. Unknown in runs of before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unasked: Option<f64>,
}

impl Likelihood {
    /// By how many nats a token the question makes the text likelier: domain-conditional pointwise mutual information
    /// (Holtzman et al., *Surface Form Competition*, 2021), over the text's length, so that neither common phrases nor
    /// short texts win by being common or short.
    pub fn gain(&self) -> Option<f64> {
        Some((self.log_prob - self.unasked?) / self.tokens.max(1) as f64)
    }

    /// What texts are ranked by: the gain or, where it is not known, log-probability per byte (`acc_norm` of
    /// lm-evaluation-harness).
    pub fn rank(&self) -> f64 {
        self.gain().unwrap_or(self.log_prob / self.text.len().max(1) as f64)
    }
}

/// What a model produced for a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The text; for a multiple-choice case, the choice picked.
    pub text: String,
    /// What the model wrote to itself before it answered. No check and no person judges it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub thoughts: String,
    pub stop: Stop,
    pub prompt_tokens: usize,
    /// Thoughts included.
    pub output_tokens: usize,
    /// Wall-clock seconds from the moment the request joined the batch.
    pub seconds: f64,
    /// Mean negative log-likelihood per token of the case's reference (natural log), where one was given and the
    /// provider can score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference_nll: Option<f64>,
    /// What was weighed, in the order of the case: the choices of a multiple-choice case, else the reference and then the
    /// distractors. Empty where the provider gives no likelihoods.
    #[serde(default, alias = "choices", skip_serializing_if = "Vec::is_empty")]
    pub likelihoods: Vec<Likelihood>,
}

impl Answer {
    /// Whether a text was generated, rather than given ones weighed.
    pub fn is_written(&self) -> bool {
        self.stop != Stop::Scored
    }

    /// By how many nats a token the reference is preferred to the other texts on average: the difference of their gains.
    /// `None` where they were not weighed, or without the question.
    pub fn margin(&self, reference: &str) -> Option<f64> {
        let (gold, others) = self.apart(reference)?;
        let gold = gold.gain()?;
        let differences: Vec<f64> = others.iter().map(|other| Some(gold - other.gain()?)).collect::<Option<_>>()?;
        Some(differences.iter().sum::<f64>() / differences.len() as f64)
    }

    /// To how many of the other texts the reference is preferred, and how many these are.
    pub fn preferred(&self, reference: &str) -> Option<(usize, usize)> {
        let (gold, others) = self.apart(reference)?;
        Some((others.iter().filter(|other| gold.rank() > other.rank()).count(), others.len()))
    }

    /// The reference, and what it was weighed against.
    fn apart(&self, reference: &str) -> Option<(&Likelihood, Vec<&Likelihood>)> {
        let place = self.likelihoods.iter().position(|weighed| weighed.text == reference)?;
        let others: Vec<&Likelihood> =
            self.likelihoods.iter().enumerate().filter(|(i, _)| *i != place).map(|(_, other)| other).collect();
        (!others.is_empty()).then(|| (&self.likelihoods[place], others))
    }
}
