use super::evidence::Evidence;
use crate::workspace::Section;
use crate::yaml::{self, Node};
use engine::error::Result;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

/// How two versions are compared: `compare:` in `pmtune.yaml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case")]
#[schemars(deny_unknown_fields)]
pub struct Settings {
    /// A difference in mean score (0 to 1) smaller than this is of no consequence.
    #[schemars(range(min = 0), extend("exclusiveMaximum" = 1, "x-remedy" = "0.03 is usual"))]
    pub negligible: f64,
    /// The kind of evidence that decides, named before anybody looks: `checks` of what was written, or `likelihood` of
    /// references against distractors. The other is reported beside it.
    pub primary: Evidence,
    /// A difference in margin (nats a token) smaller than this is of no consequence.
    #[schemars(range(min = 0, max = 20), extend("x-remedy" = "0.03 is usual"))]
    pub negligible_margin: f64,
    /// How sure the intervals are.
    #[schemars(range(min = 0.5), extend("exclusiveMaximum" = 1, "x-remedy" = "0.95 is usual"))]
    pub confidence: f64,
    /// How often cases are drawn anew for an interval.
    #[schemars(range(min = 1000, max = 1_000_000), extend("x-remedy" = "10000 is usual"))]
    pub resamples: usize,
    /// Where the drawing starts from.
    pub seed: u64,
    /// Tests and intervals hold whenever asking stops. What two runs are says so, and never a user.
    #[serde(skip)]
    #[schemars(skip)]
    pub anytime: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            negligible: 0.03,
            primary: Evidence::Checks,
            negligible_margin: 0.03,
            confidence: 0.95,
            resamples: 10_000,
            seed: 2024,
            anytime: false,
        }
    }
}

impl Settings {
    /// The difference in what a kind of evidence measures that is of no consequence.
    pub fn negligible_for(&self, evidence: Evidence) -> f64 {
        match evidence {
            Evidence::Checks => self.negligible,
            Evidence::Likelihood => self.negligible_margin,
        }
    }
}

impl Section for Settings {
    const KEY: &'static str = "compare";

    fn read(node: &Node) -> Result<Self> {
        yaml::read_bounded(node, Self::KEY, &[])
    }

    fn schema(generator: &mut SchemaGenerator) -> Schema {
        Self::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn what_no_comparison_could_use_is_refused_before_anything_is_asked() {
        let read = |compare: &str| Settings::read(&yaml::parse(compare, Path::new("pmtune.yaml"))?);
        assert_eq!(read("{resamples: 1000}").unwrap(), Settings { resamples: 1000, ..Settings::default() });
        let said = read("{resamples: 500, confidence: 1.5, negligible: -0.1, sed: 1}").unwrap_err().to_string();
        for part in [
            "pmtune.yaml:1:13: `compare.resamples` is `500`",
            "give a whole number from 1000 to 1000000; 10000 is usual",
            "`compare.confidence` is `1.5`",
            "from 0.5 to below 1",
            "`compare.negligible` is `-0.1`",
            "did you mean `seed`",
        ] {
            assert!(said.contains(part), "{part} is missing in\n{said}");
        }
        assert!(read("{confidence: .nan}").unwrap_err().to_string().contains("0.95 is usual"));
    }
}
