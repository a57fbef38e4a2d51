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

fn values(s: &Sampling) -> [(&'static str, String); 9] {
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
        ("JSON", s.json.to_string()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::generate::Json;

    #[test]
    fn one_shape_of_json_is_told_from_another() {
        let of =
            |json: serde_json::Value| Sampling { json: serde_json::from_value(json).unwrap(), ..Sampling::default() };
        let object = Sampling { json: Json::Object, ..Sampling::default() };
        let (a, b) = (of(serde_json::json!({"type": "object"})), of(serde_json::json!({"type": "array"})));
        let changes = sampling_changes(&Sampling::default(), &object);
        assert_eq!(changes, [SamplingChange { name: "JSON", a: "off".to_string(), b: "any object".to_string() }]);
        assert!(sampling_changes(&a, &a.clone()).is_empty());
        assert_eq!(sampling_changes(&a, &b).len(), 1);
    }
}
