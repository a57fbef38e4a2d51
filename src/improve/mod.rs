//! A month of improvement as data: its steps, what each was done for, and the decision at its end.
//!
//! A [`Month`] is a folder `improve/<yyyy-mm>/` with a machine file and a page to read. A [`Step`] is done for what it was
//! done from, its inputs: where these change, it and what rests on it are to be done again, and nothing else is. A
//! [`decision`](decide()) is made on held-out cases, which wear out: every one is entered among the [`Looks`], and each
//! claims with no more than its share of the error that all of them together may make.

mod decide;
mod looks;
mod month;
mod page;
mod round;
mod settings;
mod step;

pub use decide::{Decision, Measured, Promised, decide};
pub use looks::{Look, Looks, fingerprint, fingerprint_of};
pub use month::{Candidate, Done, Month};
pub use page::page;
pub use round::Round;
pub use settings::ImproveSettings;
pub use step::Step;
