//! What a report says, before how it looks: every number formatted, every sentence written. HTML, Markdown and terminal
//! all read these structs.

mod case;
mod comparison;
mod criteria;
mod measured;
mod page;
mod people;
mod run;
mod said;
mod sides;
mod table;
mod tone;

pub use case::{CaseView, pair_cases, run_cases};
pub use comparison::comparison;
pub use criteria::unmeasured;
pub use page::{ASKED, HalfView, ListView, Movement, Notice, View};
pub use people::{PairedView, PeopleHalfView, PeopleView, people_of_comparison, people_of_run};
pub use run::{run, run_groups};
pub use said::SaidOf;
pub use sides::Sides;
pub use table::{Cell, Column, HEAD, Room, Row, Table};
pub use tone::{Tone, finding_words, half_name, half_title, none};
