//! Training: examples to tokens, batches, an optimizer with exact resume, and a plain-words diagnosis.
//!
//! An [`crate::training_data::Example`] becomes a [`Sequence`] (what the model reads, and which tokens it is taught). A
//! [`Recipe`] fixes every number of the training. The loop ([`Training`]) asks a [`Learner`] (the model, or a toy in
//! tests) for losses and gradients; it prints nothing and knows no model. Its [`State`] lies in a [`Checkpoint`] from
//! time to time, from which it goes on as if it had never stopped.

mod checkpoint;
mod learner;
mod optimizer;
mod order;
mod recipe;
mod schedule;
mod sequence;
#[cfg(test)]
mod testing;
mod training;

pub use checkpoint::{Checkpoint, Cut, Ended, Origin, Progress, State};
pub use learner::{Learner, Pass};
pub use optimizer::{AdamW, clip};
pub use recipe::{Recipe, Schedule, TooLong};
pub use schedule::{learning_rate, warmup_steps};
pub use sequence::Sequence;
pub use training::{Event, Saves, Sink, Step, Training};
