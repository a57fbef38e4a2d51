//! Rules over a run, or over a run and the one before, and the decision that follows from them. Pure: the same runs and
//! the same settings give the same decision, byte for byte. How it is written for people and for CI systems is
//! `report`'s business.
//!
//! A [`Gate`] is everything there is to decide on; [`Gate::decide`] judges each rule of `gate:` in `pmtune.yaml` on the
//! cases in its `scope` and gives a [`Decision`]. A rule that cannot be judged fails the gate as well: nobody should
//! take a gate for passed that was never closed.

mod decide;
mod decision;
mod points;
mod propose;
mod question;
mod regression;
mod rules;
mod scope;
mod settings;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod words;

/// The exit code of a gate that failed, unless the user chose another.
pub const FAILED: u8 = 100;
/// The exit code of a gate of which no rule failed and some rule could not be judged.
pub const UNJUDGED: u8 = 102;

pub use decision::{CaseNote, Contender, Decision, Judged, Status, schema};
pub use points::{Points, points};
pub use propose::{Proposal, propose};
pub use question::Gate;
pub use settings::{CriteriaSettings, EXIT_CODE, GateHalf, GateSettings};
