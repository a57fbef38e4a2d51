//! Two runs paired case by case: flips, intervals, exact and resampled tests, and a verdict in words.
//!
//! Suites are small, so every method is exact or resampled, never a bare normal approximation. [`compare`] pairs the
//! runs (`pair`, after `comparable` has made sure that only the version differs), computes each half of the cases on
//! its own (`half`, `group`), and states what was found (`verdict`, `warnings`). The statistics themselves are small
//! pure files over a `sample` of independent units: `interval`, `exact`, `permutation`, `mcnemar`, `holm`, `power`,
//! `repeats`.

mod alone;
mod build;
mod comparable;
mod comparison;
#[cfg(test)]
mod coverage;
mod figures;
mod exact;
#[cfg(test)]
mod generated;
mod group;
mod half;
mod holm;
mod interval;
mod mcnemar;
#[cfg(test)]
pub(crate) mod oracle;
mod pair;
mod permutation;
mod power;
#[cfg(test)]
mod properties;
mod repeats;
mod sample;
mod settings;
pub mod tally;
#[cfg(test)]
mod tests;
mod verdict;
mod warnings;

pub use alone::{Range, mean};
pub use build::compare;
pub use comparison::{
    CasePair, Comparison, Finding, Flip, Group, Half, Interval, Mean, Outcomes, PassTest, Power, Rate, ScoreTest, Side,
    Trial,
};
pub use holm::holm;
pub use interval::wilson;
pub use repeats::enough;
pub use settings::Settings;

// People's scores are reckoned with the same means, intervals and tests.
pub(crate) use exact::{fewest_units, unseen_share};
pub(crate) use group::score_test;
pub(crate) use interval::{Scale, bootstrap, percentiles, widened_tail};
pub(crate) use mcnemar::mcnemar;
#[cfg(test)]
pub(crate) use permutation::sign_flip;
pub(crate) use sample::{Observation, Sample};
pub(crate) use verdict::finding;
