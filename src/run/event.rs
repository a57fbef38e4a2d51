use super::Record;

/// What [`execute`](super::execute) reports while it works. Compute here, display in `cli`.
#[derive(Debug)]
pub enum Event<'a> {
    /// Sent once, first. `total` counts the answers of all runs, `done` those already recorded, `reused` those that
    /// will be taken from earlier runs.
    Started { total: usize, done: usize, reused: usize },
    /// An answer was judged and recorded, or could not be had. `version` is the index of the run among those executed.
    Case { version: usize, record: &'a Record },
    /// Tokens generated since the last such event.
    Tokens(usize),
    /// So many of the texts whose likelihood is wanted are weighed by now.
    Weighed { done: usize, of: usize },
    /// Every answer of this run is recorded and its manifest says so.
    Finished { version: usize },
}
