//! What several commands take.

use crate::suite::Split;
use std::path::PathBuf;

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum Half {
    Dev,
    HeldOut,
}

impl From<Half> for Split {
    fn from(half: Half) -> Self {
        match half {
            Half::Dev => Split::Dev,
            Half::HeldOut => Split::HeldOut,
        }
    }
}

/// The longest answer, in tokens.
pub fn tokens(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|tokens| *tokens > 0).ok_or_else(|| "a whole number of tokens, 1 or more".to_string())
}

/// As in `pmtune.yaml`.
pub fn temperature(text: &str) -> Result<f64, String> {
    let within = text.parse::<f64>().ok().filter(|t| (0.0..=100.0).contains(t));
    within.ok_or_else(|| "a number from 0 to 100".to_string())
}

/// A file to write. `-` usually means standard output, which this is not.
pub fn file(text: &str) -> Result<PathBuf, String> {
    match text {
        "-" => Err("this writes a file, not standard output; name one (a file called - is ./-)".to_string()),
        path => Ok(PathBuf::from(path)),
    }
}
