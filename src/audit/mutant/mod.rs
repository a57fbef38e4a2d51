//! Texts that are bad: plausible at a glance, wrong in what they say, or not saying anything.
//!
//! Facts are touched only where they are the request's: a number that the reference made up itself (an idea's "three
//! steps") can be another one in a good answer.

mod all;
mod direction;
mod generic;
mod half;
mod numbers;
mod request;
mod swap;
mod template;

pub(super) use all::{Others, mutants};
