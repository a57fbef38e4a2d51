//! Suites: YAML files of test cases, read with every fault reported at once.

mod case;

pub use case::{Case, Split, Suite};
