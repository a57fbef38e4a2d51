//! Facts in text, whatever their notation: dates, numbers, percentages, amounts of money, and plain words.
//!
//! A text is read as a row of [`Atom`]s, each with every reading it allows (`1.200` is 1200 and 1.2, `May` a month and a
//! word). A [`Fact`] is read the same way and found where its atoms stand one after another. Numbers and dates are read
//! in English, German, French and Spanish; [`Passage`]s are what a reader takes in at a glance: a sentence, a bullet, a
//! row, a labelled item.

mod amounts;
mod atoms;
pub(crate) mod dates;
mod fact;
mod passages;
mod spoken;
mod units;

pub(crate) use amounts::{Amount, Sign};
pub(crate) use atoms::{Atom, atoms};
pub(crate) use fact::{Fact, Telling, find_all};
pub(crate) use passages::{Passage, Scope, passages, text_of};
pub(crate) use spoken::{Tongue, is_german, tongues};
