//! Counting one run: which cases pass, how sure that is, what repeats and checks add to it.
//!
//! [`cases`] gathers a run's records by case; everything else counts some of these cases: [`rate`], [`criteria`],
//! [`checks`], [`mean`]. A pair is two tallies of one case, and whoever needs a figure of one version alone (a report, a
//! gate, a history) asks here, so that it is the same figure everywhere. How sure an interval is, the caller says.

mod case;
mod count;
mod figures;
#[cfg(test)]
pub(crate) mod oracle;
mod repeats;
mod wilson;

pub use case::{CaseTally, Reply, Standing, Trial, cases};
pub use count::{Rate, checks, criteria, mean, mean_score, preference, rate};
pub use repeats::enough;
pub use wilson::{Interval, wilson};

#[cfg(test)]
pub(crate) use repeats::{pass_at_k, pass_hat_k};
