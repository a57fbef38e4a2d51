//! What an evaluation is about.

/// What is evaluated. Versions are named as a person names them: `v2`, `primary`, `base`, `auto`, a file, an
/// endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    One(String),
    /// The one before, then the one after.
    Pair([String; 2]),
    /// The one before, then those that are held against it.
    Several(Vec<String>),
    /// A version, and before it the one that a gate will hold it against: the one named here, else the one that the
    /// workspace says, if there is any.
    Gated {
        model: String,
        against: Option<String>,
    },
    /// A version, and what stands for it outside.
    Exported(Stead),
    /// The rest of this run.
    Resume(String),
    /// The answers of this run, judged again with today's checks.
    Rescore(String),
}

/// A version's file, asked as the version is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stead {
    pub version: String,
    /// The file, or the address of a program that has it loaded.
    pub model: String,
    /// The version's system prompt and worked examples are in the file.
    pub opening_inside: bool,
}
