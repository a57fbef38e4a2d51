//! What a use case tells while it works, and who listens.

use crate::base::{self, Base, BaseName};
use crate::review::{Imported, Progress};
use crate::run;
use crate::training_data::lint;
use engine::error::{Error, Result};
use engine::train;
use std::path::Path;

/// What a use case tells while it works. Results are returned; an event is what somebody who waits wants to see.
#[derive(Debug)]
pub enum Event<'a> {
    /// Nothing is wrong, but worth knowing. In a sentence for the user, as an error's message is.
    Note(String),
    /// A result means less than it seems to, or something was left out. In a sentence for the user.
    Warning(String),
    /// A base is fetched.
    Pull(Pull<'a>),
    /// Answers of an evaluation.
    Run(run::Event<'a>),
    /// So many of the texts of an audit are weighed by now.
    Weighed { done: usize, of: usize },
    /// Opinions of a judge model.
    Judge(Judging<'a>),
    /// A file of ratings was taken in.
    Imported(&'a Imported),
    /// Steps of a training.
    Train(train::Event<'a>),
    /// Lines that the linter looks at.
    Lint(lint::Step),
    /// A file is written and proven.
    Export(Exporting),
}

/// How far an export is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exporting {
    /// Bytes of the file.
    Bytes { done: u64, of: u64 },
    /// The file is read back.
    Reading,
    /// Texts that were read to both, and answers of both.
    Spoken { done: usize, of: usize },
}

/// How far a base is fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pull<'a> {
    /// What happens next, in words.
    Says(&'a str),
    /// Bytes so far, and in all where that is known.
    Bytes { done: u64, total: Option<u64> },
    /// The base is on disk; sent also where it was there before.
    Ready,
}

/// How far a judge model is with one run.
#[derive(Debug)]
pub enum Judging<'a> {
    /// Sent first, with what it had judged before.
    Started { run: &'a str, before: Progress },
    /// Tokens generated since the last such event.
    Tokens(usize),
    /// An opinion was read and recorded.
    Judged,
    /// An answer stays without an opinion.
    Failed { case: &'a str, error: &'a Error },
    /// Sent last.
    Ended { run: &'a str, judge: &'a str, progress: Progress },
}

/// Who watches a use case: a command that draws bars, a page, a test. Several threads may tell at once.
pub trait Sink: Send + Sync {
    fn tell(&self, event: Event<'_>);

    /// Whether the work shall end as soon as it can without losing anything. Asked often.
    fn stopped(&self) -> bool {
        false
    }
}

/// A pull tells a [`Sink`].
struct Pulling<'a>(&'a dyn Sink);

impl base::Progress for Pulling<'_> {
    fn say(&self, what: &str) {
        self.0.tell(Event::Pull(Pull::Says(what)));
    }

    fn bytes(&self, done: u64, total: Option<u64>) {
        self.0.tell(Event::Pull(Pull::Bytes { done, total }));
    }
}

/// The base, pulled first when it is not on disk.
pub fn ensure_base(name: &BaseName, sink: &dyn Sink) -> Result<Base> {
    let base = base::ensure(name, &Pulling(sink))?;
    sink.tell(Event::Pull(Pull::Ready));
    Ok(base)
}

/// Gets a base, from `from` (a file on disk) or from where it is published; with `accept` also another one than before.
pub fn pull(name: &BaseName, from: Option<&Path>, accept: bool, sink: &dyn Sink) -> Result<Base> {
    let base = base::pull(name, from, accept, &Pulling(sink))?;
    sink.tell(Event::Pull(Pull::Ready));
    Ok(base)
}
