//! People's scores. A reviewer reads answers without knowing which version wrote them and gives each a [`Rating`]: points
//! from 1 to 5 on the five criteria, a comment, flags.
//!
//! [`assign`] deals the answers of one run or two to the reviewers; what one of them is to see is a [`Sheet`], and the
//! [`Key`] that says where each answer comes from stays in the workspace. A [`Session`] takes ratings in, whether they
//! come from the page, the terminal or a sheet sent back, and appends them to the reviewer's [`Book`] in the run's
//! folder. [`gather`] finds every rating of a run's answers, and [`people`] and [`people_compared`] work out what they
//! say: `agreement`, `severity`, `prediction` and `judges` are the statistics, each a pure function over the rated answers
//! of a `board`. A model may judge too (`judge`); it has a book of its own and is never counted as a person.

mod agreement;
mod assign;
mod board;
mod book;
mod compared;
mod correlation;
#[cfg(test)]
mod coverage;
mod exchange;
mod judge;
mod judges;
#[cfg(test)]
mod oracle;
mod people;
#[cfg(test)]
mod people_tests;
mod prediction;
mod rating;
mod session;
mod settings;
mod severity;
mod sheet;
#[cfg(test)]
mod testing;

pub use agreement::{Agreed, Agreement};
pub use assign::{Assignment, assign};
pub use book::{Book, Books, Reviewer, ReviewerKind, gather, ratings_in, retold};
pub use compared::{PairedHalf, PeopleCompared, Preference, people_compared};
pub use exchange::{Exported, Imported, import, sheet_csv};
pub use judge::{ASK_AGAIN, Opinion, judge_name, judge_prompt, opinion};
pub use judges::{Judge, JudgeCriterion};
pub use people::{People, PeopleCriterion, PeopleHalf, Said, people};
pub use prediction::{Hits, Prediction, Predicts};
pub use rating::{Flag, Rating, answer_hash};
pub use session::{Draft, Progress, Saved, Session};
pub use settings::ReviewSettings;
pub use severity::Severity;
pub use sheet::{Item, Key, Origin, Sheet, Text};
