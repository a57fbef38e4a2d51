//! The use cases, for whoever wants them: a command, a page, a test, another program. Each takes resolved options (plain
//! structs; no flags), tells a [`Sink`] what a waiting person wants to see, and returns what came of it. Nothing here
//! prints or listens to signals; the sink says when to stop.
//!
//! [`Job`](train::Job) trains a version, [`evaluate()`] asks it, [`compare()`] holds two runs against each other and
//! [`compare_several`] many against one, [`gate`] decides, [`export()`] writes a version's file and proves it,
//! [`job`] hands either to other engines and takes back what comes of it, [`deploy()`] puts it where another program finds it, [`audit()`] tests the tests, [`find_gaps`] says what to write, [`improve`](improve::improve) does all of it in order, [`review::Reading`] lets people or
//! a judge model score, [`history()`] looks back, [`data`] keeps the
//! examples. Reports are part of what comes of it: an evaluation without its page would not be finished, and every
//! caller would have to bring the same writer; so this room stands below `report`.

pub mod bases;
pub mod data;
pub mod device;
pub mod gate;
pub mod improve;
pub mod job;
pub mod review;
pub mod runs;
pub mod share;
pub mod train;
pub mod versions;

mod audit;
mod compare;
mod contestants;
mod deploy;
mod evaluate;
mod event;
mod export;
mod extras;
mod find;
mod history;
mod gaps;
mod how;
mod import;
mod programs;
mod render;
mod rotate;
mod routing;
mod settings;
mod settle;
mod several;
mod short_path;
mod speed;
mod standing;
mod subject;
mod today;
mod worth;
pub mod sources;
#[cfg(test)]
mod testing;

pub use audit::{AuditFiles, AuditOptions, Audited, audit, write_audit};
pub use compare::{Compared, compare, compare_stored, newest_comparison};
pub use deploy::{DeployOptions, Deployment, Probe, deploy, undo as undo_deploy};
pub use device::DeviceChoice;
pub use evaluate::{EvaluateOptions, Evaluated, evaluate};
pub use event::{Event, Exporting, Judging, Pull, Sink, pull};
pub use export::{ExportOptions, Exported, export};
pub use gaps::{Found, GapsOptions, find_gaps};
pub use history::{HistoryOptions, Told, history};
pub use import::{ImportOptions, ImportedSuite, import_suite};
pub use render::{Rendered, render};
pub use rotate::{RotateOptions, Rotated, rotate};
pub use routing::{Members, Routing};
pub use several::{ComparedAll, compare_several, compare_several_stored};
pub use short_path::short_path;
pub use standing::{LastComparison, LastRun, Standing, last_comparison, standings};
pub use subject::Subject;
