//! Two runs paired case by case: flips, intervals, exact and resampled tests, and a verdict in words.
//!
//! Suites are small, so every method is exact or resampled, never a bare normal approximation. [`compare`] pairs the
//! runs (`pair`, after `comparable` has made sure that only the version differs) and computes each half of the cases on
//! its own: `looks` says what is looked at, `group` and `half` test it, `family` corrects everything together, `verdict`
//! and `mover` state what was found, and `luck` how often that would be found by luck. The statistics themselves are small
//! pure files over a `sample` of independent units: `interval`, `exact`, `permutation`, `changes`, `mcnemar`, `holm`,
//! `power`. Several versions against one are as many comparisons, whose headlines `several` corrects once more.

mod alone;
mod build;
mod changes;
mod comparable;
mod comparison;
#[cfg(test)]
mod coverage;
mod evidence;
#[cfg(test)]
mod evidence_tests;
mod family;
mod figures;
mod exact;
#[cfg(test)]
mod findings;
#[cfg(test)]
mod generated;
mod group;
mod half;
mod holm;
mod interval;
mod looks;
mod luck;
mod mcnemar;
mod mover;
mod order;
mod pair;
mod permutation;
mod power;
#[cfg(test)]
mod properties;
mod sample;
mod sequence;
#[cfg(test)]
mod sequence_tests;
mod settings;
mod settled;
mod several;
#[cfg(test)]
mod simulation;
#[cfg(test)]
pub(crate) mod tests;
mod verdict;
mod warnings;

pub use alone::{Range, mean};
pub use build::compare;
pub use comparison::{
    CasePair, CheckTest, Comparison, Finding, Flip, Group, Half, Likelihood, Luck, Mean, Mover, MoverKind, Outcomes,
    PassTest, Power, ScoreTest, Side,
};
pub use evidence::Evidence;
pub use family::family;
pub use holm::holm;
pub use order::place;
pub use sequence::FIRST_LOOK;
pub use settings::Settings;
pub use settled::{Outlook, outlook};
pub use several::{Against, Named, Several, Versus, several};
pub use verdict::beyond_chance;

// What a comparison says of one side is what that side's run says of itself.
pub use crate::tally::{Interval, Rate, Trial, enough, wilson};

// People's scores are reckoned with the same means, intervals and tests.
#[cfg(test)]
pub(crate) use crate::tally::oracle;
pub(crate) use exact::{fewest_units, unseen_share};
pub(crate) use group::score_test;
pub(crate) use interval::{Scale, bootstrap, percentiles, widened_tail};
pub(crate) use mcnemar::mcnemar;
#[cfg(test)]
pub(crate) use permutation::sign_flip;
pub(crate) use sample::{Observation, Sample};
pub(crate) use verdict::finding;
