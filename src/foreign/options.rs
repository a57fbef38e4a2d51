use crate::suite::Split;
use std::path::Path;

/// How the class of an eval holds an answer against the ideals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Class {
    /// It begins with one of them.
    #[default]
    Match,
    /// It has one of them in it.
    Includes,
    /// It has one of them in it, in any case.
    FuzzyMatch,
}

/// How a foreign file is read.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The half of the suites that all its cases belong to.
    pub split: Option<Split>,
    /// How OpenAI's samples are judged, where the user says so.
    pub class: Option<Class>,
    /// Carry code over, as checks of the kind `command` with scripts beside them.
    pub with_commands: bool,
}

/// A foreign file and where its suite goes.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    pub file: &'a Path,
    /// The name of the suite that is made.
    pub name: &'a str,
    /// The workspace's root.
    pub root: &'a Path,
}
