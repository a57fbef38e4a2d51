//! One error type for the whole program.
//!
//! An [`Error`] says what went wrong, where (file, line, column and the line itself when a person wrote the file) and
//! what to do about it. [`Kind`] decides the exit code. Validation gathers every fault of its input into one error with
//! [`Error::gather`], so a user mends a file once instead of once per fault.

use std::fmt;
use std::path::{Path, PathBuf};

/// What may fail with an [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What sort of thing went wrong; decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The command line asks for something that does not make sense. Exit code 2.
    Usage,
    /// A file or value a person wrote is wrong.
    Input,
    /// Something named does not exist.
    Missing,
    /// A download or an endpoint failed.
    Network,
    /// The file system refused.
    Io,
    /// Model weights, tokenizer or template are unusable.
    Model,
    /// Everything worked and the answer is no: a threshold that the user set was not met. With its exit code.
    Refused(u8),
    /// Stopped by Ctrl-C; work so far is kept. Exit code 130.
    Interrupted,
}

impl Kind {
    /// The documented exit code: 0 fine, 1 error, 2 usage, 130 interrupted.
    pub fn exit_code(self) -> u8 {
        match self {
            Kind::Usage => 2,
            Kind::Refused(code) => code,
            Kind::Interrupted => 130,
            _ => 1,
        }
    }
}

/// Where in a text a fault lies. Lines and columns count from 1, columns in characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, as the user named it or where it was found.
    pub file: PathBuf,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// The line itself, for the reader.
    pub snippet: String,
}

/// What went wrong, where, and what to do about it.
#[derive(Debug)]
pub struct Error {
    /// Decides the exit code.
    pub kind: Kind,
    /// One sentence without a full stop.
    pub message: String,
    /// Where in a text, if the fault lies in one.
    pub place: Option<Box<Place>>,
    /// What to do about it.
    pub hint: Option<String>,
    /// What a library said, told as "because".
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
    /// Further faults found in the same pass.
    pub also: Vec<Error>,
}

impl Error {
    /// Of any kind, with nothing but a message.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), place: None, hint: None, source: None, also: Vec::new() }
    }

    /// A command line that makes no sense.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// A file or value of a person is wrong.
    pub fn input(message: impl Into<String>) -> Self {
        Self::new(Kind::Input, message)
    }

    /// Something named does not exist.
    pub fn missing(message: impl Into<String>) -> Self {
        Self::new(Kind::Missing, message)
    }

    /// A download or an endpoint failed.
    pub fn network(message: impl Into<String>) -> Self {
        Self::new(Kind::Network, message)
    }

    /// Weights, tokenizer or template are unusable.
    pub fn model(message: impl Into<String>) -> Self {
        Self::new(Kind::Model, message)
    }

    /// A file system error: `io("read", path, error)` reads "cannot read PATH: …".
    pub fn io(verb: &str, path: &Path, error: std::io::Error) -> Self {
        let hint = match error.kind() {
            std::io::ErrorKind::NotFound => Some("check the path; it does not exist".to_string()),
            std::io::ErrorKind::PermissionDenied => {
                Some("check the permissions of the file and its folder".to_string())
            }
            std::io::ErrorKind::StorageFull => Some("free some disk space and run the same command again".to_string()),
            std::io::ErrorKind::ReadOnlyFilesystem => {
                Some("the folder is read-only; choose one you can write to".to_string())
            }
            _ => None,
        };
        Self { hint, ..Self::new(Kind::Io, format!("cannot {verb} {}: {error}", path.display())) }
    }

    /// The same, at a place in a text.
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(Box::new(place));
        self
    }

    /// The same, with what to do about it.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same, because of another error.
    pub fn caused_by(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// One error out of many; `None` when there are none.
    pub fn gather(errors: impl IntoIterator<Item = Error>) -> Option<Self> {
        let mut all = errors.into_iter().flat_map(Error::flatten);
        let mut first = all.next()?;
        first.also = all.collect();
        Some(first)
    }

    /// This error and those found beside it, each on its own.
    pub fn flatten(mut self) -> Vec<Error> {
        let also = std::mem::take(&mut self.also);
        std::iter::once(self).chain(also.into_iter().flat_map(Error::flatten)).collect()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            writeln!(f, "{}:{}:{}: {}", place.file.display(), place.line, place.column, self.message)?;
            let number = place.line.to_string();
            writeln!(f, "  {number} | {}", place.snippet)?;
            write!(f, "  {:w$} | {:c$}^", "", "", w = number.len(), c = place.column.saturating_sub(1))?;
        } else {
            write!(f, "{}", self.message)?;
        }
        let mut cause = self.source.as_deref().map(|e| e as &dyn std::error::Error);
        while let Some(error) = cause {
            write!(f, "\n  because: {error}")?;
            cause = error.source();
        }
        if let Some(hint) = &self.hint {
            write!(f, "\n  help: {hint}")?;
        }
        for other in &self.also {
            write!(f, "\n{other}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|e| e as _)
    }
}

impl From<candle_core::Error> for Error {
    fn from(error: candle_core::Error) -> Self {
        Error::model("a tensor operation failed").caused_by(error)
    }
}
