//! Cases from YAML for the tests of this room.

use super::audited::CaseAudit;
use super::mutant::Others;
use super::past::Past;
use crate::suite::{self, Case, Suite};

pub fn suite(cases: &[&str]) -> Suite {
    let cases: String = cases.iter().map(|case| format!("  - {case}\n")).collect();
    suite::load_str("s", &format!("cases:\n{cases}")).unwrap_or_else(|error| panic!("{error}"))
}

pub fn case(yaml: &str) -> Case {
    suite(&[yaml]).cases.remove(0)
}

pub fn audited(yaml: &str) -> CaseAudit {
    super::case::audit(&case(yaml), &Others { cases: Vec::new() }, Past::default())
}
