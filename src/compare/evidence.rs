use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a statement on two versions rests on. The kinds are set side by side and never added up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Evidence {
    /// Checks of what was written: does it write in your shape and keep your facts?
    #[default]
    Checks,
    /// How much likelier the question makes a reference than its distractors: does it know your documents?
    Likelihood,
}

impl Evidence {
    pub const ALL: [Evidence; 2] = [Evidence::Likelihood, Evidence::Checks];

    pub fn name(self) -> &'static str {
        match self {
            Self::Checks => "checks",
            Self::Likelihood => "likelihood",
        }
    }

    /// What it tells of a version.
    pub fn about(self) -> &'static str {
        match self {
            Self::Checks => "writes in your shape and keeps your facts",
            Self::Likelihood => "knows your documents",
        }
    }
}
