//! `compare:` in `pmtune.yaml`.

use crate::yaml::{self, Node};
use engine::error::Error;
use serde::{Deserialize, Serialize};

/// How two versions are compared, and how sure every interval of a report, a gate or a history is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CompareSettings {
    /// A difference in mean score (0 to 1) smaller than this is of no consequence.
    pub negligible: f64,
    /// How sure intervals are; what a report says beyond chance is wrong at most as often as the rest to 1.
    pub confidence: f64,
    pub resamples: usize,
    pub seed: u64,
}

impl Default for CompareSettings {
    fn default() -> Self {
        Self { negligible: 0.03, confidence: 0.95, resamples: 10_000, seed: 2024 }
    }
}

/// A key, whether a value fits it, and what would fit in words.
type Bound = (&'static str, fn(f64) -> bool, &'static str);

const BOUNDS: [Bound; 3] = [
    ("negligible", |x| (0.0..1.0).contains(&x), "give a difference in score from 0 to below 1; 0.03 is usual"),
    ("confidence", |x| (0.5..1.0).contains(&x), "give 0.5 to below 1; 0.95 is usual"),
    ("resamples", |x| (1000.0..=1e6).contains(&x), "give 1000 to 1000000; 10000 is usual"),
];

/// What the types of the keys of `compare:` cannot express; `compare` is its node.
pub(super) fn faults(compare: &Node) -> Vec<Error> {
    let fault = |(key, fits, remedy): &Bound| {
        let at = compare.get(key)?;
        // What is no number has its fault already.
        let x = yaml::read::<Option<f64>>(at, &[]).ok().flatten().filter(|x| !fits(*x))?;
        Some(at.fault(format!("compare: `{key}` is {x}")).hint(*remedy))
    };
    BOUNDS.iter().filter_map(fault).collect()
}

#[cfg(test)]
mod tests {
    use crate::workspace::Config;
    use std::path::Path;

    #[test]
    fn what_no_comparison_could_use_is_refused_with_its_place_before_anything_is_asked() {
        let read = |compare: &str| Config::read(&format!("line: x\ncompare: {compare}\n"), Path::new("pmtune.yaml"));
        assert_eq!(read("{resamples: 1000}").unwrap().compare.resamples, 1000);
        assert_eq!(read("{confidence: 0.9}").unwrap().compare.confidence, 0.9);
        let wrong = read("{resamples: 500, confidence: 1.5, negligible: -0.1}").unwrap_err().to_string();
        for part in
            ["pmtune.yaml:2:22", "`resamples` is 500", "1000 to 1000000", "`confidence` is 1.5", "`negligible` is -0.1"]
        {
            assert!(wrong.contains(part), "{part} is missing in\n{wrong}");
        }
        assert!(read("{confidence: .nan}").unwrap_err().to_string().contains("0.95 is usual"));
    }
}
