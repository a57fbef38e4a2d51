//! Checks of what happened while the answer was made: seconds, tokens, likelihood of the reference, the choice picked.
//!
//! They read the measurements in [`crate::provider::Answer`]; what an endpoint did not measure is skipped, not failed.

mod choice;
mod conclusion;
mod latency;
mod prefers_reference;
mod reference_nll;
mod tokens;

use super::{Criterion, Kind};
use choice::Choice;
use latency::Latency;
use prefers_reference::PrefersReference;
use reference_nll::ReferenceNll;
use tokens::Tokens;

pub const KINDS: &[Kind] = &[
    Kind::new::<Latency>(
        "latency",
        Criterion::Relevance,
        1,
        "Passes when the answer took no longer than `max` seconds.",
    )
    .of_symptoms(),
    Kind::new::<Tokens>(
        "tokens",
        Criterion::Completeness,
        1,
        "Passes when the answer's length in tokens lies between `min` and `max`.",
    )
    .of_symptoms(),
    Kind::new::<ReferenceNll>(
        "reference-nll",
        Criterion::Accuracy,
        1,
        "Passes when the reference answer is likely enough: at most `max` nats per token on average.",
    ),
    Kind::new::<PrefersReference>(
        "prefers-reference",
        Criterion::Accuracy,
        1,
        "Passes when the question makes the reference likelier than every distractor. Cases with `distractors` have it by \
         themselves.",
    ),
    Kind::new::<Choice>("choice", Criterion::Accuracy, 2, "Passes when the choice picked is the reference."),
];

#[cfg(test)]
mod conclusion_tests;
#[cfg(test)]
mod tests;
