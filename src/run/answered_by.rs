use serde::{Deserialize, Serialize};
use std::fmt;

/// What computed answers in the place of this program on a processor: a graphics card, or a program for many of them. The
/// same weights give slightly other answers there, so answers of two engines are never mixed without a word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Engine {
    /// `pmtune on cuda`, `vllm 0.11.0`.
    pub name: String,
    /// In which numbers it computed, where it says so: `bfloat16`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dtype: Option<String>,
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.dtype {
            Some(dtype) => write!(f, "{} ({dtype})", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// What computed the answers, in words.
pub fn engine_words(engine: &Option<Engine>) -> String {
    engine.as_ref().map_or("pmtune on a processor".to_string(), Engine::to_string)
}
