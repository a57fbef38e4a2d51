use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::json::{self, Json};

/// How the next token is chosen, every value settled. `temperature` 0 is greedy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sampling {
    /// 0 always takes the likeliest token; higher values vary more.
    pub temperature: f64,
    /// Choose among so many of the likeliest tokens only.
    pub top_k: Option<usize>,
    /// Choose among the likeliest tokens that together hold this much probability.
    pub top_p: Option<f64>,
    /// Drop tokens less likely than this share of the likeliest.
    pub min_p: Option<f64>,
    /// Above 1, tokens already used become less likely.
    pub repetition_penalty: f64,
    /// What the choice of tokens is drawn from.
    pub seed: u64,
    /// Texts that end the answer; they are no part of it.
    pub stop: Vec<String>,
    /// The longest answer.
    pub max_tokens: usize,
    /// Whether the answer must be JSON.
    #[serde(default, skip_serializing_if = "Json::is_off")]
    pub json: Json,
}

impl Default for Sampling {
    fn default() -> Self {
        Self {
            temperature: 0.0,
            top_k: None,
            top_p: None,
            min_p: None,
            repetition_penalty: 1.0,
            seed: 0,
            stop: Vec::new(),
            max_tokens: 320,
            json: Json::Off,
        }
    }
}

/// Sampling as a person writes it (workspace, version, suite, case, flag): what is not named is left to the layer below.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SamplingOptions {
    /// 0 always takes the likeliest token; higher values vary more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 100))]
    pub temperature: Option<f64>,
    /// Choose among the k likeliest tokens only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub top_k: Option<usize>,
    /// Choose among the likeliest tokens that together hold this much probability.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 1), extend("exclusiveMinimum" = 0))]
    pub top_p: Option<f64>,
    /// Drop tokens less likely than this share of the likeliest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1))]
    pub min_p: Option<f64>,
    /// Above 1, tokens already used become less likely.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("exclusiveMinimum" = 0, "x-remedy" = "1 changes nothing"))]
    pub repetition_penalty: Option<f64>,
    /// Where randomness starts from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Stop as soon as the answer contains one of these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<Vec<String>>,
    /// The longest answer, in tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub max_tokens: Option<usize>,
    /// `true`: the answer is a JSON object, by construction. A JSON Schema: it fits that. `false`: it may be anything.
    #[serde(default, deserialize_with = "json::written", skip_serializing_if = "Option::is_none")]
    pub json: Option<Json>,
}

impl SamplingOptions {
    /// Lays these options over `base`.
    pub fn over(&self, base: Sampling) -> Sampling {
        Sampling {
            temperature: self.temperature.unwrap_or(base.temperature),
            top_k: self.top_k.or(base.top_k),
            top_p: self.top_p.or(base.top_p),
            min_p: self.min_p.or(base.min_p),
            repetition_penalty: self.repetition_penalty.unwrap_or(base.repetition_penalty),
            seed: self.seed.unwrap_or(base.seed),
            stop: self.stop.clone().unwrap_or(base.stop),
            max_tokens: self.max_tokens.unwrap_or(base.max_tokens),
            json: self.json.clone().unwrap_or(base.json),
        }
    }

    /// These options, and where they say nothing those of `below`.
    pub fn layered(&self, below: &SamplingOptions) -> SamplingOptions {
        SamplingOptions {
            temperature: self.temperature.or(below.temperature),
            top_k: self.top_k.or(below.top_k),
            top_p: self.top_p.or(below.top_p),
            min_p: self.min_p.or(below.min_p),
            repetition_penalty: self.repetition_penalty.or(below.repetition_penalty),
            seed: self.seed.or(below.seed),
            stop: self.stop.clone().or_else(|| below.stop.clone()),
            max_tokens: self.max_tokens.or(below.max_tokens),
            json: self.json.clone().or_else(|| below.json.clone()),
        }
    }
}
