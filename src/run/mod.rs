//! A run: one evaluation of one version. A folder `reports/<run id>/` with `run.json` (the manifest; its `finished`
//! time is the commit marker, written last) and `results.jsonl` (append-only, one [`Record`] per answer).

mod record;

pub use record::{Judged, Manifest, Outcome, Record, Run, SuiteRef, VersionRef};
