use serde::{Deserialize, Serialize};

/// The three rounds in which a model comes to know a job, as recipes of a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Round {
    /// Many plain examples of all core tasks; trained anew from the base.
    Foundation,
    /// Examples for weak areas and harder cases; trained on everything, from the version in use.
    Specialisation,
    /// A few examples of tone, style and terms; one epoch, from the version in use.
    Polish,
}

impl Round {
    pub fn name(self) -> &'static str {
        match self {
            Self::Foundation => "foundation",
            Self::Specialisation => "specialisation",
            Self::Polish => "polish",
        }
    }

    /// Examples that it asks for: the least of 50 to 100, 25 to 50 and 10 to 25.
    pub fn examples(self) -> usize {
        match self {
            Self::Foundation => 50,
            Self::Specialisation => 25,
            Self::Polish => 10,
        }
    }

    /// Whether training begins at the base, and not at the version in use.
    pub fn starts_anew(self) -> bool {
        self == Self::Foundation
    }

    /// Epochs, where it does not leave them to the workspace.
    pub fn epochs(self) -> Option<usize> {
        (self == Self::Polish).then_some(1)
    }
}
