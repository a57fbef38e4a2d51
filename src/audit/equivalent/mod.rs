//! Texts that are as good as the reference: the same facts in another notation or layout.
//!
//! None is made where the text stays the same or the request itself demands the layout that would change.

mod all;
mod json;
mod layout;
mod notation;

pub(super) use all::equivalents;
pub(super) use json::value as json;
