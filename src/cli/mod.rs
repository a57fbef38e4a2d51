//! The command line: arguments as typed beside their command, resolved into options; calls of `work`; all printing and
//! progress bars. One file for each command.
//!
//! Exit codes: 0 fine, 1 error, 2 usage, 100 quality gate failed, 102 quality gate not judged, 130 interrupted.

mod args;
mod bases;
mod chat;
mod compare;
mod console;
mod data;
mod deploy;
mod device;
mod eval;
mod export;
mod gaps;
mod gate;
mod guide;
mod history;
mod improve;
mod init;
mod interrupt;
mod job;
mod models;
mod out;
mod programs;
mod progress;
mod pull;
mod render;
mod review;
mod run;
mod runs;
mod serve;
mod share;
mod shell;
mod show;
mod suite;
mod suites;
mod train;
mod typed;
mod watch;

pub use run::{command, run};
