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

/// A file to write. `-` usually means standard output, which this is not.
pub fn file(text: &str) -> Result<PathBuf, String> {
    match text {
        "-" => Err("this writes a file, not standard output; name one (a file called - is ./-)".to_string()),
        path => Ok(PathBuf::from(path)),
    }
}
