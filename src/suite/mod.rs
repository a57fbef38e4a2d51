//! Suites: YAML files of test cases, read with every fault reported at once.

mod case;
mod score;

pub use case::{Case, Split, Suite};
pub use score::score;
