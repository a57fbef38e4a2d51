//! What came of a job.

use crate::work::evaluate::Evaluated;
use engine::error::Error;
use std::path::PathBuf;

/// How a job is taken in.
#[derive(Debug, Clone, Copy, Default)]
pub struct ImportOptions {
    /// Nothing more will come: what was not answered is recorded as failed, and the run is finished.
    pub finish: bool,
    /// Whether checks may run the programs they name.
    pub allow_commands: bool,
}

/// What was taken in.
#[derive(Debug)]
pub struct Imported {
    pub engine: String,
    pub versions: Vec<Incoming>,
    pub runs: Vec<Answered>,
    pub refused: Vec<Refused>,
}

/// A version that another engine trained.
#[derive(Debug, Clone)]
pub struct Incoming {
    pub name: String,
    pub folder: PathBuf,
    /// Of a taught token on the validation examples, on our own base: before and after.
    pub losses: Option<(f64, f64)>,
    /// It was here already, from this very job.
    pub already: bool,
}

/// A run that another engine answered.
#[derive(Debug)]
pub struct Answered {
    pub version: String,
    pub run: String,
    /// Of a run that is finished.
    pub evaluated: Option<Evaluated>,
    /// Answers that are still missing, and those that there should be.
    pub missing: usize,
    pub of: usize,
    /// What the engine said of some that failed.
    pub failures: Vec<String>,
    /// It was here already, from this very job.
    pub already: bool,
}

/// A version, or a version's answers, that were not taken in.
#[derive(Debug)]
pub struct Refused {
    pub name: String,
    pub error: Error,
}
