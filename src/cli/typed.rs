//! What several commands take.

use crate::run::Filter;
use crate::suite::Split;
use engine::generate::SamplingOptions;
use std::path::PathBuf;

/// Which parts of the suites.
#[derive(Debug, clap::Args)]
pub struct PartArgs {
    /// Only these suites (may be repeated).
    #[arg(long, value_name = "NAME")]
    pub suite: Vec<String>,
    /// Only these categories (may be repeated).
    #[arg(long, value_name = "NAME")]
    pub category: Vec<String>,
    /// Only one half of the cases.
    #[arg(long)]
    pub split: Option<Half>,
}

impl PartArgs {
    pub fn filter(&self) -> Filter {
        Filter {
            suites: self.suite.clone(),
            categories: self.category.clone(),
            split: self.split.map(Into::into),
            ..Filter::default()
        }
    }
}

/// How answers are chosen, laid over what the versions say.
#[derive(Debug, clap::Args)]
pub struct SamplingArgs {
    /// The longest answer, in tokens, where no suite or case says otherwise.
    #[arg(long, value_name = "N", value_parser = tokens)]
    pub max_tokens: Option<usize>,
    /// 0 always takes the likeliest token.
    #[arg(long, value_name = "T", value_parser = temperature)]
    pub temperature: Option<f64>,
    /// Where randomness starts from.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
}

impl SamplingArgs {
    pub fn options(&self) -> SamplingOptions {
        SamplingOptions {
            max_tokens: self.max_tokens,
            temperature: self.temperature,
            seed: self.seed,
            ..SamplingOptions::default()
        }
    }
}

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
