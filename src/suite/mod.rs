//! Suites: YAML files of test cases, read with every fault reported at once.
//!
//! [`load`] parses each file into a tree with places, lays a case over the suite's `defaults`, fills in templates and
//! `file://` texts, and reads checks through `check`. Faults never stop it: what the user gets is all of them, in the
//! order of the files. Who can do without a broken file asks [`load_some`]. [`score`] turns the verdicts on one answer into the case's score; [`schema`] describes the file
//! format to editors.

mod case;
mod document;
mod load;
mod merge;
mod part;
mod places;
mod programs;
mod read_case;
mod schema;
mod score;
mod texts;
mod warnings;

pub use case::{Case, Distractor, PREFERS, Split, Suite};
pub use load::{Broken, Readable, load, load_some, load_str, texts_of};
pub use merge::{Merged, merge};
pub use part::{Parted, part};
pub use places::{CasePlace, places};
pub use programs::{permit, programs};
pub use schema::schema;
pub use score::{counts, score};
pub use texts::{fill_in, names_in};
pub use warnings::warnings;

#[cfg(test)]
mod tests;
