//! Tests of the tests: does a suite tell a good answer from a bad one?
//!
//! From a case's reference come texts that are as good (the same in another notation or layout: `equivalent`) and texts
//! that are bad (facts swapped, numbers changed, the question echoed, …: `mutant`); its distractors are bad ones by hand.
//! [`audit`] lets the case judge them all. A bad text that passes and a good one that fails are faults of the suite,
//! each named with the way to mend it. No model is needed and nothing is drawn by chance: the same suite gives the same
//! audit.
//!
//! [`Unasked`] is the part for which a model is asked: whether a case can be solved without its question. [`Audit`] is
//! kept in `reports/audit.json`, by which [`warning`] knows a suite that was never audited, was changed since or failed.

mod asks;
mod audited;
mod case;
mod equivalent;
mod facts;
mod figures;
mod gate;
mod kept;
mod kind;
mod lines;
mod mutant;
mod past;
mod rate;
mod remedy;
mod suite;
mod unasked;
mod wanted;
#[cfg(test)]
mod testing;

pub use audited::{Audit, CaseAudit, CheckFigures, FORMAT, Figures, Said, Standing, SuiteAudit, Trial};
pub use gate::failing;
pub use kept::{FILE, keep, warning};
pub use kind::Kind;
pub use past::{Past, Spread};
pub use rate::Rate;
pub use remedy::{Mend, mends};
pub use suite::audit;
pub use unasked::{Solved, Unasked, UnaskedCase, questions};
pub use wanted::Wanted;
