//! Training: examples to tokens, batches, an optimizer with exact resume, and a log of the losses.
//!
//! A [`Lesson`] becomes a [`Sequence`] (what the model reads, and which tokens it is taught);
//! [`fit`] cuts or leaves out what is too long, [`batches`] puts the rest in order. A [`Recipe`] fixes every number of
//! the training. The loop ([`Training`]) asks a [`Learner`] ([`ModelLearner`], or a toy
//! in tests) for losses and gradients; it prints nothing and knows no model. Its [`State`] lies in a [`Checkpoint`] from
//! time to time, from which it goes on as if it had never stopped. [`estimate`] says beforehand what it will take,
//! a [`LossLog`] keeps what it did, and a [`Curve`] shows it without the noise.

mod checkpoint;
mod curve;
mod estimate;
mod fit;
mod learner;
mod log;
mod model_learner;
mod optimizer;
mod order;
mod recipe;
mod schedule;
mod place;
mod sequence;
mod settings;
#[cfg(test)]
mod testing;
mod training;

pub use checkpoint::{Basis, Budget, Checkpoint, Ended, Progress, State};
pub use curve::{Curve, Point, after_epoch, course, median, median_error};
pub use estimate::{Estimate, Sizes, TooLarge, estimate, gigabytes};
pub use fit::{Cut, Fate, fit};
pub use learner::{Learner, Pass};
pub use log::{Entry, LossKind, LossLog, epoch_line, loss_words};
pub use model_learner::ModelLearner;
pub use optimizer::{AdamW, clip};
pub use order::{batches, micro_batches};
pub use place::Place;
pub use recipe::{Facts, Recipe, RecipeFault};
pub use schedule::{learning_rate, warmup_steps};
pub use sequence::{Lesson, Sequence, Turn, sequences};
pub use settings::{Preset, Schedule, TooLong, TrainSettings};
pub use training::{Event, Saves, Sink, Step, Training};
