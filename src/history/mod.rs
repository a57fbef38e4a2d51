//! A line of versions over time: every run on one axis, and the marks where a suite or a check changed in between, so
//! that nobody reads a change of the ruler as a change of the model. Pure.
//!
//! A [`Source`] is a finished run with people's ratings of it. `ruler` says what a group of cases was measured with and
//! puts a change of it into words, `measure` works out the values, `build` lines them up into [`Series`] of segments,
//! and `tasks` reads the performance log out of them: how the newest version does on each task, whether it got better
//! there (`trends`), and what needs more training data.

mod build;
mod line;
mod measure;
mod order;
mod ruler;
mod series;
mod tasks;
mod trends;

pub use build::history;
pub use line::{Line, belongs};
pub use order::ordered;
pub use series::{Break, Group, History, Kind, Point, RunInfo, Series, Source, Standing};
pub use tasks::{Log, Reading, Task, log};
pub use trends::Trend;
