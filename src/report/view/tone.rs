//! Good news or bad, and the names of things that every part of a report uses.

use crate::compare::Finding;
use crate::suite::Split;
use serde::Serialize;

/// Whether something is good news; decides colour and symbol everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tone {
    Better,
    Worse,
    Same,
    Unknown,
}

impl Tone {
    pub fn of(finding: Finding) -> Self {
        match finding {
            Finding::Improved => Tone::Better,
            Finding::Regressed => Tone::Worse,
            Finding::NoDifference => Tone::Same,
            Finding::TooFewCases => Tone::Unknown,
        }
    }

    /// Of a direction, where there is one.
    pub fn of_direction(better: Option<bool>) -> Self {
        match better {
            Some(true) => Tone::Better,
            Some(false) => Tone::Worse,
            None => Tone::Unknown,
        }
    }

    pub fn symbol(self) -> &'static str {
        match self {
            Tone::Better => "▲",
            Tone::Worse => "▼",
            Tone::Same => "=",
            Tone::Unknown => "?",
        }
    }
}

/// The finding in the words of the project.
pub fn finding_words(finding: Finding) -> &'static str {
    match finding {
        Finding::Improved => "improved",
        Finding::Regressed => "regressed",
        Finding::NoDifference => "no evidence of a difference",
        Finding::TooFewCases => "too few cases to tell",
    }
}

pub fn half_name(split: Split) -> &'static str {
    match split {
        Split::HeldOut => "held-out",
        Split::Dev => "dev",
    }
}

pub fn half_title(split: Split) -> &'static str {
    match split {
        Split::HeldOut => "Held-out cases",
        Split::Dev => "Dev cases",
    }
}

/// What stands where there is no figure.
pub fn none() -> String {
    "–".to_string()
}
