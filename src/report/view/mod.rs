//! What a report says, before how it looks: every number formatted, every sentence written. HTML, Markdown and terminal
//! all read these structs.

mod case;
mod comparison;
mod measured;
mod run;

pub use case::{CaseView, Sides, pair_cases, run_cases};
pub use comparison::{ComparisonView, FlipView, GroupRow, HalfView, Movement, Tone, comparison, half_name};
pub use run::{FailingView, RunView, run};
