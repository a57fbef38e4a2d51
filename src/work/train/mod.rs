//! Data → tokens → training → the next version. A [`Job`] is a training that is ready to run: what was asked for
//! (`request`), and what was read (`prepare`). It runs in a folder that it holds (`place`), keeps a log and a plot
//! (`record`) and becomes a version at its end (`register`), with a paragraph on how it went (`diagnose`). `explain` puts
//! a recipe into words; `elsewhere` gathers what another program needs to run the training.

mod diagnose;
mod elsewhere;
mod explain;
mod job;
pub(super) mod memory;
mod place;
mod prepare;
mod record;
mod register;
mod request;
mod run;
mod section;
#[cfg(test)]
mod section_tests;
#[cfg(test)]
mod tests;

pub use diagnose::Told;
pub use elsewhere::{Elsewhere, Lessons, elsewhere};
pub use job::Job;
pub use request::TrainOptions;
pub use run::{NewVersion, Trained};
pub use section::TrainSection;
