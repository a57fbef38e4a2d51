use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The average a version should reach on every criterion, by the founding guide.
pub const TARGET_SCORE: f64 = 4.0;

/// The five things people score from 1 to 5, and that every automatic check speaks for one of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Criterion {
    Accuracy,
    Format,
    Relevance,
    Completeness,
    Tone,
}

/// What a score of a criterion means. 2 and 4 lie between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Descriptors {
    /// What to ask of an answer.
    pub question: &'static str,
    /// Score 1.
    pub poor: &'static str,
    /// Score 3.
    pub good: &'static str,
    /// Score 5.
    pub excellent: &'static str,
}

impl Criterion {
    pub const ALL: [Criterion; 5] =
        [Criterion::Accuracy, Criterion::Format, Criterion::Relevance, Criterion::Completeness, Criterion::Tone];

    /// The name as written in suites and reports.
    pub fn name(self) -> &'static str {
        match self {
            Criterion::Accuracy => "accuracy",
            Criterion::Format => "format",
            Criterion::Relevance => "relevance",
            Criterion::Completeness => "completeness",
            Criterion::Tone => "tone",
        }
    }

    /// The founding guide's table, said in full for product work.
    pub fn descriptors(self) -> Descriptors {
        match self {
            Criterion::Accuracy => Descriptors {
                question: "Is everything it says true, and drawn from what was given?",
                poor: "Wrong facts, invented numbers or names, or product terms used wrongly.",
                good: "Mostly right; small slips that a reader would notice and mend.",
                excellent: "Nothing to correct: facts, figures and terms all hold, and assumptions are marked.",
            },
            Criterion::Format => Descriptors {
                question: "Does it have the shape that this kind of document should have?",
                poor: "No clear structure, or another document than the one asked for.",
                good: "The usual parts are there, with some out of place or written differently.",
                excellent: "Exactly the expected structure, ready to paste into the team's template.",
            },
            Criterion::Relevance => Descriptors {
                question: "Does it answer this request, for this product and its users?",
                poor: "General advice that would fit any product.",
                good: "About the request and useful to a product manager, but not very specific.",
                excellent: "Specific to the product, the users and the constraints that were given.",
            },
            Criterion::Completeness => Descriptors {
                question: "Is everything there that the reader needs to act?",
                poor: "Key parts are missing, left to fill in, or cut off.",
                good: "Covers most needs; a reader has to ask for one or two things.",
                excellent: "Nothing to add: all parts, owners, dates and measures that the task calls for.",
            },
            Criterion::Tone => Descriptors {
                question: "Would you send it to this audience as it is?",
                poor: "Unfit for the audience: too casual, too vague or too long-winded.",
                good: "Professional, though it could come from anyone.",
                excellent: "Just right for the audience and the occasion, in a clear and confident voice.",
            },
        }
    }
}

impl fmt::Display for Criterion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_files() {
        for criterion in Criterion::ALL {
            assert_eq!(serde_json::json!(criterion), criterion.name());
            assert_eq!(criterion.to_string(), criterion.name());
        }
    }

    #[test]
    fn every_level_of_every_criterion_is_described_differently() {
        let said: Vec<&str> = Criterion::ALL
            .iter()
            .map(|c| c.descriptors())
            .flat_map(|d| [d.question, d.poor, d.good, d.excellent])
            .collect();
        let different: std::collections::HashSet<&&str> = said.iter().collect();
        assert_eq!((said.len(), different.len()), (20, 20));
        assert!(said.iter().all(|text| text.ends_with(['.', '?'])));
    }
}
