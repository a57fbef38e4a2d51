//! What fails on dev cases, why, and what to write. Held-out cases have no part in it: whoever writes examples for what
//! failed on them would have trained on the exam.
//!
//! [`find()`] counts (`lost`: which checks a score was lost on; `symptom`: what that shows; `people`: what they found wanting;
//! `forgetting`: what the base could do), and [`plan()`] turns the counts into examples to write.

mod asked;
mod file;
mod find;
mod forgetting;
mod lost;
mod people;
mod plan;
mod situations;
mod symptom;
#[cfg(test)]
mod tests;

pub use file::{PLAN_FILE, plan_json, read_plan};
pub use find::{Failing, Gaps, Lost, find};
pub use forgetting::{Beside, Forgetting};
pub use people::{LowCase, LowCriterion, PeopleGaps};
pub use plan::{Beyond, Item, Material, Plan, Remedy, plan};
pub use symptom::Symptom;
