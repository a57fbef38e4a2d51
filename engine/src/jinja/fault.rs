use super::limits::{MOST_BYTES, MOST_DEPTH};

/// Why a template could not be read or rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// It is no template, or one with syntax that the parser does not know.
    Syntax,
    /// It uses a value that is not there.
    Undefined,
    /// It uses a part of Jinja that is not supported here.
    Unsupported,
    /// It takes too many instructions.
    Endless,
    /// It builds more than [`MOST_BYTES`], or nests too deep.
    TooLarge,
    /// It refuses its input itself, by `raise_exception`.
    Raised,
    /// Python would raise an error here.
    Wrong,
}

/// A template's error: what, and on which line of the template.
#[derive(Debug, Clone)]
pub struct Fault {
    /// What kind of error it is.
    pub kind: Kind,
    /// What went wrong, as half a sentence.
    pub message: String,
    /// The line of the template, from 1; 0 where it is not known.
    pub line: usize,
    /// The variable that is not there, where that is the reason.
    pub variable: Option<String>,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)?;
        if self.line > 0 { write!(f, " (line {})", self.line) } else { Ok(()) }
    }
}

/// What every step of a rendering returns. Boxed, so that the good case stays small.
pub(super) type Res<T> = Result<T, Box<Fault>>;

impl Fault {
    pub(super) fn new(kind: Kind, message: impl Into<String>) -> Box<Self> {
        Box::new(Self { kind, message: message.into(), line: 0, variable: None })
    }

    pub(super) fn too_large() -> Box<Self> {
        Self::new(Kind::TooLarge, format!("it builds more than {} MiB of texts and lists", MOST_BYTES >> 20))
    }

    pub(super) fn too_deep() -> Box<Self> {
        Self::new(Kind::TooLarge, format!("it nests more than {MOST_DEPTH} deep"))
    }

    /// At `line`, unless it has one already.
    pub(super) fn at(mut self: Box<Self>, line: usize) -> Box<Self> {
        if self.line == 0 {
            self.line = line;
        }
        self
    }
}

/// What Python answers with an error of its own.
pub(super) fn fail<T>(message: impl Into<String>) -> Res<T> {
    Err(Fault::new(Kind::Wrong, message))
}

/// What jinja2 can do and this cannot.
pub(super) fn unsupported<T>(what: impl AsRef<str>) -> Res<T> {
    Err(Fault::new(Kind::Unsupported, format!("{} is not supported", what.as_ref())))
}
