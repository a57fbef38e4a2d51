//! What fails on dev cases, why, and what to write. Held-out cases have no part in it: whoever writes examples for what
//! failed on them would have trained on the exam.
//!
//! [`find()`] counts, [`plan()`] turns the counts into examples to write, [`markdown()`] lays both out.

mod find;
mod page;
mod plan;
mod situations;
#[cfg(test)]
mod tests;

pub use find::{Failing, Gaps, Lost, Symptom, find};
pub use page::markdown;
pub use plan::{Item, Material, Plan, Remedy, plan};
