//! Specialists: which version answers which kind of task, decided by what an instruction asks for.
//!
//! `models/routes.yaml` gives tasks to versions ([`Routes`]). A task is a folder of the training data or a file in one,
//! and the instructions that stand there are its examples ([`Instructions`]). [`Router`] compares an instruction with the
//! mean of each file's, by the sentence model, and gives a [`Decision`]: the version, and the examples that are nearest
//! as its reason. What is near to nothing, or to a task without a route, goes to the version that answers otherwise.
//! [`accuracy`] says how often instructions that were held out of training found their version.
//!
//! Measured on the shipped data (`docs/log.md`): the mean of a file beats the votes of nearest neighbours, and the mean
//! of a folder, which holds too many kinds of things; an input says little of what is to be made of it.

mod accuracy;
mod decision;
mod instructions;
mod router;
mod routes;
#[cfg(test)]
mod testing;

pub use accuracy::{Accuracy, Found, accuracy};
pub use decision::{Decision, Why};
pub use instructions::Instructions;
pub use router::{NEAR, Router};
pub use routes::{FILE, Route, Routes};
