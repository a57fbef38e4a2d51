//! People's scores. A reviewer reads answers without knowing which version wrote them and gives each a [`Rating`]: points
//! from 1 to 5 on the five criteria, a comment, flags.
//!
//! [`assign`] deals the answers of one run or two to the reviewers; what one of them is to see is a [`Sheet`], and the
//! [`Key`] that says where each answer comes from stays in the workspace. A [`Session`] takes ratings in, whether they
//! come from the page, the terminal or a sheet sent back, and appends them to the reviewer's [`Book`] in the run's
//! folder. [`gather`] finds every rating of a run's answers, and `people` works out what they say.

mod assign;
mod book;
mod exchange;
mod judge;
mod rating;
mod session;
mod sheet;
#[cfg(test)]
mod testing;

pub use assign::{Assignment, assign};
pub use book::{Book, Reviewer, ReviewerKind, gather};
pub use exchange::{Exported, Imported, import, sheet_csv};
pub use judge::{ASK_AGAIN, Opinion, judge_name, judge_prompt, opinion};
pub use rating::{Flag, Rating, answer_hash};
pub use session::{Draft, Progress, Saved, Session};
pub use sheet::{Item, Key, Origin, Sheet, Text};
