//! A run: one evaluation of one version. A folder `reports/<run id>/` with `run.json` (the manifest; its `finished`
//! time is the commit marker, written last) and `results.jsonl` (append-only, one [`Record`] per answer).
//!
//! [`Plan`] says what there is to do and, given what is recorded, what remains; both are pure. [`Reports`] owns the
//! folders; [`OpenRun`] is one of them, locked for writing. [`execute`] brings plans, provider and folders together,
//! and [`rescore`] judges stored answers again. [`stale()`] says what a stored run no longer speaks of, and [`Extent`]
//! how much of the suites it asked. A [`Shard`] is one machine's part of a run; [`merge()`] joins all of them.

mod answered_by;
mod answering;
mod contamination;
mod event;
mod execute;
mod extent;
mod files;
mod filter;
mod folder;
mod judge;
mod merge;
#[cfg(test)]
mod merge_tests;
mod open;
mod passed;
mod plan;
mod question;
mod record;
mod reports;
mod rescore;
mod reuse;
#[cfg(test)]
mod routed_tests;
mod sampling;
mod shard;
mod stale;
#[cfg(test)]
mod tests;

pub use answered_by::{Engine, engine_words};
pub use answering::Answering;
pub use contamination::{CONTAMINATED, set_apart};
pub use event::Event;
pub use execute::{Reuse, execute};
pub use extent::Extent;
pub use filter::{Filter, failing, matches, select};
pub use folder::RunFolder;
pub use merge::merge;
pub use open::OpenRun;
pub use passed::passed_share;
pub use plan::{Item, Plan, remaining};
pub use record::{FORMAT, Judged, Manifest, Outcome, Record, Routed, Run, Stopped, SuiteRef, VersionRef, Weights, Why};
pub use reports::{Listing, Reports};
pub use rescore::rescore;
pub use sampling::{SamplingChange, sampling_changes};
pub use shard::{Part, Shard};
pub use stale::{Stale, stale};
