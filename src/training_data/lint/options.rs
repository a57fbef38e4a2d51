use crate::check::Lexicon;
use crate::suite::Suite;
use crate::training_data::DataSettings;

/// What the linter goes by.
pub struct Options<'a> {
    pub settings: &'a DataSettings,
    /// The workspace's word lists.
    pub lexicon: &'a Lexicon,
    /// Suites whose cases must not be in the training data.
    pub suites: &'a [Suite],
    /// Tokens of a text in the base's vocabulary; without it they are estimated from words.
    pub count_tokens: Option<&'a (dyn Fn(&str) -> usize + Sync)>,
}
