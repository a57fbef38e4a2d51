//! Training: examples to tokens, batches, an optimizer with exact resume, and a plain-words diagnosis.
//!
//! An [`crate::training_data::Example`] becomes a [`Sequence`] (what the model reads, and which tokens it is taught). A
//! [`Recipe`] fixes every number of the training. The loop asks a [`Learner`] (the model, or a toy in tests) for losses
//! and gradients; it prints nothing and knows no model.

mod curve;
mod diagnose;
mod learner;
mod log;
mod recipe;
mod sequence;

pub use curve::{Curve, Point};
pub use diagnose::{Condition, Diagnosis, Facts, course, diagnose, paragraph};
pub use learner::{Learner, Pass};
pub use log::{Entry, LossKind, LossLog, epoch_line, loss_words};
pub use recipe::{Recipe, Schedule, TooLong};
pub use sequence::Sequence;
