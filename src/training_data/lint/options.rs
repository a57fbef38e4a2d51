use super::Code;
use crate::check::Lexicon;
use crate::suite::Suite;
use crate::training_data::{DataSettings, Meanings, Severity};
use std::sync::Arc;

/// What the linter goes by.
pub struct Options<'a> {
    pub settings: &'a DataSettings,
    /// The workspace's word lists.
    pub lexicon: &'a Arc<Lexicon>,
    /// Suites whose cases must not be in the training data.
    pub suites: &'a [Suite],
    /// Tokens of a text in the base's vocabulary; without it they are estimated from words.
    pub count_tokens: Option<&'a (dyn Fn(&str) -> usize + Sync)>,
    /// The sentence model; without it, a case that is given away in other words is not found.
    pub meanings: Option<&'a dyn Meanings>,
    /// Whether examples are held against the checks that the suites use for their kind.
    pub against_suites: bool,
}

impl Options<'_> {
    /// Whether one of these codes is not switched off.
    pub(super) fn looks_for(&self, codes: &[Code]) -> bool {
        codes.iter().any(|code| self.settings.severity.get(code.name) != Some(&Severity::Off))
    }
}
