//! Checks of how an answer is written, whatever it is about: readability, repetition, cut-off endings, leftovers of a
//! template, broken characters, hedging, terms and tone.
//!
//! A check named after a fault passes when the fault is there; suites write `not-repetition` to ask for its absence.

mod echo;
mod forbidden_terms;
mod hedging;
pub(crate) mod mojibake;
pub(crate) mod placeholders;
pub(crate) mod prose;
mod readability;
mod repetition;
mod required_terms;
mod syllables;
mod tone;
mod truncated;

use super::{Criterion, Kind};

pub const KINDS: &[Kind] = &[
    Kind::new::<readability::Readability>(
        "readability",
        Criterion::Tone,
        1,
        "Passes when the Flesch–Kincaid school grade of the text lies between `min-grade` and `max-grade`.",
    )
    .of_symptoms(),
    Kind::new::<repetition::Repetition>(
        "repetition",
        Criterion::Format,
        1,
        "Passes when the answer repeats itself: the same line or sentence three times, or too many repeated phrases.",
    )
    .of_symptoms(),
    Kind::new::<echo::Echo>("echo", Criterion::Relevance, 1, "Passes when the answer merely repeats the request.")
        .of_symptoms(),
    Kind::new::<truncated::Truncated>(
        "truncated",
        Criterion::Completeness,
        1,
        "Passes when the answer was cut off at the longest allowed length.",
    )
    .of_symptoms(),
    Kind::new::<placeholders::Placeholders>(
        "placeholders",
        Criterion::Completeness,
        1,
        "Passes when something was left to fill in: [Your name], <insert date>, TBD, XX%, lorem ipsum.",
    )
    .of_symptoms(),
    Kind::new::<mojibake::Mojibake>(
        "mojibake",
        Criterion::Format,
        1,
        "Passes when characters are broken, as in â€™ for an apostrophe.",
    )
    .of_symptoms(),
    Kind::new::<hedging::Hedging>(
        "hedging",
        Criterion::Tone,
        1,
        "Passes when the answer hedges: more than `max` words such as \"might\" or \"perhaps\" per 100 words.",
    )
    .of_symptoms(),
    Kind::new::<forbidden_terms::ForbiddenTerms>(
        "forbidden-terms",
        Criterion::Tone,
        1,
        "Passes when none of the terms appears, as whole words in any case.",
    )
    .of_symptoms(),
    Kind::new::<required_terms::RequiredTerms>(
        "required-terms",
        Criterion::Accuracy,
        1,
        "Passes when every term, or one of its alternatives, appears as whole words in any case.",
    ),
    Kind::new::<tone::Tone>(
        "tone",
        Criterion::Tone,
        1,
        "Passes when the answer sounds urgent, or professional, by a documented list of words.",
    )
    .of_symptoms(),
];

#[cfg(test)]
pub(crate) mod testing;
