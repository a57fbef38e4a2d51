//! Checks of one's own: a program that judges.
//!
//! A suite that runs programs is itself a program, so a [`command`](Command) judges nothing until a person has allowed it
//! ([`Permit`](super::Permit), handed out by `suite::permit`): read, validated, counted or shown, it starts nothing.

mod command;
mod process;

use super::{Criterion, Kind};
use command::Command;

pub const KINDS: &[Kind] = &[Kind::new::<Command>(
    "command",
    Criterion::Accuracy,
    1,
    "A program of your own judges the answer; it runs only where `--allow-commands` says so.",
)];
