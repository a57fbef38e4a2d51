use regex::Regex;

/// A pattern of our own; a wrong one is caught by the first test that uses it.
pub(super) fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a constant pattern compiles")
}
