//! What a report says, before how it looks: every number formatted, every sentence written. HTML, Markdown and terminal
//! all read these structs.

mod case;
mod comparison;
mod measured;
mod people;
mod run;
mod said;

pub use case::{CaseView, Sides, pair_cases, run_cases};
pub use comparison::{ComparisonView, FlipView, GroupRow, HalfView, Movement, Tone, comparison, half_name};
pub use people::{FlaggedView, PairedView, PeopleHalfView, PeopleView, people_of_comparison, people_of_run};
pub use run::{FailingView, RunView, run};
pub use said::put_said;
