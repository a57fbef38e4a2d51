//! What differs between two samplings, by the names that people know.

use engine::generate::Sampling;

/// One setting with both its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SamplingChange {
    pub name: &'static str,
    pub a: String,
    pub b: String,
}

/// Every setting in which `a` and `b` differ.
pub fn sampling_changes(a: &Sampling, b: &Sampling) -> Vec<SamplingChange> {
    let both = values(a).into_iter().zip(values(b));
    both.filter(|((_, a), (_, b))| a != b).map(|((name, a), (_, b))| SamplingChange { name, a, b }).collect()
}

fn values(s: &Sampling) -> [(&'static str, String); 8] {
    let optional = |x: Option<f64>| x.map_or("off".to_string(), |x| x.to_string());
    [
        ("temperature", s.temperature.to_string()),
        ("top-k", s.top_k.map_or("off".to_string(), |k| k.to_string())),
        ("top-p", optional(s.top_p)),
        ("min-p", optional(s.min_p)),
        ("repetition penalty", s.repetition_penalty.to_string()),
        ("seed", s.seed.to_string()),
        ("stop strings", format!("{:?}", s.stop)),
        ("longest answer in tokens", s.max_tokens.to_string()),
    ]
}
